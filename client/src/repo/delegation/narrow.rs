use std::collections::BTreeSet;

use privyseal_tuf::{DelegatedRole, Delegations, Role, Scope, TargetPath};

use super::delegations;
use crate::failure::Advice;
use crate::repo::work::Work;

/// Refuses to take paths away from a role that it, or a role below it, lists targets under: clients
/// would not find those any more, the role's agents would not sign for it, and tough would refuse
/// the whole repository.
pub(super) fn keeps_targets(
    work: &Work,
    by: &Role,
    before: Option<&DelegatedRole>,
    after: &DelegatedRole,
) -> anyhow::Result<()> {
    let Some(before) = before.filter(|before| before.scope != after.scope) else {
        return Ok(());
    };
    let others = elsewhere(work, by, after)?;
    let is_lost = |path: &TargetPath| {
        before.scope.covers(path)
            && !after.scope.covers(path)
            && !others.iter().any(|scope| scope.covers(path))
    };
    let (mut open, mut seen) = (vec![after.name.clone()], BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(document) = work.current(&name.clone().into())? else {
            continue;
        };
        let view = document.targets()?;
        if let Some(path) = view.targets.keys().find(|path| is_lost(path)) {
            return Err(Advice::failed(
                format!(
                    "{name} lists {path}, which {} would no longer be trusted with",
                    after.name
                ),
                format!("remove such targets first (`privyseal repo remove {path}`), or keep their paths"),
            )
            .into());
        }
        open.extend(view.delegations.iter().flat_map(Delegations::names));
    }
    Ok(())
}

/// What other roles trust the same role with.
fn elsewhere(work: &Work, by: &Role, role: &DelegatedRole) -> anyhow::Result<Vec<Scope>> {
    let mut scopes = Vec::new();
    for other in work.delegators_of(&role.name) {
        if other != *by
            && let Some(delegations) = delegations(work, &other)?
        {
            scopes.extend(delegations.role(&role.name).map(|role| role.scope));
        }
    }
    Ok(scopes)
}
