//! A "no": the rule that said it, why, and what to do. Not an error.

use std::fmt;

/// Declares the reason codes, their documentation and the remedy that goes with each.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $remedy:literal;)+) => {
        /// Why the agent refused. The codes are stable; `docs/errors.md` lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])+ $name,)+ }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What the caller can do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

reasons! {
    /// The caller has no grant for this; whether the thing exists is not said.
    NoGrant = "NO_GRANT", "ask the agent's operator for a [[grant]] that covers caller, authority, repository, role and key";
    /// Only an operator may do this.
    OperatorOnly = "OPERATOR_ONLY", "ask someone who is listed under agent.operators in the agent's config";
    /// The caller's certificate has expired since it connected.
    CertificateExpired = "CERTIFICATE_EXPIRED", "connect again with a certificate that is valid now";
    /// The caller's certificate was revoked since it connected, or its CA is no longer trusted.
    CertificateRevoked = "CERTIFICATE_REVOKED", "ask the agent's operator for another certificate";
    /// The document speaks of paths that the grant keeps it from.
    PathNotGranted = "PATH_NOT_GRANTED", "ask the agent's operator for a [[grant]] whose paths cover all that the document lists and delegates";
    /// The key is not enrolled.
    UnknownKey = "UNKNOWN_KEY", "list the keys with `privyseal key list`";
    /// The role demands an attestation of the key, and there is none, or one that proves too little.
    AttestationRequired = "ATTESTATION_REQUIRED", "sign with a key that was made on a YubiKey as the role's `attestation` in the agent's config demands, and have it proved by `privyseal key attest`";
    /// No such role.
    UnknownRole = "UNKNOWN_ROLE", "the roles are root, targets, snapshot, timestamp and those that finished targets metadata delegates to: show this agent the delegator first (`privyseal repo sign` does)";
    /// The config has no such authority.
    UnknownAuthority = "UNKNOWN_AUTHORITY", "add an [[authority]] of that name to the agent's config";
    /// The config has no such keystore.
    UnknownKeystore = "UNKNOWN_KEYSTORE", "list the keystores with `privyseal agent status`";
    /// The agent knows no such lineage.
    UnknownLineage = "UNKNOWN_LINEAGE", "sign its first root with this agent, or enrol the existing repository with `privyseal repo enroll`";
    /// A request field is malformed.
    RequestMalformed = "REQUEST_MALFORMED", "correct the field that the message names";
    /// The document is larger than the limit.
    DocumentTooLarge = "DOCUMENT_TOO_LARGE", "raise limits.document_bytes in the agent's config if the document is meant to be this large";
    /// Too many requests are in flight.
    TooManyRequests = "TOO_MANY_REQUESTS", "wait for answers before asking again; the message names the limit in the agent's config";
    /// The request took longer than the limit.
    RequestTimeout = "REQUEST_TIMEOUT", "see `privyseal agent status` for what holds it up, then ask again with the same bytes";
    /// The bytes are not JSON.
    JsonInvalid = "JSON_INVALID", "send a complete UTF-8 JSON document";
    /// An object has the same key twice.
    JsonDuplicateKey = "JSON_DUPLICATE_KEY", "write the key once";
    /// A number is no integer, or out of range.
    JsonNumber = "JSON_NUMBER", "write integers within 2^53, without fraction or exponent";
    /// Too deeply nested.
    JsonTooDeep = "JSON_TOO_DEEP", "nest at most 64 levels";
    /// Bytes after the document.
    JsonTrailing = "JSON_TRAILING", "send exactly one JSON document";
    /// The document is written in another dialect than its authority's.
    DialectMismatch = "DIALECT_MISMATCH", "name the authority that the document belongs to; dialect in its [[authority]] says how its documents are written";
    /// notary-server would store the document with other bytes than it was sent.
    NotAsGoPrints = "NOT_AS_GO_PRINTS", "write no fields but notary's own, and no control characters: `privyseal trust` does";
    /// Not the document of the role.
    TypeMismatch = "TYPE_MISMATCH", "send the document of the role that the request names";
    /// A field is missing or has a wrong form.
    MetadataInvalid = "METADATA_INVALID", "correct the field that the message names (TUF specification, section 4)";
    /// `expires` is not YYYY-MM-DDTHH:MM:SSZ.
    ExpiryMalformed = "EXPIRY_MALFORMED", "write it as YYYY-MM-DDTHH:MM:SSZ, in UTC";
    /// `expires` is past.
    ExpiryPast = "EXPIRY_PAST", "give it a date in the future, or set the agent's clock";
    /// `expires` is beyond the role's limit.
    ExpiryTooFar = "EXPIRY_TOO_FAR", "choose a nearer date, or raise the role's max_expiry in the agent's config";
    /// A threshold of 0 or above the number of keys.
    ThresholdInvalid = "THRESHOLD_INVALID", "choose a threshold between 1 and the number of different keys";
    /// A threshold below the config's floor.
    ThresholdTooLow = "THRESHOLD_TOO_LOW", "raise the threshold, or lower the role's min_threshold in the agent's config";
    /// A keyid is not the hash of its key.
    KeyidMismatch = "KEYID_MISMATCH", "write the keyid as the SHA-256 of the key's canonical form";
    /// A key of a type that this agent can't verify.
    KeyUnsupported = "KEY_UNSUPPORTED", "use ECDSA P-256, Ed25519 or RSA-PSS with 2048 to 4096 bits; for images ECDSA P-384 does, too, and a root key is none of Ed25519";
    /// A target path that a client could misread.
    TargetPathInvalid = "TARGET_PATH_INVALID", "use a relative path without `..`, empty segments, control characters or backslashes, in NFC";
    /// The key is not among the role's keys.
    KeyNotInRole = "KEY_NOT_IN_ROLE", "sign with one of the role's keys, or rotate the role first";
    /// A target that the role is not trusted with.
    TargetOutsideDelegation = "TARGET_OUTSIDE_DELEGATION", "list the target in a role that is trusted with its path, or have the delegation widened, and the ones above it, and show this agent the delegator's finished document";
    /// A delegation to the role itself, or to one that leads to it.
    DelegationCycle = "DELEGATION_CYCLE", "delegate to another role: clients pass by what comes back to where it came from";
    /// Delegations that the ledger can't hold, or that take too long to look through.
    DelegationsTooLarge = "DELEGATIONS_TOO_LARGE", "use hashed bins (succinct roles), or fewer and wider patterns";
    /// The key belongs to another lineage or purpose.
    KeyOfOtherLineage = "KEY_OF_OTHER_LINEAGE", "generate a key for this repository: a key belongs to one lineage and one purpose";
    /// A key of Docker Content Trust that is for another role.
    KeyOfOtherRole = "KEY_OF_OTHER_ROLE", "sign with a key of the document's role: `privyseal key list --purpose trust` shows the role of each";
    /// A version below the last one signed.
    VersionRollback = "VERSION_ROLLBACK", "take the last version plus one; the message names it";
    /// The version was signed with other content.
    VersionReused = "VERSION_REUSED", "publish what was signed, go on with the next version, or let an operator supersede an unfinished draft with `privyseal repo supersede`";
    /// A version more than one above the last.
    VersionSkipped = "VERSION_SKIPPED", "take the last version plus one; the message names it";
    /// The root before this one is not complete, or the lineage has no complete root.
    RootNotFinal = "ROOT_NOT_FINAL", "finish the root and show it to this agent (`privyseal repo sign` does both)";
    /// `consistent_snapshot` changed.
    ConsistentSnapshotChanged = "CONSISTENT_SNAPSHOT_CHANGED", "keep consistent_snapshot as it was in the root before";
    /// A snapshot without an entry that it had.
    SnapshotDropped = "SNAPSHOT_DROPPED", "list every role that the snapshot before listed";
    /// A snapshot with a lower version in an entry.
    SnapshotLowered = "SNAPSHOT_LOWERED", "list versions at least as high as the snapshot before";
    /// A snapshot that lists a version which the agent has no reason to believe in.
    SnapshotAhead = "SNAPSHOT_AHEAD", "show this agent the finished documents that the snapshot lists (`privyseal repo sign` does)";
    /// A snapshot without a role that a document which it lists delegates to.
    SnapshotIncomplete = "SNAPSHOT_INCOMPLETE", "finish and list a document of the role that the message names, or have the delegation to it removed first";
    /// A snapshot that gives a length or hash which is not that of the file that the agent knows.
    SnapshotContradicts = "SNAPSHOT_CONTRADICTS", "list the file that this agent was shown, or show it the one that is listed (`privyseal repo sign` does)";
    /// A timestamp that names another snapshot than the one that the agent knows.
    TimestampContradicts = "TIMESTAMP_CONTRADICTS", "name the snapshot that this agent signed or was shown last";
    /// The timestamp's snapshot is unknown to the agent.
    SnapshotUnknown = "SNAPSHOT_UNKNOWN", "show this agent the finished snapshot first (`privyseal repo sign` does)";
    /// The document does not meet its thresholds.
    Incomplete = "INCOMPLETE", "collect the missing signatures first";
    /// A timestamp of Docker Content Trust.
    TimestampOfServer = "TIMESTAMP_OF_SERVER", "leave timestamps to notary-server; with a [[notary]] this agent is its signer";
    /// A root key of Docker Content Trust without a certificate.
    RootNeedsCertificate = "ROOT_NEEDS_CERTIFICATE", "list the key's certificate, of type ecdsa-x509 or rsa-x509: this agent makes one with the key";
    /// A root certificate that does not name the repository.
    RootCertificateName = "ROOT_CERTIFICATE_NAME", "have a certificate made whose common name is the repository's";
    /// A root certificate that does not hold now.
    RootCertificateDate = "ROOT_CERTIFICATE_DATE", "have a new certificate made with the same key and list it in the place of this one, or set the agent's clock";
    /// A root certificate that notary's clients refuse.
    RootCertificateUnfit = "ROOT_CERTIFICATE_UNFIT", "have a certificate made that is no CA's, is not signed over SHA-1 or MD5, and comes with those of CAs alone";
    /// A delegation to a role that is not the delegator's own.
    DelegationNotBelow = "DELEGATION_NOT_BELOW", "delegate to roles one step below alone: targets to targets/a, targets/a to targets/a/b";
    /// A snapshot that lists a file which the agent does not know.
    SnapshotFileUnknown = "SNAPSHOT_FILE_UNKNOWN", "show this agent the finished documents that the snapshot lists (`privyseal trust publish` does)";
    /// Nothing to supersede, or it is final.
    NotSupersedable = "NOT_SUPERSEDABLE", "go on with the next version; only an unfinished draft that needs several signatures can be superseded; of images also what notary-server refused and nobody showed, with `privyseal draft supersede --server-refused`";
    /// A keystore that the config keeps from root keys.
    KeystoreNotForRoot = "KEYSTORE_NOT_FOR_ROOT", "sign root with a keystore that has holds_root_keys = true, which waits for a person after its token was away";
    /// The name is taken.
    NameTaken = "NAME_TAKEN", "choose another name; a key's name is never used again";
    /// Many repositories for a key that the config does not let serve many.
    KeyNotShared = "KEY_NOT_SHARED", "name one repository, or have the agent's operator add the key's name to shared_keys of the [[authority]]; only root and delegation keys are shared";
    /// A key that was made elsewhere, for a keystore whose config takes none.
    ImportNotAllowed = "IMPORT_NOT_ALLOWED", "generate a new key on the token, which no file ever held; or set allow_import = true in the agent's [[keystore]] for as long as keys are imported";
    /// A repository has as many keys of a role as callers may have made.
    KeysFull = "KEYS_FULL", "use one of the keys that are there: `privyseal key list --purpose trust` shows them; an operator of the agent may make more";
    /// A key has as many certificates as callers may have it sign.
    CertificatesFull = "CERTIFICATES_FULL", "use one of those that it signed; an operator of the agent, who needs a grant for the key, may have more signed";
    /// The repository is known already.
    LineageKnown = "LINEAGE_KNOWN", "nothing to do: sign, or show its newer documents with `privyseal repo sign`";
    /// A notary key of an algorithm that notary-server may not have.
    AlgorithmUnsupported = "ALGORITHM_UNSUPPORTED", "set trust_service.key_algorithm in notary-server's config to ecdsa or ed25519";
    /// As many notary keys as allowed were made and never used.
    UnusedKeysFull = "UNUSED_KEYS_FULL", "an operator of the agent removes such keys with `privyseal key remove --unused`, or raises unused_keys in its [[notary]]";
    /// A notary key that has signed is not notary-server's to delete.
    KeyUsed = "KEY_USED", "an operator of the agent removes it with `privyseal key remove NAME`";
    /// Only notary keys, and keys of images that never signed and that nobody lists, are removed.
    NotRemovable = "NOT_REMOVABLE", "keep it: rotate the role to another key where this one shall sign no more";
    /// A ledger position that does not exist.
    LedgerRange = "LEDGER_RANGE", "ask for positions below the ledger's size; a remembered size above it means that the ledger got shorter";
}

