use std::io::Write;
use std::path::Path;

use crate::command::verify;
use crate::repo::{Basis, Imported, ImportedRole, SETTINGS};
use crate::show::{Screen, escape, print_table};

/// As many owners of one role are shown.
const MOST_OWNERS: usize = 8;

/// What was imported, and what a person should look at.
pub(super) fn print(
    imported: &Imported,
    directory: &Path,
    now: i64,
    screen: &mut Screen,
) -> anyhow::Result<()> {
    verify::print(&imported.report, None, false, now, screen)?;
    writeln!(screen)?;
    let rows = imported.roles.iter().map(row);
    print_table(
        screen,
        &["role", "new versions", "how that is known", "keys"],
        rows,
    )?;
    for note in &imported.notes {
        writeln!(screen, "note: {}", escape(note))?;
    }
    if !imported.with_files {
        writeln!(
            screen,
            "note: target files were neither read nor taken over: those that are published already stay where they are"
        )?;
    }
    if !imported.consistent {
        writeln!(
            screen,
            "note: its root says no to consistent snapshots, and stays so: files are published under plain names too, and clients that come in the middle of a publication may have to try again"
        )?;
    }
    let is_guess = |role: &ImportedRole| role.validity.basis != Basis::Declared;
    if imported.roles.iter().any(is_guess) {
        writeln!(
            screen,
            "look at the periods: metadata says when it ends, and seldom for how long it was made; `expires` in privyseal.toml corrects them"
        )?;
    }
    writeln!(
        screen,
        "made {}\nnext: privyseal repo enroll, then privyseal repo status",
        escape(&directory.join(SETTINGS).display().to_string())
    )?;
    Ok(())
}

fn row(role: &ImportedRole) -> Vec<String> {
    let basis = match role.validity.basis {
        Basis::Declared => "the metadata says so",
        Basis::Guessed => "a guess, from what is left",
        Basis::Default => "nothing is known, it is expired",
    };
    let mut owners: Vec<String> = role.owners.iter().map(|owner| escape(owner)).collect();
    if owners.len() > MOST_OWNERS {
        let more = owners.len() - MOST_OWNERS;
        owners.truncate(MOST_OWNERS);
        owners.push(format!("and {more} more"));
    }
    let name = match role.count {
        1 => escape(&role.name),
        count => format!("{} ({count})", escape(&role.name)),
    };
    vec![
        name,
        role.validity.period.to_string(),
        basis.to_owned(),
        owners.join(", "),
    ]
}
