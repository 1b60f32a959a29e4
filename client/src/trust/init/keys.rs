use std::collections::BTreeSet;

use privyseal_tuf::{Key, Sha256Digest};

use crate::agent::KeyRef;
use crate::failure::Advice;
use crate::trust::hands::{Hand, Hands, NewKey};
use crate::trust::reference::Gun;

/// Which keys of the agents are to sign for a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// These; where none is named, those that the agents have for this repository alone.
    pub named: Vec<KeyRef>,
    /// Where there is none, one is made here: `AGENT:KEYSTORE` or `KEYSTORE`; anywhere if not said.
    pub keystore: Option<KeyRef>,
    /// Of the new key; `ecdsa-p256` if not said.
    pub algorithm: Option<String>,
    /// Make a new one whatever there is.
    pub fresh: bool,
}

/// The most keys that are made of a repository's role.
const MOST: usize = 8;

/// The keys for a role, one of which is made where there is none.
///
/// # Errors
/// Where a named one is missing, or none is there and no agent makes one.
pub async fn own_keys(
    gun: &Gun,
    role: &str,
    choice: &Choice,
    hands: &mut Hands<'_>,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<Key>> {
    let mut chosen: Vec<Hand> = Vec::new();
    for wanted in &choice.named {
        chosen.push(hands.named(wanted)?.clone());
    }
    if chosen.is_empty() && !choice.fresh {
        let known = hands.for_role(gun, role).into_iter();
        chosen = known.filter(|hand| hand.held.key.usable).cloned().collect();
    }
    if chosen.is_empty() {
        let made = make(gun, role, choice, hands).await?;
        let (token, serial) = made.token();
        notes.push(format!(
            "made the {role} key {} on token {token} (serial {serial})",
            made.name()
        ));
        chosen.push(made);
    }
    if let Some(other) = chosen.iter().find(|hand| hand.held.key.role != role) {
        return Err(Advice::failed(
            format!(
                "{} is a key for the role {}",
                other.name(),
                other.held.key.role
            ),
            format!("name a key that was made with --role {role}"),
        )
        .into());
    }
    Ok(chosen.into_iter().map(|hand| hand.key).collect())
}

/// Has the first keystore make a key whose agent lets us.
async fn make(
    gun: &Gun,
    role: &str,
    choice: &Choice,
    hands: &mut Hands<'_>,
) -> anyhow::Result<Hand> {
    let wanted = choice.keystore.as_ref();
    // A YubiKey makes no key without a person, who says in which slot.
    let plain = hands.keys().iter();
    let plain = plain.filter(|hand| hand.held.key.pin_policy.is_empty());
    let places = plain.map(|hand| {
        let key = &hand.held.key;
        (
            hand.held.agent.clone(),
            key.keystore.clone(),
            key.authority.clone(),
        )
    });
    let fits = |(agent, keystore, _): &(String, String, String)| {
        wanted.is_none_or(|wanted| {
            wanted.name == *keystore && wanted.agent.as_ref().is_none_or(|name| name == agent)
        })
    };
    let places: BTreeSet<_> = places.filter(fits).collect();
    let algorithm = choice.algorithm.clone();
    let mut refused = None;
    for (agent, keystore, authority) in places {
        let Some(name) = free_name(gun, role, &agent, hands) else {
            continue;
        };
        let new = NewKey {
            agent,
            keystore,
            authority,
            name,
            repository: gun.as_str().to_owned(),
            role: role.to_owned(),
            algorithm: algorithm.clone().unwrap_or_else(|| "ecdsa-p256".to_owned()),
        };
        match hands.generate(&new).await {
            Ok(hand) => return Ok(hand),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) => {
            let what = format!("{gun} has no {role} key, and no agent makes one");
            Err(anyhow::Error::from(error).context(what))
        }
        None => Err(Advice::failed(
            format!("no agent lists a {role} key for {gun}, or a trust key in a token that makes keys by itself"),
            format!("an operator makes one: `privyseal key generate --role {role}`; or lets you, with generate_in in a grant"),
        )
        .into()),
    }
}

/// A name that says what the key is for and that no key of the agent has.
fn free_name(gun: &Gun, role: &str, agent: &str, hands: &Hands<'_>) -> Option<String> {
    let digest = Sha256Digest::of(gun.as_str().as_bytes()).to_string();
    let short = digest.get(..12).unwrap_or(&digest).to_owned();
    let names = (1..=MOST).map(|number| match number {
        1 => format!("{role}-{short}"),
        number => format!("{role}-{short}-{number}"),
    });
    let is_taken = |name: &String| {
        let mut keys = hands.keys().iter();
        keys.any(|hand| hand.held.agent == agent && hand.held.key.name == *name)
    };
    names.into_iter().find(|name| !is_taken(name))
}
