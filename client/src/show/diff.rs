mod danger;
mod delegation;
mod entry;
mod field;
mod json;
mod key;
mod line;
mod many;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use privyseal_tuf::{Change, Danger, DangerContext, DangerKind, Dialect, Document, KeyId};
use privyseal_tuf::{Review, Role, RoleType};

use super::quote;
use line::Line;
use many::Counts;

const DAY: i64 = 86_400;

/// How many dangers of each kind there are.
pub type DangerCounts = BTreeMap<DangerKind, usize>;

/// What helps a person to understand a change: whose the keys are, what is usual, what day it is.
#[derive(Clone, Debug, Default)]
pub struct DiffContext {
    /// Who has a key, or had it, by keyid.
    pub owners: BTreeMap<KeyId, String>,
    /// How long a new version of a role is usually valid, in seconds. Roles without one get what an
    /// agent allows by default.
    pub periods: BTreeMap<Role, i64>,
    /// Unix seconds.
    pub now: i64,
    /// As many lines of one sort are shown, where a person must read them on a screen; those that
    /// are dangerous are shown all the same. None: all lines.
    pub most_lines: Option<usize>,
}

/// What a new document of a role changes, and what is dangerous about it.
#[derive(Debug)]
pub struct Comparison<'a> {
    context: &'a DiffContext,
    role: &'a Role,
    versions: (Option<i64>, Option<i64>),
    review: Review,
}

impl<'a> Comparison<'a> {
    /// Compares `new` with `old`, or with nothing.
    pub fn of(
        context: &'a DiffContext,
        role: &'a Role,
        old: Option<&Document>,
        new: &Document,
    ) -> Self {
        let owner = |keyid: &KeyId| context.owners.get(keyid).cloned();
        let period = context.periods.get(role).copied();
        let longest = period.map_or_else(|| longest(new.dialect(), role.kind()), with_margin);
        let danger_context = DangerContext {
            role,
            now: context.now,
            latest_expiry: context.now.saturating_add(longest),
            owner: &owner,
        };
        let version = |document: &Document| document.signed().get("version")?.as_integer();
        Self {
            context,
            role,
            versions: (old.and_then(version), version(new)),
            review: Review::of(old, new, danger_context),
        }
    }

    /// How many dangers of each kind there are.
    pub fn dangers(&self) -> DangerCounts {
        let mut counts = DangerCounts::new();
        for danger in &self.review.dangers {
            *counts.entry(danger.kind()).or_default() += 1;
        }
        counts
    }

    /// Prints everything that changes, each danger at the line that it is about.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.title().bold())?;
        let changes = &self.review.changes;
        if changes.is_empty() {
            writeln!(out, "   no change")?;
        }
        let mut dangers = self.review.dangers.iter().peekable();
        let mut about = |change: Option<usize>| -> Vec<&Danger> {
            std::iter::from_fn(|| dangers.next_if(|danger| danger.change == change)).collect()
        };
        line::print_dangers(out, &about(None))?;
        let mut counts = Counts::new(self.context.most_lines, changes.len());
        let mut pending: Option<Line> = None;
        for (at, change) in changes.iter().enumerate() {
            let dangers = about(Some(at));
            // The title says it.
            if dangers.is_empty() && matches!(change, Change::Version { .. }) {
                continue;
            }
            let line = words::line(self.context, &self.review, change);
            counts.count(&line);
            if dangers.is_empty() && pending.as_mut().is_some_and(|last| last.join(&line)) {
                continue;
            }
            if let Some(line) = pending.take() {
                counts.print(out, &line)?;
            }
            if dangers.is_empty() {
                pending = Some(line);
            } else {
                line.print(out, &dangers)?;
            }
        }
        if let Some(line) = pending {
            counts.print(out, &line)?;
        }
        counts.print_rest(out)
    }

    fn title(&self) -> String {
        let role = quote(self.role.as_str());
        let number = |version: Option<i64>| version.map_or("?".to_owned(), |v| v.to_string());
        match self.versions {
            (None, new) => format!("{role}: version {}, the first", number(new)),
            (old, new) => format!("{role}: version {} -> {}", number(old), number(new)),
        }
    }
}

/// Prints how many dangers of which kinds there are, where there are any.
pub fn print_danger_counts(out: &mut dyn Write, dangers: &DangerCounts) -> io::Result<()> {
    let count: usize = dangers.values().sum();
    if count == 0 {
        return Ok(());
    }
    let kinds = dangers.iter().map(|(kind, count)| match count {
        1 => kind.to_string(),
        count => format!("{kind} ({count})"),
    });
    let kinds: Vec<String> = kinds.collect();
    let dangers = if count == 1 { "danger" } else { "dangers" };
    let text = format!("!! {count} {dangers}: {}", kinds.join(", "));
    writeln!(out, "{}", text.red().bold())
}

/// Clocks differ and work takes days.
fn with_margin(period: i64) -> i64 {
    period.saturating_add(period / 10).saturating_add(DAY)
}

/// What an agent allows where its config says nothing.
fn longest(dialect: Dialect, role: RoleType) -> i64 {
    match (dialect, role) {
        (Dialect::Spec, RoleType::Root | RoleType::Targets) => 400 * DAY,
        (Dialect::Spec, RoleType::Snapshot) => 32 * DAY,
        (Dialect::Spec, RoleType::Timestamp) => 7 * DAY,
        // As long as notary makes them good.
        (Dialect::Notary, RoleType::Root) => 3651 * DAY,
        (Dialect::Notary, RoleType::Targets | RoleType::Snapshot) => 1096 * DAY,
        (Dialect::Notary, RoleType::Timestamp) => 15 * DAY,
    }
}
