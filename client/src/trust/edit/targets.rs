use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{Hashes, Requirement, Role, Scope, Target, TargetPath};

use super::{EditError, Edition, base, targets_role};
use crate::trust::change::TargetContent;

impl Edition<'_> {
    pub(super) fn set_target(
        &mut self,
        role: &str,
        name: &str,
        content: &TargetContent,
    ) -> Result<(), EditError> {
        let role = targets_role(role)?;
        let path = path(name)?;
        let target = target(content)?;
        self.covers(&role, &path)?;
        self.open(&role)?.set_target(&path, &target);
        Ok(())
    }

    pub(super) fn remove_target(&mut self, role: &str, name: &str) -> Result<(), EditError> {
        let role = targets_role(role)?;
        let path = path(name)?;
        let found = self.targets_of(&role);
        if !found.is_some_and(|targets| targets.targets.contains_key(&path)) {
            return Err(EditError::NoSuchTarget {
                role: role.to_string(),
                target: name.to_owned(),
            });
        }
        self.open(&role)?.remove_target(&path);
        Ok(())
    }

    pub(super) fn witness(&mut self, role: &str) -> Result<(), EditError> {
        let role = targets_role(role)?;
        self.open(&role).map(drop)
    }

    /// The roles in which a signer with these keys would sign a target, as docker chooses them:
    /// those delegations of `targets` itself that cover it and that `can_sign`; `targets` where
    /// there is no delegation at all.
    #[must_use]
    pub fn roles_to_sign(
        &self,
        target: &str,
        can_sign: &dyn Fn(&Requirement) -> bool,
    ) -> Vec<Role> {
        let delegations = self.targets_of(&Role::TARGETS);
        let delegations = delegations.and_then(|targets| targets.delegations.as_ref());
        let names: Vec<_> = delegations.iter().flat_map(|all| all.names()).collect();
        let roles = match names.is_empty() {
            true => vec![Role::TARGETS],
            false => names.into_iter().map(Role::Delegated).collect(),
        };
        let signs = |role: &Role| {
            let Ok(path) = path(target) else {
                return false;
            };
            let required = self.requirements(role).unwrap_or_default();
            self.covers(role, &path).is_ok()
                && !required.is_empty()
                && required.iter().all(can_sign)
        };
        roles.into_iter().filter(signs).collect()
    }

    /// The roles that list a target: `targets`, and those that it delegates to.
    #[must_use]
    pub fn roles_with(&self, target: &str) -> Vec<Role> {
        let Ok(path) = path(target) else {
            return Vec::new();
        };
        let roles = self.base.targets.keys().chain(self.working.keys());
        let mut roles: Vec<Role> = roles.cloned().collect();
        roles.sort();
        roles.dedup();
        let lists = |role: &Role| {
            let targets = self.targets_of(role);
            targets.is_some_and(|targets| targets.targets.contains_key(&path))
        };
        roles.retain(lists);
        roles
    }

    /// Whether a role and those above it are trusted with a target.
    fn covers(&self, role: &Role, path: &TargetPath) -> Result<(), EditError> {
        let Role::Delegated(name) = role else {
            return Ok(());
        };
        let delegator = base::delegator_of(name)?;
        let targets = self.targets_of(&delegator);
        let delegations = targets.and_then(|targets| targets.delegations.as_ref());
        let delegated = delegations.and_then(|all| all.role(name));
        let delegated = delegated.ok_or_else(|| EditError::NotDelegated(name.to_string()))?;
        if !delegated.scope.covers(path) {
            return Err(EditError::OutOfScope {
                role: role.to_string(),
                target: path.to_string(),
                paths: listed(&delegated.scope),
            });
        }
        self.covers(&delegator, path)
    }
}

fn listed(scope: &Scope) -> String {
    match scope {
        Scope::Prefixes(prefixes) if prefixes.is_empty() => "none".to_owned(),
        Scope::Prefixes(prefixes) => format!("{prefixes:?}"),
        other => format!("{other:?}"),
    }
}

pub(super) fn path(name: &str) -> Result<TargetPath, EditError> {
    name.parse()
        .map_err(|_| EditError::Target(name.chars().take(200).collect()))
}

pub(super) fn target(content: &TargetContent) -> Result<Target, EditError> {
    let mut hashes = Object::new();
    hashes.insert("sha256", Value::from(content.sha256.as_str()));
    if let Some(sha512) = &content.sha512 {
        hashes.insert("sha512", Value::from(sha512.as_str()));
    }
    let hashes = Hashes::parse(&hashes);
    let custom = content.custom.as_ref().map(|text| {
        Value::parse(text.as_bytes())
            .map_err(|error| EditError::Content(format!("custom data: {error}")))
    });
    Ok(Target {
        length: content.length,
        hashes: hashes.map_err(|error| EditError::Content(error.to_string()))?,
        custom: custom.transpose()?,
    })
}
