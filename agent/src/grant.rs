//! Grants: which caller may use which key for which role of which repositories.

mod paths;
#[cfg(test)]
mod tests;

use globset::{GlobBuilder, GlobMatcher};
use privyseal_tuf::{Dialect, Role, RoleType, Targets};
use serde::Deserialize;

pub use self::paths::{Outside, PathLimit};
use crate::{
    caller::{Caller, CallerSpec},
    config::{Authority, KeystoreSection, NotarySection, Serves, TrustRole},
    keystore::KeystoreName,
};

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

    /// Does every name that begins so match? Of `a/**`, which is no wider than it looks.
    #[must_use]
    pub fn matches_all_from(&self, beginning: &str) -> bool {
        let stem = self.0.glob().glob().strip_suffix("**");
        stem.is_some_and(|stem| {
            let whole = stem.is_empty() || stem.ends_with('/');
            let plain = !stem.contains(['*', '?', '[', ']', '{', '}', '\\']);
            whole && plain && beginning.starts_with(stem)
        })
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
#[serde(try_from = "Table")]
pub struct Grant(Table);

/// A grant as TOML has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    callers: Vec<CallerSpec>,
    authority: String,
    repositories: Vec<NameGlob>,
    /// Of the four.
    #[serde(default)]
    roles: Vec<GrantedRole>,
    /// Names of delegated roles.
    #[serde(default)]
    delegations: Vec<NameGlob>,
    /// What documents of targets and delegated roles may speak of; all, where it is left out.
    paths: Option<PathLimit>,
    keys: Vec<NameGlob>,
    /// May a first root, signed under this grant, create a lineage?
    #[serde(default)]
    open: bool,
    /// Where its callers may have keys of targets and snapshot made.
    generate_in: Option<KeystoreName>,
}

impl TryFrom<Table> for Grant {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        if table.roles.is_empty() && table.delegations.is_empty() {
            return Err("a [[grant]] needs roles or delegations: without them it grants nothing");
        }
        let targets = table.roles.contains(&GrantedRole(RoleType::Targets));
        if table.paths.is_some() && !targets && table.delegations.is_empty() {
            return Err(
                "paths limits documents of targets and of delegated roles, and this [[grant]] \
                 covers neither",
            );
        }
        Ok(Self(table))
    }
}

/// A role as the config names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct GrantedRole(RoleType);

impl TryFrom<String> for GrantedRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| {
            format!(
                "`{text}` is none of root, targets, snapshot and timestamp; a delegated role's \
                 name belongs under delegations"
            )
        })
    }
}

/// A key of Docker Content Trust that a caller asks for.
#[derive(Debug, Clone, Copy)]
pub struct TrustUse<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// The repository's name; none of a key that serves many.
    pub repository: Option<&'a str>,
    /// What it signs.
    pub role: TrustRole,
    /// The key's name.
    pub key: &'a str,
}

/// What a caller asks to use.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// The repository's name.
    pub repository: &'a str,
    /// The role.
    pub role: &'a Role,
    /// The key's name.
    pub key: &'a str,
}

impl Grant {
    /// The authority that this grant is about.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// Does it fit its authority, and the keystores of the config?
    pub(crate) fn fits(
        &self,
        authority: &Authority,
        keystores: &[KeystoreSection],
    ) -> Result<(), String> {
        let Some(keystore) = &self.0.generate_in else {
            return Ok(());
        };
        let made = [RoleType::Targets, RoleType::Snapshot];
        if authority.dialect != Dialect::Notary || !made.iter().any(|role| self.has_role(*role)) {
            return Err(format!(
                "a [[grant]] of {} has generate_in: it is for roles targets and snapshot of an \
                 authority with dialect = \"notary\"",
                authority.name
            ));
        }
        match keystores.iter().find(|section| section.name() == keystore) {
            Some(KeystoreSection::Pkcs11(_)) => Ok(()),
            // Its slots are few, and it makes keys for who has its PIN or its management key.
            Some(KeystoreSection::Piv(_)) => Err(format!(
                "a [[grant]] has generate_in = `{keystore}`, which is a YubiKey: only operators \
                 have keys made there"
            )),
            None => Err(format!(
                "a [[grant]] has generate_in = `{keystore}`, but there is no [[keystore]] of that \
                 name"
            )),
        }
    }

