//! The paths that a grant may be limited to.

use std::{fmt, sync::Arc};

use privyseal_tuf::{DelegatedRoles, PathPattern, RoleName, Scope, TargetPath, Targets};
use serde::Deserialize;

/// Patterns of target paths, as TUF delegations have them: `*`, `?` and `[…]` stop at `/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct PathLimit(Arc<[PathPattern]>);

/// What a targets document speaks of outside of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// A target.
    Target(TargetPath),
    /// A delegated pattern that covers more.
    Pattern(RoleName, PathPattern),
    /// A delegation of all names with a beginning, of which some are outside.
    Beginning(RoleName, String),
    /// A delegation by hashes, which may cover any path.
    Hashes(RoleName),
}

impl PathLimit {
    /// Is every target, and every path that it delegates, within the limit?
    ///
    /// # Errors
    /// The first that is not.
    pub fn admits(&self, targets: &Targets) -> Result<(), Outside> {
        let matched = |path: &&TargetPath| self.0.iter().any(|pattern| pattern.matches(path));
        if let Some(path) = targets.targets.keys().find(|path| !matched(path)) {
            return Err(Outside::Target(path.clone()));
        }
        match targets.delegations.as_ref().map(|all| &all.roles) {
            None => Ok(()),
            Some(DelegatedRoles::Succinct(bins)) => {
                Err(Outside::Hashes(bins.name_prefix().clone()))
            }
            Some(DelegatedRoles::Listed(roles)) => roles
                .iter()
                .try_for_each(|role| self.covers(&role.name, &role.scope)),
        }
    }

    fn covers(&self, name: &RoleName, scope: &Scope) -> Result<(), Outside> {
        let covered = |inner: &PathPattern| self.0.iter().any(|outer| outer.covers(inner));
        let outside = match scope {
            Scope::Paths(patterns) => {
                let outside = patterns.iter().find(|pattern| !covered(pattern));
                outside.map(|pattern| Outside::Pattern(name.clone(), pattern.clone()))
            }
            Scope::Prefixes(prefixes) => {
                let outside = prefixes.iter().find(|prefix| !covered(&beginning(prefix)));
                outside.map(|prefix| Outside::Beginning(name.clone(), prefix.clone()))
            }
            Scope::HashPrefixes(_) => Some(Outside::Hashes(name.clone())),
        };
        outside.map_or(Ok(()), Err)
    }
}

/// The pattern of all tags that begin so. A tag has no `/`.
fn beginning(prefix: &str) -> PathPattern {
    let mut pattern = String::new();
    for letter in prefix.chars() {
        match letter {
            '*' | '?' | '[' => pattern.extend(['[', letter, ']']),
            _ => pattern.push(letter),
        }
    }
    pattern.push('*');
    PathPattern::from(pattern.as_str())
}

impl TryFrom<Vec<String>> for PathLimit {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        if texts.is_empty() {
            return Err("paths is empty: leave it out to allow every path".to_owned());
        }
        let patterns = texts.iter().map(|text| {
            let pattern = PathPattern::from(text.as_str());
            match pattern.problem() {
                Some(problem) => Err(format!("the pattern `{text}` {problem}")),
                None => Ok(pattern),
            }
        });
        Ok(Self(patterns.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(path) => {
                write!(f, "the target {} is not", path.as_str().escape_debug())
            }
            Self::Pattern(role, pattern) => write!(
                f,
                "the delegation of {} to {} is not",
                pattern.as_str().escape_debug(),
                role.as_str().escape_debug()
            ),
            Self::Beginning(role, prefix) => write!(
                f,
                "the delegation to {} of all that begins with {prefix:?} is not",
                role.as_str().escape_debug()
            ),
            Self::Hashes(role) => write!(
                f,
                "the delegation to {} is by hashes, which may be of any path",
                role.as_str().escape_debug()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_taken_by_its_letters() {
        let limit = |text: &str| PathLimit::try_from(vec![text.to_owned()]).unwrap();
        let covers = |pattern: &str, prefix: &str| {
            let scope = Scope::Prefixes(vec![prefix.to_owned()]);
            limit(pattern).covers(&"targets/a".parse().unwrap(), &scope)
        };
        for (pattern, prefix) in [
            ("*", ""),
            ("v1.*", "v1."),
            ("v1.*", "v1.[*"),
            ("v?.*", "v1."),
        ] {
            assert_eq!(covers(pattern, prefix), Ok(()), "{pattern} {prefix}");
        }
        // Names that begin with the letters "[ab]" are not those that begin with a or b.
        for (pattern, prefix) in [
            ("v1.*", ""),
            ("v1.*", "v1"),
            ("[ab]*", "[ab]"),
            ("v1", "v1"),
        ] {
            assert!(covers(pattern, prefix).is_err(), "{pattern} {prefix}");
        }
    }
}
