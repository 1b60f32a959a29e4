use anyhow::Context;
use privyseal_tuf::{Document, Requirement, Role, RoleName, RoleType, Root};

use super::Work;
use crate::failure::Advice;

impl Work {
    /// Whose signatures the current document of a role needs: of a root, those of the root before
    /// it and its own; of a delegated role, those that each of its delegators asks for.
    pub fn requirements(&self, role: &Role) -> anyhow::Result<Vec<Requirement>> {
        match role {
            Role::Top(RoleType::Root) => self.root_requirements(),
            Role::Top(role) => Ok(vec![Requirement::of(&self.root()?, *role)]),
            Role::Delegated(name) => self.delegated_requirements(name),
        }
    }

    /// Whether the current document of a role has all signatures that it needs.
    pub fn is_complete(&self, role: &Role) -> anyhow::Result<bool> {
        if let Some(known) = self.complete.borrow().get(role) {
            return Ok(*known);
        }
        let Some(document) = self.current(role)? else {
            return Ok(false);
        };
        // While its delegator misses signatures, nothing can complete it.
        if !self.is_delegated(role)? {
            return Ok(false);
        }
        let requirements = self.requirements(role)?;
        let met = |requirement: &Requirement| requirement.tally(&document).is_met();
        let complete = requirements.iter().all(met);
        self.complete.borrow_mut().insert(role.clone(), complete);
        Ok(complete)
    }

    /// The root that decides who signs: the draft, once it has its signatures or where nothing is
    /// published, else the published one.
    pub fn root(&self) -> anyhow::Result<Root> {
        let document = self.settled(&RoleType::Root.into())?.ok_or_else(|| {
            Advice::failed(
                "the repository has no root",
                "make one with `privyseal repo init`",
            )
        })?;
        document.root().context("root")
    }

    /// The published root and the one that it will be, as far as there are any.
    pub fn roots(&self) -> impl Iterator<Item = Root> {
        let roots = [
            self.published.last(RoleType::Root),
            self.draft(&RoleType::Root.into()),
        ];
        let roots = roots.into_iter().flatten();
        roots.filter_map(|root| root.root().ok())
    }

    fn root_requirements(&self) -> anyhow::Result<Vec<Requirement>> {
        let roots = &self.published.roots;
        let (before, root) = match self.draft(&RoleType::Root.into()) {
            Some(draft) => (roots.last(), Some(draft)),
            None => {
                let before = roots.len().checked_sub(2).and_then(|at| roots.get(at));
                (before, roots.last())
            }
        };
        let Some(root) = root else {
            return Ok(Vec::new());
        };
        let before = before.map(|root| Document::root(root)).transpose()?;
        Ok(Requirement::of_root(before.as_ref(), &root.root()?))
    }

    fn delegated_requirements(&self, name: &RoleName) -> anyhow::Result<Vec<Requirement>> {
        let mut requirements = Vec::new();
        for by in self.delegators_of(name) {
            let delegator = self.delegator(&by)?;
            if let Some(delegator) = delegator
                && let Some(role) = delegator.role(name)
            {
                let by = format!("{by} version {}", delegator.version);
                requirements.push(Requirement::of_delegation(
                    &by,
                    &role,
                    &delegator.delegations,
                ));
            }
        }
        if requirements.is_empty() {
            return Err(Advice::failed(
                format!("nobody delegates to {name}: its signatures would count for nothing"),
                "`privyseal repo roles` shows the delegations; make one with `privyseal repo delegate`",
            )
            .into());
        }
        Ok(requirements)
    }
}
