use std::collections::BTreeSet;

use privyseal_tuf::Key;

use super::NewRepository;
use crate::failure::Advice;
use crate::trust::hands::{Hand, Hands};
use crate::trust::reference::Gun;

/// The keys that a first root is to name as its own.
#[derive(Clone, Debug)]
pub struct RootKeys {
    /// Those that are here, and need certificates.
    pub hands: Vec<Hand>,
    /// Certificates that were made before.
    pub certificates: Vec<Key>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Chooses the root keys.
///
/// # Errors
/// Where there is none, or only one token has any and nobody said that this is enough.
pub fn root_keys(gun: &Gun, new: &NewRepository, hands: &Hands<'_>) -> anyhow::Result<RootKeys> {
    let mut chosen = Vec::new();
    for wanted in &new.root_keys {
        chosen.push(hands.named(wanted)?.clone());
    }
    let certificates = new.root_certificates.iter().map(|pem| {
        let key = Key::of_certificate(pem.as_bytes()).map_err(|error| {
            Advice::failed(format!("the root certificate: {error}"), "give another one")
        });
        key.and_then(|key| names(gun, key))
    });
    let certificates: Vec<Key> = certificates.collect::<Result<_, _>>()?;
    if chosen.is_empty() && certificates.is_empty() {
        chosen = hands.for_role(gun, "root").into_iter().cloned().collect();
    }
    // A certificate of a key that is here says all that is needed of it.
    chosen.retain(|hand| {
        let print = hand.key.fingerprint();
        !certificates.iter().any(|key| key.fingerprint() == print)
    });
    if let Some(other) = chosen.iter().find(|hand| hand.held.key.role != "root") {
        return Err(Advice::failed(
            format!(
                "{} is a key for the role {}",
                other.name(),
                other.held.key.role
            ),
            "name keys that were made with --role root",
        )
        .into());
    }
    let mut places: BTreeSet<_> = chosen.iter().map(Hand::token).collect();
    let here = |key: &Key| {
        hands
            .keys()
            .iter()
            .find(|it| it.key.fingerprint() == key.fingerprint())
    };
    let mut elsewhere = 0;
    for key in &certificates {
        match here(key) {
            Some(hand) => {
                places.insert(hand.token());
            }
            None => elsewhere += 1,
        }
    }
    match places.len() + elsewhere {
        0 => Err(none(gun, hands).into()),
        1 if !new.single_root => Err(single(gun).into()),
        count => Ok(RootKeys {
            notes: match count {
                1 => vec![ONE.to_owned()],
                _ => Vec::new(),
            },
            hands: chosen,
            certificates,
        }),
    }
}

const ONE: &str = "warning: one token holds the only root key. Where it is lost or broken, nobody can ever change who signs this repository";

fn names(gun: &Gun, key: Key) -> Result<Key, Advice> {
    let fits = key.certificate().is_some_and(|it| it.names(gun.as_str()));
    if fits {
        return Ok(key);
    }
    let name = key.certificate().map_or("", |it| it.common_name.as_str());
    Err(Advice::failed(
        format!("the root certificate is of {name:?}, not of {gun}"),
        "give one whose common name is the repository's, or a prefix of it that ends with /*",
    ))
}

fn none(gun: &Gun, hands: &Hands<'_>) -> Advice {
    let missing = hands.agents().missing().iter();
    let missing: Vec<String> = missing.map(|(_, why)| why.to_string()).collect();
    let message = format!("no agent lists a root key for {gun}");
    match missing.is_empty() {
        true => Advice::failed(
            message,
            "an operator makes two, on different tokens: `privyseal key generate --role root`; and a grant must give them to you",
        ),
        false => Advice::failed(
            format!("{message}; {}", missing.join("; ")),
            "bring that agent back; or give certificates of root keys (--root-certificate), and the draft of the root goes to where the keys are",
        ),
    }
}

fn single(gun: &Gun) -> Advice {
    Advice::needs_person(
        format!(
            "{gun} would have root keys on one token only: where that is lost or broken, nobody can ever change who signs it"
        ),
        "name root keys on two tokens (--root-key, twice); or accept it with --single-root",
    )
}
