use std::io::{self, Write};

use clap::Args;
use owo_colors::OwoColorize;

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{BinsNode, Project, RoleKey, RoleNode, RoleVersion, Work, tree};
use crate::show::{escape, in_days, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Shows the roles as the drafts say them, where there are any, else as they are published. Delegated
roles stand below those that delegate to them, in the order in which clients ask them.

Examples:
  privyseal repo roles
  privyseal repo roles --json | jq '.[] | select(.in_settings == false) | .role'")]
pub(super) struct Roles {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: Roles,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let tree = tree(project.settings(), &work)?;
    if command.json {
        context.screen.json(&tree)?;
        return Ok(Exit::Done);
    }
    for node in &tree {
        print_role(context.screen, node, now)?;
    }
    Ok(Exit::Done)
}

/// More than this of a kind is told of by its number.
const MOST: usize = 20;

fn print_role(out: &mut dyn Write, node: &RoleNode, now: i64) -> io::Result<()> {
    let indent = "   ".repeat(node.depth);
    let place = node
        .place
        .map_or_else(String::new, |place| format!("{place}. "));
    let name = escape(&node.role);
    writeln!(
        out,
        "{indent}{place}{}  {}",
        name.bold(),
        standing(node, now)
    )?;
    let mut detail = |name: &str, text: String| writeln!(out, "{indent}   {name:<8}{text}");
    if !node.in_settings {
        let unknown = "privyseal.toml knows nothing of this role: whose its keys are, and how long \
                       its versions are valid";
        detail("note", unknown.yellow().to_string())?;
    }
    let keys = list(&node.keys, key);
    detail(
        "keys",
        format!("{} of {}: {keys}", node.threshold, node.keys.len()),
    )?;
    if let Some(paths) = &node.paths {
        detail("paths", list(paths, |path| escape(path)))?;
    }
    if let Some(prefixes) = &node.hash_prefixes {
        detail("hashes", list(prefixes, |prefix| escape(prefix)))?;
    }
    if node.terminating {
        detail(
            "ends",
            "of its paths nothing after it is asked (terminating)".to_owned(),
        )?;
    }
    for note in &node.notes {
        detail("note", escape(note).yellow().to_string())?;
    }
    Ok(())
}

fn standing(node: &RoleNode, now: i64) -> String {
    if let Some(bins) = &node.bins {
        return of_bins(bins);
    }
    let published = node.published.as_ref().map_or_else(
        || "not published".to_owned(),
        |version| of_version(version, now),
    );
    let draft = node
        .draft
        .map_or_else(String::new, |draft| format!(", draft {draft}"));
    let targets = match node.targets {
        Some(1) => ", 1 target".to_owned(),
        Some(targets) => format!(", {targets} targets"),
        None => String::new(),
    };
    format!("{published}{draft}{targets}")
}

fn of_version(version: &RoleVersion, now: i64) -> String {
    let days = in_days(version.expires_seconds, now);
    let expires = if version.expires_seconds <= now {
        "EXPIRED"
    } else {
        "expires"
    };
    format!(
        "version {}, {expires} {} ({days})",
        version.version, version.expires
    )
}

fn of_bins(bins: &BinsNode) -> String {
    let form = if bins.succinct {
        "in short form"
    } else {
        "listed"
    };
    let published = match bins.published as u64 {
        all if all == bins.count => "all published".to_owned(),
        some => format!("{some} published"),
    };
    let drafts = match bins.drafts {
        0 => String::new(),
        1 => ", 1 draft".to_owned(),
        drafts => format!(", {drafts} drafts"),
    };
    format!("{} hashed bins {form}, {published}{drafts}", bins.count)
}

fn key(key: &RoleKey) -> String {
    match (&key.owner, &key.held) {
        (Some(owner), Some(held)) if owner == held => escape(owner),
        (Some(owner), Some(held)) => format!("{} ({})", escape(owner), escape(held)),
        (Some(owner), None) => format!("{} (no agent)", escape(owner)),
        (None, _) => format!("{} (nobody's)", escape(&key.keyid)),
    }
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let some: Vec<String> = items.iter().take(MOST).map(show).collect();
    match items.len() - some.len() {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}
