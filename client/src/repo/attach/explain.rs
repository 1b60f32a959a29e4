//! Why a signature was not taken, and what to do about it.

use privyseal_tuf::{Algorithm, DetachedSignature, KeyId, Role, Signing, SigningError};

use super::{Attaching, is_met};
use crate::failure::Advice;

impl Attaching<'_> {
    /// Why no draft takes a signature.
    pub(super) fn refused(
        &self,
        role: Option<&Role>,
        signature: &DetachedSignature,
    ) -> anyhow::Error {
        let asks = |signing: &Signing| {
            let claimed = signature.keyid();
            claimed.is_some_and(|claimed| signing.keys().any(|(keyid, _)| keyid == claimed))
        };
        let chosen = role.and_then(|role| self.signings.get_key_value(role));
        // The draft that the signature was most likely meant for.
        let meant = chosen
            .or_else(|| self.signings.iter().find(|(_, signing)| asks(signing)))
            .or_else(|| self.signings.iter().find(|(_, signing)| !is_met(signing)))
            .or_else(|| self.signings.iter().next());
        let Some((role, signing)) = meant else {
            return no_drafts().into();
        };
        let known = match self.known(role) {
            Ok(known) => known,
            Err(error) => return error,
        };
        match signing.clone().attach(signature, &known) {
            Err(error) => self.say(role, signing, &error).into(),
            Ok(_) => no_drafts().into(),
        }
    }

    fn say(&self, role: &Role, signing: &Signing, error: &SigningError) -> Advice {
        let export = format!("`privyseal repo draft export {role}`");
        let owner = |keyid: &KeyId| {
            let owner = self.owner(keyid);
            owner.map_or_else(String::new, |owner| format!("{owner}, "))
        };
        let (what, remedy) = match error {
            SigningError::WrongKey { claimed, actual } => (
                format!(
                    "it is said to be by {}{claimed}, but {}{actual} made it: was the wrong token used?",
                    owner(claimed),
                    owner(actual)
                ),
                "ask the signer; to take it for what it is, add it as a bare signature".to_owned(),
            ),
            SigningError::OtherKey { .. } => (
                error.to_string(),
                "the right key must sign: `privyseal repo status` lists the missing ones"
                    .to_owned(),
            ),
            SigningError::OtherPayload { keyid, payload } => (
                format!(
                    "{}{keyid} made it over {payload}, not over this draft",
                    owner(keyid)
                ),
                format!("send the signer the present draft: {export}"),
            ),
            SigningError::OtherKeyAndPayload { .. } => (
                error.to_string(),
                format!("send the present draft to the signers that are missing: {export}"),
            ),
            _ => (error.to_string(), hint(signing, &export)),
        };
        Advice::needs_person(format!("no signature of {role}: {what}"), remedy)
    }
}

fn hint(signing: &Signing, export: &str) -> String {
    let rsa = signing
        .keys()
        .any(|(_, key)| matches!(key.algorithm(), Some(Algorithm::RsaPss { .. })));
    let rsa = if rsa {
        "; with RSA as PSS with SHA-256 and a salt of 32 bytes (openssl: -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest)"
    } else {
        ""
    };
    format!("sign the payload that {export} --payload FILE writes{rsa}")
}

pub(super) fn which_key(keyid: &str, found: usize) -> Advice {
    let what = match found {
        0 => "no draft asks a key",
        _ => "several keys are asked",
    };
    Advice::failed(
        format!("{what} whose keyid begins with {keyid}"),
        "`privyseal repo status` lists the keys that are missing",
    )
}

pub(super) fn other_repository(theirs: &privyseal_proto::v1::LineageRef) -> Advice {
    Advice::needs_person(
        format!(
            "it is a draft of another repository: {} in {} with first root {}",
            theirs.repository, theirs.authority, theirs.first_root
        ),
        "attach it in that repository's project",
    )
}

pub(super) fn no_draft(role: &Role) -> Advice {
    Advice::failed(
        format!("{role} has no draft here"),
        "`privyseal repo status` shows the drafts",
    )
}

pub(super) fn no_drafts() -> Advice {
    Advice::failed(
        "there is no draft that could be signed",
        "`privyseal repo status` shows the drafts",
    )
}

pub(super) fn too_many(drafts: usize) -> Advice {
    Advice::failed(
        format!("{drafts} drafts could be meant"),
        "name one: --role ROLE",
    )
}
