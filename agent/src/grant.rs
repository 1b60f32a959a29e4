//! Grants: which caller may use which key for which role of which repositories.

use globset::{GlobBuilder, GlobMatcher};
use privyseal_tuf::RoleType;
use serde::Deserialize;

use crate::caller::{Caller, CallerSpec};

/// A glob over names: `*` and `?` do not cross `/`, `**` does.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct NameGlob(GlobMatcher);

impl NameGlob {
    /// Does the whole of `name` match?
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl TryFrom<String> for NameGlob {
    type Error = globset::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let glob = GlobBuilder::new(&text).literal_separator(true).build()?;
        Ok(Self(glob.compile_matcher()))
    }
}

/// One `[[grant]]` of the config.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    callers: Vec<CallerSpec>,
    authority: String,
    repositories: Vec<NameGlob>,
    roles: Vec<GrantedRole>,
    keys: Vec<NameGlob>,
    /// May a first root, signed under this grant, create a lineage?
    #[serde(default)]
    open: bool,
}

/// A role as the config names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct GrantedRole(RoleType);

impl TryFrom<String> for GrantedRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is no role; the roles are root, targets, snapshot and timestamp")
        })
    }
}

/// What a caller asks to use.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// The repository's name.
    pub repository: &'a str,
    /// The role.
    pub role: RoleType,
    /// The key's name.
    pub key: &'a str,
}

impl Grant {
    /// The authority that this grant is about.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    fn names(&self, caller: &Caller) -> bool {
        self.callers.iter().any(|spec| spec.matches(caller))
    }

    fn covers_repository(&self, authority: &str, repository: &str) -> bool {
        self.authority == authority && self.repositories.iter().any(|g| g.matches(repository))
    }

    fn covers(&self, wanted: Use<'_>) -> bool {
        self.covers_repository(wanted.authority, wanted.repository)
            && self.roles.contains(&GrantedRole(wanted.role))
            && self.keys.iter().any(|glob| glob.matches(wanted.key))
    }
}

/// Every grant and every operator of the config.
#[derive(Debug, Clone)]
pub struct Grants {
    grants: Vec<Grant>,
    operators: Vec<CallerSpec>,
}

/// The proof that some grant covers a use.
#[derive(Debug, Clone, Copy)]
pub struct Granted {
    may_open: bool,
}

impl Granted {
    /// May the document, if it is a first root, create a lineage?
    #[must_use]
    pub fn may_open(self) -> bool {
        self.may_open
    }
}

impl Grants {
    /// The config's grants and operators.
    #[must_use]
    pub fn new(grants: Vec<Grant>, operators: Vec<CallerSpec>) -> Self {
        Self { grants, operators }
    }

    /// Does any grant cover this use? An operator has no signing rights by being one.
    #[must_use]
    pub fn allow(&self, caller: &Caller, wanted: Use<'_>) -> Option<Granted> {
        let mut covering = self
            .of(caller)
            .filter(|grant| grant.covers(wanted))
            .peekable();
        covering.peek()?;
        Some(Granted {
            may_open: covering.any(|grant| grant.open),
        })
    }

    /// May the caller see this key at all?
    #[must_use]
    pub fn may_see_key(
        &self,
        caller: &Caller,
        authority: &str,
        repository: &str,
        key: &str,
    ) -> bool {
        self.is_operator(caller)
            || self.of(caller).any(|grant| {
                grant.covers_repository(authority, repository)
                    && grant.keys.iter().any(|glob| glob.matches(key))
            })
    }

    /// May the caller see this repository, and show its documents?
    #[must_use]
    pub fn may_see_repository(&self, caller: &Caller, authority: &str, repository: &str) -> bool {
        self.is_operator(caller)
            || self
                .of(caller)
                .any(|grant| grant.covers_repository(authority, repository))
    }

    /// May the caller sign this role of the repository, with whatever key?
    #[must_use]
    pub fn may_sign(
        &self,
        caller: &Caller,
        authority: &str,
        repository: &str,
        role: RoleType,
    ) -> bool {
        self.of(caller).any(|grant| {
            grant.covers_repository(authority, repository)
                && grant.roles.contains(&GrantedRole(role))
        })
    }

    /// Is the caller an operator?
    #[must_use]
    pub fn is_operator(&self, caller: &Caller) -> bool {
        self.operators.iter().any(|spec| spec.matches(caller))
    }

    /// Does the config name the caller anywhere?
    #[must_use]
    pub fn knows(&self, caller: &Caller) -> bool {
        self.is_operator(caller) || self.of(caller).next().is_some()
    }

    fn of<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a Grant> {
        self.grants.iter().filter(move |grant| grant.names(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(text: &str) -> Grants {
        #[derive(Deserialize)]
        struct File {
            grant: Vec<Grant>,
        }
        Grants::new(
            toml::from_str::<File>(text).unwrap().grant,
            vec![CallerSpec::User(0)],
        )
    }

    fn wanted<'a>(repository: &'a str, role: RoleType, key: &'a str) -> Use<'a> {
        Use {
            authority: "production",
            repository,
            role,
            key,
        }
    }

    #[test]
    fn a_grant_covers_what_it_names_and_nothing_else() {
        let grants = grants(
            r#"[[grant]]
            callers = ["uid:1000"]
            authority = "production"
            repositories = ["example.org/*"]
            roles = ["snapshot", "timestamp"]
            keys = ["online-*"]"#,
        );
        let build = Caller::new(1000, 1000, vec![]);
        let allow = |use_| grants.allow(&build, use_).is_some();
        assert!(allow(wanted(
            "example.org/a",
            RoleType::Snapshot,
            "online-1"
        )));
        assert!(!allow(wanted("example.org/a", RoleType::Root, "online-1")));
        assert!(!allow(wanted(
            "example.org/a",
            RoleType::Snapshot,
            "root-1"
        )));
        assert!(!allow(wanted(
            "example.org/a/b",
            RoleType::Snapshot,
            "online-1"
        )));
        assert!(!allow(wanted(
            "example.com/a",
            RoleType::Snapshot,
            "online-1"
        )));
        let staging = Use {
            authority: "staging",
            ..wanted("example.org/a", RoleType::Snapshot, "online-1")
        };
        assert!(!allow(staging));
    }

    #[test]
    fn an_operator_does_not_sign_by_being_one() {
        let grants = grants("grant = []");
        let root = Caller::new(0, 0, vec![]);
        assert!(grants.is_operator(&root) && grants.knows(&root));
        assert!(
            grants
                .allow(&root, wanted("a", RoleType::Root, "k"))
                .is_none()
        );
        assert!(!grants.knows(&Caller::new(1, 1, vec![])));
    }
}