/// A refusal with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    reason: Reason,
    message: String,
    /// Where the reason's own would lead astray.
    remedy: Option<String>,
}

/// The longest message, in bytes. It travels in a header, where other letters than ASCII's take
/// three times their bytes, and it may quote names from elsewhere.
const MAX_MESSAGE: usize = 2_048;

impl Denial {
    /// A refusal for `reason`; `message` says what happened, with the values that matter. It is cut
    /// where it is longer than a caller could receive.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_MESSAGE {
            let mut ends = (0..=MAX_MESSAGE).rev();
            let end = ends.find(|at| message.is_char_boundary(*at));
            message.truncate(end.unwrap_or_default());
            message.push('…');
        }
        Self {
            reason,
            message,
            remedy: None,
        }
    }

    /// With another remedy than the reason's own.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        self.remedy.as_deref().unwrap_or(self.reason.remedy())
    }

    /// The rule that said no.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)
    }
}

impl std::error::Error for Denial {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_letters() {
        for letter in ["x", "é", "日", "🔑"] {
            let denial = Denial::new(Reason::JsonInvalid, letter.repeat(5_000));
            let kept = denial.message().strip_suffix('…').unwrap();
            assert!(kept.chars().all(|c| letter.contains(c)));
            assert!((MAX_MESSAGE - 3..=MAX_MESSAGE).contains(&kept.len()));
        }
        let short = "x".repeat(MAX_MESSAGE);
        assert_eq!(Denial::new(Reason::JsonInvalid, &*short).message(), short);
    }
}
