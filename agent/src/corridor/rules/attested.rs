//! A role may demand that a device proved where a key was made and how it may be used.

use crate::{
    config::{Config, Demand},
    corridor::Named,
    denial::{Denial, Reason},
    memory::{EnrolledKey, Memory},
};
use privyseal_tuf::Role;

/// Is what this role demands proved of the key?
pub(in crate::corridor) fn is_attested(
    key: &EnrolledKey,
    role: &Role,
    memory: &Memory,
    config: &Config,
) -> Result<(), Denial> {
    let authority = config.authorities.get(&key.authority);
    let demand = authority.and_then(|authority| authority.limits(role).attestation);
    let Some(demand) = demand else {
        return Ok(());
    };
    lacks(key, demand, memory, config).map_or(Ok(()), |what| {
        let (name, role, authority) = (&key.bound.name, Named(role), &key.authority);
        let message =
            format!("{authority} demands an attestation of each key of {role}; {name}: {what}");
        Err(Denial::new(Reason::AttestationRequired, message))
    })
}

fn lacks(key: &EnrolledKey, demand: Demand, memory: &Memory, config: &Config) -> Option<String> {
    let Some(attested) = memory.attested(&key.bound.name) else {
        return Some("none is recorded".to_owned());
    };
    if !config.attestation.trusts(&attested.root_fingerprint()) {
        return Some(
            "the root that vouched for its attestation is not trusted any more".to_owned(),
        );
    }
    demand.lacks(attested.policies, attested.firmware)
}