    fn has_role(&self, role: RoleType) -> bool {
        self.0.roles.contains(&GrantedRole(role))
    }

    /// Does it cover any role that such a key signs?
    fn has_trust_role(&self, role: TrustRole) -> bool {
        match role {
            TrustRole::Root => self.has_role(RoleType::Root),
            TrustRole::Targets => self.has_role(RoleType::Targets),
            TrustRole::Snapshot => self.has_role(RoleType::Snapshot),
            TrustRole::Delegation => !self.0.delegations.is_empty(),
        }
    }

    fn names(&self, caller: &Caller) -> bool {
        self.0.callers.iter().any(|spec| spec.matches(caller))
    }

    fn covers_repository(&self, authority: &str, repository: &str) -> bool {
        let mut repositories = self.0.repositories.iter();
        self.0.authority == authority && repositories.any(|glob| glob.matches(repository))
    }

    fn covers_role(&self, role: &Role) -> bool {
        match role {
            Role::Top(role) => self.has_role(*role),
            Role::Delegated(name) => {
                let mut globs = self.0.delegations.iter();
                globs.any(|glob| glob.matches(name.as_str()))
            }
        }
    }

    fn covers_key(&self, key: &str) -> bool {
        self.0.keys.iter().any(|glob| glob.matches(key))
    }

    fn covers_trust(&self, wanted: TrustUse<'_>) -> bool {
        let repository = match wanted.repository {
            Some(repository) => self.covers_repository(wanted.authority, repository),
            None => self.0.authority == wanted.authority,
        };
        repository && self.has_trust_role(wanted.role) && self.covers_key(wanted.key)
    }

    /// Does it cover every repository whose name begins so?
    fn covers_all(&self, wanted: Use<'_>) -> bool {
        let mut repositories = self.0.repositories.iter();
        self.0.authority == wanted.authority
            && repositories.any(|glob| glob.matches_all_from(wanted.repository))
            && self.covers_role(wanted.role)
            && self.covers_key(wanted.key)
    }

    fn covers(&self, wanted: Use<'_>) -> bool {
        self.covers_repository(wanted.authority, wanted.repository)
            && self.covers_role(wanted.role)
            && self.covers_key(wanted.key)
    }
}

/// Every grant and every operator of the config.
#[derive(Debug, Clone)]
pub struct Grants {
    grants: Vec<Grant>,
    notaries: Vec<NotarySection>,
    operators: Vec<CallerSpec>,
}

/// The proof that some grant covers a use.
#[derive(Debug, Clone)]
pub struct Granted {
    may_open: bool,
    /// One for each grant that covers it; empty where a grant has none.
    limits: Vec<PathLimit>,
}

impl Granted {
    /// May the document, if it is a first root, create a lineage?
    #[must_use]
    pub fn may_open(&self) -> bool {
        self.may_open
    }

    /// May a targets document speak of all that it does?
    ///
    /// # Errors
    /// What is outside of the paths of every grant.
    pub fn admits(&self, targets: &Targets) -> Result<(), Outside> {
        let mut first = None;
        for limit in &self.limits {
            match limit.admits(targets) {
                Ok(()) => return Ok(()),
                Err(outside) => first = first.or(Some(outside)),
            }
        }
        first.map_or(Ok(()), Err)
    }
}

impl Grants {
    /// The config's grants, notary-servers and operators.
    #[must_use]
    pub fn new(
        grants: Vec<Grant>,
        notaries: Vec<NotarySection>,
        operators: Vec<CallerSpec>,
    ) -> Self {
        Self {
            grants,
            notaries,
            operators,
        }
    }

