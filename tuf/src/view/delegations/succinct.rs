use std::collections::BTreeMap;

use super::super::RoleKeys;
use super::super::error::{Fault, Problem};
use super::super::fields::{integer, object, required, text};
use super::{DelegatedRole, HashPrefix, Scope};
use crate::json::{Object, Value};
use crate::{Key, KeyId, RoleName, Sha256Digest, TargetPath};

/// The greatest bit length of TAP 15: 2³² bins.
pub const MAX_BIT_LENGTH: u32 = 32;

/// Hashed bins that share their keys and threshold (TAP 15): bin i has the paths whose SHA-256
/// begins with the bits of i.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccinctRoles {
    keys: RoleKeys,
    bit_length: u32,
    name_prefix: RoleName,
}

impl SuccinctRoles {
    /// 2^`bit_length` bins, 1 to 2³², named `name_prefix`-HEX.
    pub fn new(keys: RoleKeys, bit_length: u32, name_prefix: RoleName) -> Option<Self> {
        let longest = format!("{name_prefix}-{:x}", u32::MAX);
        let valid =
            (1..=MAX_BIT_LENGTH).contains(&bit_length) && longest.parse::<RoleName>().is_ok();
        valid.then_some(Self {
            keys,
            bit_length,
            name_prefix,
        })
    }

    /// The keys and threshold of every bin.
    pub fn keys(&self) -> &RoleKeys {
        &self.keys
    }

    /// 1 to 32.
    pub fn bit_length(&self) -> u32 {
        self.bit_length
    }

    /// What every bin's name begins with.
    pub fn name_prefix(&self) -> &RoleName {
        &self.name_prefix
    }

    /// How many bins there are: 2 to 2³².
    pub fn bins(&self) -> u64 {
        1 << self.bit_length
    }

    /// The name of the bin that a path is in.
    pub fn name_of(&self, path: &TargetPath) -> RoleName {
        let digest = Sha256Digest::of(path.as_str().as_bytes());
        let first = digest.as_bytes().iter().take(4);
        let bits = first.fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        self.name(bits >> (MAX_BIT_LENGTH - self.bit_length))
    }

    /// Every bin's name.
    pub fn names(&self) -> impl Iterator<Item = RoleName> + '_ {
        (0..self.bins()).map(|bin| self.name(bin))
    }

    /// The delegation to a bin; none where the name is no bin's.
    pub fn role(&self, name: &RoleName) -> Option<DelegatedRole> {
        let digits = name.as_str().strip_prefix(self.name_prefix.as_str())?;
        let bin = u64::from_str_radix(digits.strip_prefix('-')?, 16).ok()?;
        if bin >= self.bins() || self.name(bin) != *name {
            return None;
        }
        Some(DelegatedRole {
            name: name.clone(),
            keys: self.keys.clone(),
            terminating: false,
            scope: Scope::HashPrefixes(self.prefixes(bin)),
        })
    }

    fn name(&self, bin: u64) -> RoleName {
        let width = self.bit_length.div_ceil(4) as usize;
        let name = format!("{}-{bin:0width$x}", self.name_prefix);
        // Never the prefix alone: its length was checked with the longest suffix.
        name.parse().unwrap_or_else(|_| self.name_prefix.clone())
    }

    /// The bin's prefixes in whole hex digits.
    fn prefixes(&self, bin: u64) -> Vec<HashPrefix> {
        let digits = self.bit_length.div_ceil(4);
        let spare = digits * 4 - self.bit_length;
        let first = bin << spare;
        let width = digits as usize;
        (first..first + (1 << spare))
            .filter_map(|prefix| format!("{prefix:0width$x}").parse().ok())
            .collect()
    }

    pub(super) fn parse(value: &Value, keys: &BTreeMap<KeyId, Key>) -> Result<Self, Fault> {
        let roles = object(value)?;
        let bit_length = required(roles, "bit_length", |value| {
            let number = integer(value)?;
            let length = u32::try_from(number).ok();
            let length = length.filter(|length| (1..=MAX_BIT_LENGTH).contains(length));
            length.ok_or(Problem::BitLength(number))
        })?;
        let name_prefix = required(roles, "name_prefix", |value| -> Result<RoleName, Problem> {
            Ok(text(value)?.parse()?)
        })?;
        let keys = RoleKeys::parse(value, keys)?;
        Self::new(keys, bit_length, name_prefix)
            .ok_or_else(|| Problem::RoleName(crate::RoleNameError::TooLong).into())
    }

    /// Writes its fields into an object; other members of it stay.
    pub(crate) fn write(&self, entry: &mut Object) {
        self.keys.write(entry);
        entry.insert("bit_length", Value::from(u64::from(self.bit_length)));
        entry.insert("name_prefix", Value::from(self.name_prefix.as_str()));
    }
}
