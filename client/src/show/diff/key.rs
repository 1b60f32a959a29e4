use std::io::{self, Write};

use privyseal_tuf::{Change, KeyId};

use super::{DiffContext, added, changed, number, removed};
use crate::show::escape;

/// Changes of root's keys and roles.
pub(super) fn print(out: &mut dyn Write, context: &DiffContext, change: &Change) -> io::Result<()> {
    match change {
        Change::KeyAdded { keyid, key, .. } => {
            added(out, &format!("key {}", named(context, keyid)))?;
            if key.keyid() != keyid {
                let text = format!("its keyid should be {}", key.keyid());
                super::detail(out, &text)?;
            }
            if let Err(problem) = key.public() {
                super::detail(out, &format!("UNUSABLE: {}", escape(&problem.to_string())))?;
            }
            Ok(())
        }
        Change::KeyRemoved { keyid, .. } => removed(out, &format!("key {}", named(context, keyid))),
        Change::RoleKeyAdded { role, keyid } => added(
            out,
            &format!(
                "{} may be signed with {}",
                escape(&role.path().to_string()),
                named(context, keyid)
            ),
        ),
        Change::RoleKeyRemoved { role, keyid } => {
            let text = format!(
                "{} may be signed with {}",
                escape(&role.path().to_string()),
                named(context, keyid)
            );
            removed(out, &text)
        }
        Change::Quorum { role, old, new } => {
            let (old, new) = (old.map(|q| q.threshold), new.map(|q| q.threshold));
            let lower = if new < old { ", which is LOWER" } else { "" };
            let text = format!(
                "{} threshold {} -> {}{lower}",
                escape(&role.path().to_string()),
                number(old),
                number(new)
            );
            changed(out, &text)
        }
        _ => Ok(()),
    }
}

/// The full keyid, algorithm and owner: keys are told apart by all of their digits.
fn named(context: &DiffContext, keyid: &KeyId) -> String {
    let algorithm = context
        .algorithms
        .get(keyid)
        .map_or("unknown algorithm", String::as_str);
    let owner = context
        .owners
        .get(keyid)
        .map_or("not in privyseal.toml", String::as_str);
    format!(
        "{} ({}, {})",
        escape(keyid.as_str()),
        escape(algorithm),
        escape(owner)
    )
}