    /// What the caller may do as the notary-server of this repository: each table that covers it, in
    /// the order of the config.
    pub fn notaries<'a, 'b>(
        &'a self,
        caller: &'b Caller,
        repository: &'b str,
    ) -> impl Iterator<Item = &'a NotarySection> + use<'a, 'b> {
        let notaries = self.notaries.iter();
        notaries.filter(move |notary| notary.names(caller) && notary.covers(repository))
    }

    /// Does any grant cover this use? An operator has no signing rights by being one.
    #[must_use]
    pub fn allow(&self, caller: &Caller, wanted: Use<'_>) -> Option<Granted> {
        let covering = self.of(caller).filter(|grant| grant.covers(wanted));
        let covering: Vec<_> = covering.map(|Grant(table)| table).collect();
        let limits = covering.iter().map(|table| table.paths.clone());
        let limits = limits.collect::<Option<_>>();
        (!covering.is_empty()).then(|| Granted {
            may_open: covering.iter().any(|table| table.open),
            limits: limits.unwrap_or_default(),
        })
    }

    /// Does any grant cover this use in every repository whose name begins as the one that is
    /// named?
    #[must_use]
    pub fn allow_all(&self, caller: &Caller, wanted: Use<'_>) -> bool {
        self.of(caller).any(|grant| grant.covers_all(wanted))
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
                grant.covers_repository(authority, repository) && grant.covers_key(key)
            })
    }

    /// Does any grant cover a key of Docker Content Trust? One that serves many repositories is
    /// covered by a grant for any of them.
    #[must_use]
    pub fn may_use_trust_key(&self, caller: &Caller, wanted: TrustUse<'_>) -> bool {
        self.of(caller).any(|grant| grant.covers_trust(wanted))
    }

    /// May the caller have such a key made in this keystore?
    #[must_use]
    pub fn may_generate(
        &self,
        caller: &Caller,
        wanted: TrustUse<'_>,
        keystore: &KeystoreName,
    ) -> bool {
        let made = matches!(wanted.role, TrustRole::Targets | TrustRole::Snapshot);
        let mut grants = self.of(caller);
        made && wanted.repository.is_some()
            && grants.any(|grant| {
                grant.0.generate_in.as_ref() == Some(keystore) && grant.covers_trust(wanted)
            })
    }

    /// May the caller have any key made?
    #[must_use]
    pub fn may_generate_any(&self, caller: &Caller) -> bool {
        let mut grants = self.of(caller);
        grants.any(|grant| grant.0.generate_in.is_some())
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
        role: &Role,
    ) -> bool {
        self.of(caller)
            .any(|grant| grant.covers_repository(authority, repository) && grant.covers_role(role))
    }

    /// Is the caller an operator?
    #[must_use]
    pub fn is_operator(&self, caller: &Caller) -> bool {
        self.operators.iter().any(|spec| spec.matches(caller))
    }

    /// Does the config name the caller anywhere?
    #[must_use]
    pub fn knows(&self, caller: &Caller) -> bool {
        self.admits(caller, Serves::Privyseal) || self.admits(caller, Serves::Notary)
    }

    /// How the config names the caller.
    #[must_use]
    pub fn name_of(&self, caller: &Caller) -> Option<&CallerSpec> {
        let granted = self.grants.iter().flat_map(|Grant(table)| &table.callers);
        let notaries = self.notaries.iter().flat_map(NotarySection::callers);
        let mut all = self.operators.iter().chain(granted).chain(notaries);
        all.find(|spec| spec.matches(caller))
    }

    /// Does the config name the caller for what is served there?
    #[must_use]
    pub fn admits(&self, caller: &Caller, serves: Serves) -> bool {
        match serves {
            Serves::Privyseal => self.is_operator(caller) || self.of(caller).next().is_some(),
            Serves::Notary => self.notaries.iter().any(|notary| notary.names(caller)),
        }
    }

    fn of<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a Grant> {
        self.grants.iter().filter(move |grant| grant.names(caller))
    }
}
