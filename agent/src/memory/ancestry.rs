//! The delegations that lead to a role.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use privyseal_tuf::{DelegatedRole, Key, KeyId, PathPattern, Role, RoleName, Scope, TargetPath};

use super::{Delegated, KnownDelegations};

/// One delegation.
#[derive(Debug)]
pub struct Edge {
    /// Who delegates.
    pub delegator: Role,
    /// To whom, with which keys, for which paths.
    pub role: DelegatedRole,
    /// Does it lead on to the top-level targets?
    pub connected: bool,
    known: Arc<KnownDelegations>,
}

/// All delegations by which a client may come to a role.
#[derive(Debug, Default)]
pub struct Ancestry {
    /// From the role upwards.
    edges: Vec<Edge>,
    /// Were there too many to look at?
    cut: bool,
}

/// More delegations than lead to any role in honest life.
pub const MAX_EDGES: usize = 1_024;

impl Edge {
    /// Its keys, each under the keyid that the delegator gives it.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &Key)> {
        self.known.keys(&self.role.keys)
    }
}

impl Ancestry {
    /// The delegations to `name`, to those who delegate to it, and so on.
    #[must_use]
    pub fn of(delegated: &Delegated, name: &RoleName) -> Self {
        let mut ancestry = Self::default();
        let mut seen = HashSet::from([name.clone()]);
        let mut open = VecDeque::from([name.clone()]);
        while let Some(name) = open.pop_front() {
            for (delegator, known) in delegated.delegators(&name) {
                let Some(role) = known.role(&name) else {
                    continue;
                };
                if ancestry.edges.len() >= MAX_EDGES {
                    ancestry.cut = true;
                    return ancestry;
                }
                ancestry.edges.push(Edge {
                    delegator: delegator.clone(),
                    role: role.into_owned(),
                    connected: delegator.top().is_some(),
                    known: Arc::clone(known),
                });
                if let Role::Delegated(above) = delegator
                    && seen.insert(above.clone())
                {
                    open.push_back(above.clone());
                }
            }
        }
        ancestry.connect();
        ancestry
    }

    /// Finds out which edges lead on to the top-level targets.
    fn connect(&mut self) {
        let mut connected: HashSet<RoleName> = HashSet::new();
        loop {
            let before = connected.len();
            // From above, so that one round mostly finds all.
            for edge in self.edges.iter_mut().rev() {
                let above = edge.delegator.delegated();
                edge.connected |= above.is_some_and(|above| connected.contains(above));
                if edge.connected {
                    connected.insert(edge.role.name.clone());
                }
            }
            if connected.len() == before {
                return;
            }
        }
    }

    /// Do more delegations lead to the role than are looked at?
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The delegations straight to `name`, the role that this is the ancestry of.
    pub fn to<'a>(&'a self, name: &'a RoleName) -> impl Iterator<Item = &'a Edge> {
        self.edges
            .iter()
            .filter(move |edge| edge.role.name == *name)
    }

    /// The delegated roles that lead to it, by any way.
    pub fn above(&self) -> impl Iterator<Item = &RoleName> {
        self.edges
            .iter()
            .filter_map(|edge| edge.delegator.delegated())
    }

    /// What a client finds with `name` when it comes by one of the delegations that `by` picks.
    #[must_use]
    pub fn coverage<'a>(&'a self, name: &'a RoleName, by: impl Fn(&Edge) -> bool) -> Coverage<'a> {
        let mut steps: HashMap<&RoleName, Vec<Step<'a>>> = HashMap::new();
        for edge in &self.edges {
            if edge.role.name != *name || by(edge) {
                let step = Step {
                    above: edge.delegator.delegated(),
                    scope: PreparedScope::of(&edge.role.scope),
                };
                steps.entry(&edge.role.name).or_default().push(step);
            }
        }
        Coverage { name, steps }
    }
}

/// Which paths a role is trusted with, all the way up.
#[derive(Debug)]
pub struct Coverage<'a> {
    name: &'a RoleName,
    steps: HashMap<&'a RoleName, Vec<Step<'a>>>,
}

#[derive(Debug)]
struct Step<'a> {
    /// `None` for the top-level targets.
    above: Option<&'a RoleName>,
    scope: PreparedScope<'a>,
}

impl Coverage<'_> {
    /// Is there a way down from the top-level targets on which every delegation covers the path?
    #[must_use]
    pub fn covers(&self, path: &TargetPath) -> bool {
        self.reaches(self.name, path, &mut Vec::new())
    }

    fn reaches<'s>(
        &'s self,
        name: &'s RoleName,
        path: &TargetPath,
        seen: &mut Vec<&'s RoleName>,
    ) -> bool {
        let steps = self.steps.get(name).map_or(&[][..], Vec::as_slice);
        steps.iter().any(|step| {
            step.scope.covers(path)
                && match step.above {
                    None => true,
                    Some(above) if seen.contains(&above) => false,
                    Some(above) => {
                        seen.push(above);
                        self.reaches(above, path, seen)
                    }
                }
        })
    }
}

/// A scope whose plain paths are found at once, however many there are.
#[derive(Debug)]
enum PreparedScope<'a> {
    Paths {
        plain: HashSet<&'a str>,
        patterns: Vec<&'a PathPattern>,
    },
    Hashes(&'a Scope),
}

impl<'a> PreparedScope<'a> {
    fn of(scope: &'a Scope) -> Self {
        let Scope::Paths(all) = scope else {
            return Self::Hashes(scope);
        };
        let (plain, patterns): (Vec<_>, Vec<_>) = all.iter().partition(|path| is_plain(path));
        Self::Paths {
            plain: plain.into_iter().map(PathPattern::as_str).collect(),
            patterns,
        }
    }

    fn covers(&self, path: &TargetPath) -> bool {
        match self {
            Self::Paths { plain, patterns } => {
                plain.contains(path.as_str())
                    || patterns.iter().any(|pattern| pattern.matches(path))
            }
            Self::Hashes(scope) => scope.covers(path),
        }
    }
}

/// Does it match one path alone, the one that it reads?
#[must_use]
pub fn is_plain(pattern: &PathPattern) -> bool {
    !pattern.as_str().contains(['*', '?', '['])
}
