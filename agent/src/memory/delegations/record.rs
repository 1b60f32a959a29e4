//! Delegations as the ledger records them: keys and signers once, roles by their places, runs of
//! hash prefixes by their ends. 16,384 listed bins take some 400 KB.

use std::collections::{BTreeMap, HashMap};

use privyseal_proto::ledger::v1::{
    DelegationFacts,
    delegation_facts::{Listed, Run, Signers, Succinct},
    root_facts::KeyFacts,
};
use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, HashPrefix, Key, KeyId, PathPattern, RoleKeys,
    Scope, SuccinctRoles, json::Value,
};

use super::KnownDelegations;

/// Prefixes with more digits than a `uint32` holds are in no run.
const RUN_DIGITS: usize = 8;

impl KnownDelegations {
    /// As the ledger records them.
    #[must_use]
    pub fn to_record(&self) -> DelegationFacts {
        let Some(delegations) = &self.delegations else {
            return DelegationFacts::default();
        };
        let keys = delegations.keys.iter().map(|(keyid, key)| KeyFacts {
            keyid: keyid.to_string(),
            key: key.value().to_pretty(),
        });
        let mut table = SignersTable::new(&delegations.keys);
        let (mut roles, mut succinct) = (Vec::new(), None);
        match &delegations.roles {
            DelegatedRoles::Listed(all) => {
                roles.extend(all.iter().map(|role| listed(role, &mut table)));
            }
            DelegatedRoles::Succinct(bins) => {
                succinct = Some(Succinct {
                    signers: table.place(bins.keys()),
                    bit_length: bins.bit_length(),
                    name_prefix: bins.name_prefix().to_string(),
                });
            }
        }
        DelegationFacts {
            keys: keys.collect(),
            signers: table.all,
            roles,
            succinct,
        }
    }

    /// What a record says; `None` where it makes no sense, which the agent never writes.
    #[must_use]
    pub fn from_record(record: &DelegationFacts) -> Option<Self> {
        if *record == DelegationFacts::default() {
            return Some(Self::default());
        }
        let mut keys = BTreeMap::new();
        for entry in &record.keys {
            let key = Key::parse(&Value::parse(&entry.key).ok()?).ok()?;
            keys.insert(KeyId::from(entry.keyid.as_str()), key);
        }
        let signers = record.signers.iter().map(|signers| {
            let keyids = signers.keys.iter();
            let keyids = keyids.map(|place| {
                let entry = record.keys.get(*place as usize)?;
                Some(KeyId::from(entry.keyid.as_str()))
            });
            Some(RoleKeys {
                keyids: keyids.collect::<Option<_>>()?,
                threshold: signers.threshold,
            })
        });
        let signers: Vec<RoleKeys> = signers.collect::<Option<_>>()?;
        let at = |place: u32| signers.get(place as usize).cloned();
        let roles = match &record.succinct {
            Some(bins) => {
                let (keys, prefix) = (at(bins.signers)?, bins.name_prefix.parse().ok()?);
                DelegatedRoles::Succinct(SuccinctRoles::new(keys, bins.bit_length, prefix)?)
            }
            None => {
                let roles = record.roles.iter().map(|role| {
                    Some(DelegatedRole {
                        name: role.name.parse().ok()?,
                        keys: at(role.signers)?,
                        terminating: role.terminating,
                        scope: scope(role)?,
                    })
                });
                DelegatedRoles::Listed(roles.collect::<Option<_>>()?)
            }
        };
        Some(Self::new(Delegations { keys, roles }))
    }
}

/// Keys with a threshold, each once, by their places.
struct SignersTable<'a> {
    keys: HashMap<&'a KeyId, u32>,
    places: HashMap<(Vec<u32>, u32), u32>,
    all: Vec<Signers>,
}

impl<'a> SignersTable<'a> {
    fn new(keys: &'a BTreeMap<KeyId, Key>) -> Self {
        Self {
            keys: keys.keys().zip(0..).collect(),
            places: HashMap::new(),
            all: Vec::new(),
        }
    }

    fn place(&mut self, role: &RoleKeys) -> u32 {
        let keys = role.keyids.iter();
        // Every keyid of a role is among the delegator's keys: the view says so.
        let keys: Vec<u32> = keys.filter_map(|id| self.keys.get(id).copied()).collect();
        let signers = (keys, role.threshold);
        if let Some(place) = self.places.get(&signers) {
            return *place;
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(Signers {
            keys: signers.0.clone(),
            threshold: signers.1,
        });
        self.places.insert(signers, place);
        place
    }
}

fn listed(role: &DelegatedRole, table: &mut SignersTable<'_>) -> Listed {
    let mut record = Listed {
        name: role.name.to_string(),
        signers: table.place(&role.keys),
        terminating: role.terminating,
        ..Listed::default()
    };
    match &role.scope {
        Scope::Paths(patterns) => {
            record.paths = patterns.iter().map(PathPattern::to_string).collect();
        }
        Scope::Prefixes(prefixes) => {
            record.beginnings = true;
            record.paths.clone_from(prefixes);
        }
        Scope::HashPrefixes(prefixes) => {
            record.hashed = true;
            match runs(prefixes) {
                Some(runs) if runs.len() < prefixes.len() => record.runs = runs,
                _ => record.prefixes = prefixes.iter().map(HashPrefix::to_string).collect(),
            }
        }
    }
    record
}

fn scope(role: &Listed) -> Option<Scope> {
    if role.beginnings {
        return Some(Scope::Prefixes(role.paths.clone()));
    }
    if !role.hashed {
        let paths = role
            .paths
            .iter()
            .map(|path| PathPattern::from(path.as_str()));
        return Some(Scope::Paths(paths.collect()));
    }
    let single = role.prefixes.iter().map(|prefix| prefix.parse().ok());
    let mut prefixes: Vec<HashPrefix> = single.collect::<Option<_>>()?;
    for Run {
        digits,
        first,
        count,
    } in &role.runs
    {
        let (width, first) = (*digits as usize, u64::from(*first));
        for prefix in first..first.saturating_add(u64::from(*count)) {
            prefixes.push(format!("{prefix:0width$x}").parse().ok()?);
        }
    }
    Some(Scope::HashPrefixes(prefixes))
}

/// The prefixes as runs, in their order; `None` where one has too many digits.
fn runs(prefixes: &[HashPrefix]) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for prefix in prefixes {
        let digits = prefix.as_str().len();
        if digits > RUN_DIGITS {
            return None;
        }
        let digits = u32::try_from(digits).ok()?;
        let number = u32::from_str_radix(prefix.as_str(), 16).ok()?;
        match runs.last_mut() {
            Some(run)
                if run.digits == digits && run.first.checked_add(run.count) == Some(number) =>
            {
                run.count += 1;
            }
            _ => runs.push(Run {
                digits,
                first: number,
                count: 1,
            }),
        }
    }
    Some(runs)
}
