use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use privyseal_tuf::RoleType;

use super::{Context, NewKeys, OldKeys, Plan, State};
use crate::show::{escape, print_table};
use crate::trust::adopt::{Retired, RolePlan};

/// Files that can't be read: what they hold stays.
pub(super) fn unread(old: &OldKeys, context: &mut Context<'_>) -> anyhow::Result<()> {
    for error in &old.unread {
        let text = format!("left out: {error}; to do: {}", error.remedy());
        context.screen.note(&escape(&text))?;
    }
    Ok(())
}

pub(super) fn known(version: Option<u64>, context: &mut Context<'_>) -> anyhow::Result<()> {
    if let Some(version) = version {
        let text = format!(
            "what the server shows must follow root {version}, which docker or notary knew"
        );
        context.screen.note(&text)?;
    }
    Ok(())
}

pub(super) fn enrolled(agents: &[String], context: &mut Context<'_>) -> anyhow::Result<()> {
    for agent in agents {
        let agent = escape(agent);
        writeln!(context.screen, "agent {agent} knows the repository now")?;
    }
    Ok(())
}

pub(super) fn notes(notes: &[String], context: &mut Context<'_>) -> anyhow::Result<()> {
    for note in notes {
        writeln!(context.screen, "{}", escape(note))?;
    }
    Ok(())
}

/// Which key takes the place of which.
pub(super) fn plan(state: &State, plan: &Plan, context: &mut Context<'_>) -> anyhow::Result<()> {
    let gun = escape(state.known.gun.as_str());
    let listed = state.base.targets.values();
    let tags: BTreeSet<&str> = listed
        .flat_map(|(_, listed)| listed.targets.keys().map(|path| path.as_str()))
        .collect();
    let tags = tags.len();
    writeln!(
        context.screen,
        "{gun}: {tags} signed tags, which stay signed"
    )?;
    let tags = state.base.targets.iter().flat_map(|(role, (_, listed))| {
        listed.targets.iter().map(|(path, target)| {
            let digest = target.hashes.sha256();
            let digest = digest.map_or_else(String::new, |digest| format!("sha256:{digest}"));
            vec![escape(path.as_str()), digest, escape(role.as_str())]
        })
    });
    let tags: Vec<Vec<String>> = tags.collect();
    if !tags.is_empty() {
        print_table(context.screen, &["tag", "digest", "signed in"], tags)?;
    }
    if plan.continues {
        writeln!(context.screen, "the root that was begun goes on")?;
    }
    let mut rows: Vec<Vec<String>> = plan.roles.iter().map(role_row).collect();
    rows.extend(plan.signers.iter().map(|signer| {
        vec![
            escape(&signer.role),
            short(signer.old.as_str()),
            escape(&signer.new),
        ]
    }));
    if !rows.is_empty() {
        print_table(context.screen, &["role", "key in a file", "new key"], rows)?;
    }
    left(plan, context)
}

fn role_row(plan: &RolePlan) -> Vec<String> {
    let old: Vec<String> = plan
        .old
        .iter()
        .map(|(keyid, _)| short(keyid.as_str()))
        .collect();
    let new = match &plan.new {
        NewKeys::Held(hands) => {
            let names: Vec<String> = hands.iter().map(|hand| hand.name()).collect();
            names.join(", ")
        }
        NewKeys::Made => "one that an agent makes".to_owned(),
        NewKeys::Server => "the trust server's".to_owned(),
    };
    let kept = match plan.kept.len() {
        0 => String::new(),
        kept => format!(", beside {kept} of others"),
    };
    let new = escape(&format!("{new}{kept}"));
    vec![plan.role.to_string(), old.join(", "), new]
}

fn left(plan: &Plan, context: &mut Context<'_>) -> anyhow::Result<()> {
    for left in &plan.left {
        let keyid = short(left.keyid.as_str());
        let text = format!("{} keeps its key {keyid}: {}", left.role, left.why);
        context.screen.note(&escape(&text))?;
    }
    Ok(())
}

/// No key of the repository is in a file.
pub(super) fn nothing(
    state: &State,
    plan: &Plan,
    retired: &[Retired],
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let gun = escape(state.known.gun.as_str());
    writeln!(
        context.screen,
        "{gun}: no key in these directories can be replaced here"
    )?;
    left(plan, context)?;
    farewell(state, plan, retired, context)
}

/// Which files to destroy, and which not yet.
pub(super) fn farewell(
    state: &State,
    plan: &Plan,
    retired: &[Retired],
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let (idle, busy): (Vec<&Retired>, Vec<&Retired>) =
        retired.iter().partition(|it| it.elsewhere.is_empty());
    let gun = escape(state.known.gun.as_str());
    if !idle.is_empty() {
        let text = "nothing needs these files any more; destroy them, their copies and backups:";
        writeln!(context.screen, "{text}")?;
    }
    for file in idle {
        let (path, role) = (quoted(&file.path), escape(&file.role));
        writeln!(context.screen, "  shred -u {path}  # {role}")?;
    }
    for file in busy {
        let names: Vec<&str> = file.elsewhere.iter().map(String::as_str).collect();
        let text = format!(
            "keep {} ({}) until {} are adopted, too; {gun} does not need it any more",
            file.path.display(),
            file.role,
            names.join(", ")
        );
        context.screen.note(&escape(&text))?;
    }
    if retired.iter().any(|file| !file.is_of_one) {
        context.screen.note(
            "a root or signer's key can serve repositories that docker and notary did not see from here: adopt those first",
        )?;
    }
    if plan.role(RoleType::Root).is_some() || plan.continues {
        context.screen.note(
            "until they are destroyed, whoever has the old root key can lead those astray who have not seen the new root",
        )?;
    }
    Ok(())
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@%=:,".contains(&byte);
    match path.bytes().all(is_plain) {
        true => path,
        false => format!("'{}'", escape(&path).replace('\'', r"'\''")),
    }
}

fn short(keyid: &str) -> String {
    escape(keyid.get(..12).unwrap_or(keyid))
}
