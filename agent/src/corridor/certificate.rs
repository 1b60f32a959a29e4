//! Certificates that keys of Docker Content Trust sign for themselves, and requests for them.
//!
//! notary's root is a certificate whose common name is the repository's name; whoever signs for a
//! delegation may have one too. The agent writes what is signed itself, so that no caller has other
//! bytes signed in this way, and records it as it records a document.

mod authorized;
mod x509;

use std::sync::Arc;

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{KeyCertified, record::Event};
use privyseal_tuf::Sha256Digest;

use self::x509::{Draft, Unsigned};
use super::{Finish, House, Progress, decided::Decision, shown::Shown};
use crate::{
    caller::Caller,
    config::TrustRole,
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{About, KeyName, Keystore},
    memory::EnrolledKey,
};

pub use self::x509::CertificateKind;

/// A certificate, or a request for one, that is asked for.
#[derive(Debug)]
pub struct CertificateRequest {
    /// The key's name.
    pub key: KeyName,
    /// Which of the two.
    pub kind: CertificateKind,
    /// The subject's common name.
    pub common_name: String,
    /// Days until the certificate expires; 0 for ten years.
    pub days: u32,
}

/// What was signed, and where that is recorded.
#[derive(Debug)]
pub struct Certified {
    /// PEM.
    pub pem: String,
    /// Index of the record.
    pub record: u64,
    /// The head of the ledger with it.
    pub head: Head,
}

/// The longest common name in bytes: that of a repository's name.
const LONGEST_NAME: usize = 255;

/// notary gives its root certificates ten years.
const TEN_YEARS: u32 = 3650;

/// As many certificates of one name as a key signs for callers who are no operators: of each the
/// ledger keeps a record, and each is good for as long as the others.
const OF_A_NAME: usize = 8;

/// As many as a delegation key signs for them, whose names are free.
const OF_A_SIGNER: usize = 64;

/// The farthest end of a certificate, in days.
const LONGEST: u32 = 7300;

impl CertificateRequest {
    /// Checks the fields, whatever the key is.
    fn checked(self) -> Result<Self, Denial> {
        let malformed = |what: String| Denial::new(Reason::RequestMalformed, what);
        let name = &self.common_name;
        let printable = !name.chars().any(char::is_control) && name.trim() == name;
        if name.is_empty() || name.len() > LONGEST_NAME || !printable {
            let what = format!("common_name has 1 to {LONGEST_NAME} printable characters");
            return Err(malformed(what));
        }
        match (self.kind, self.days) {
            (CertificateKind::Request, days) if days > 0 => {
                Err(malformed("days: a request says nothing of them".to_owned()))
            }
            (_, days) if days > LONGEST => Err(malformed(format!(
                "days: a certificate is valid for {LONGEST} days at most"
            ))),
            (_, 0) => Ok(Self {
                days: TEN_YEARS,
                ..self
            }),
            _ => Ok(self),
        }
    }
}

impl House {
    /// Has a key sign a certificate for itself, or a request for one. `present` gives the house as it
    /// is once a person was waited for: the config may have changed meanwhile.
    ///
    /// # Errors
    /// Where the caller or the key may not have it, or a fault of the ledger or the keystore.
    pub async fn certify(
        self,
        caller: Arc<Caller>,
        request: CertificateRequest,
        progress: &Progress,
        present: impl Fn() -> Self,
    ) -> Result<Certified, Stop> {
        let request = request.checked()?;
        let (key, keystore) = authorized::authorized(&self, &caller, &request)?;
        let draft = Draft {
            key: &key.bound.public_key,
            common_name: &request.common_name,
            days: request.days,
        };
        let unsigned = draft.unsigned(request.kind).map_err(|error| {
            let message = format!("common_name: it has no form in X.509 ({error})");
            Denial::new(Reason::RequestMalformed, message)
        })?;
        let about = About::new(format!(
            "a {} of key {} for {}",
            request.kind.as_str(),
            key.bound.name,
            Shown(&request.common_name)
        ));
        self.attended(&key.bound, &keystore, &about, progress)
            .await?;
        caller.stands()?;
        let (house, progress) = (present(), progress.clone());
        // A name may have been given to another key; what is signed names this one.
        let (now, keystore) = authorized::authorized(&house, &caller, &request)?;
        if now.bound != key.bound {
            let message = format!("key {} was removed", key.bound.name);
            return Err(Denial::new(Reason::UnknownKey, message).into());
        }
        let keystore = (keystore, about);
        // A caller that goes away now must not leave a record without its outcome.
        Finish::new(async move {
            sign(
                &house, &caller, &key, keystore, request, unsigned, &progress,
            )
            .await
        })
        .await
    }
}

async fn sign(
    house: &House,
    caller: &Caller,
    key: &EnrolledKey,
    (keystore, about): (Arc<dyn Keystore>, About),
    request: CertificateRequest,
    unsigned: Unsigned,
    progress: &Progress,
) -> Result<Certified, Stop> {
    // Counted and recorded in one place, and not while the key is removed.
    let gate = house.ledger.memory().key_gate(&key.bound.name).await;
    has_room(house, caller, key, &request.common_name)?;
    let bytes = unsigned.bytes().to_vec();
    let record = KeyCertified {
        caller: Some(caller.to_record()),
        key: key.bound.name.to_string(),
        kind: request.kind.as_str().to_owned(),
        common_name: request.common_name,
        not_after: unsigned.not_after().unwrap_or_default(),
        digest: Sha256Digest::of(&bytes).as_bytes().to_vec(),
    };
    let decision = Decision {
        event: Event::KeyCertified(record),
        gate: Box::new(gate),
        key: Arc::clone(&key.bound),
        keystore,
        message: move || bytes,
        about,
    };
    let decided = decision.record(house).await?;
    let (record, head) = (decided.appended.index, decided.appended.head);
    let signature = decided.sign(house, progress).await?;
    let pem = unsigned.signed(&signature).map_err(|error| {
        let message = format!("what was signed has no form in X.509 ({error})");
        Denial::new(Reason::RequestMalformed, message)
    })?;
    Ok(Certified { pem, record, head })
}

/// Is the key there still, and is there room for another certificate of it?
fn has_room(
    house: &House,
    caller: &Caller,
    key: &EnrolledKey,
    common_name: &str,
) -> Result<(), Denial> {
    let (memory, name) = (house.ledger.memory(), &key.bound.name);
    if memory.key(name).is_none() {
        let message = format!("key {name} was removed");
        return Err(Denial::new(Reason::UnknownKey, message));
    }
    if house.config.grants.is_operator(caller) {
        return Ok(());
    }
    let of_name = memory.certificates_for(name, common_name);
    let is_signer = key.purpose.trust() == Some(TrustRole::Delegation);
    let message = if of_name >= OF_A_NAME {
        let of = common_name.escape_debug();
        format!("key {name} signed {of_name} certificates and requests for {of} already")
    } else if is_signer && memory.certificates(name) >= OF_A_SIGNER {
        format!("key {name} signed {OF_A_SIGNER} certificates and requests already")
    } else {
        return Ok(());
    };
    Err(Denial::new(Reason::CertificatesFull, message))
}
