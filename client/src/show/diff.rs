mod entry;
mod json;
mod key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use privyseal_tuf::json::{JsonPath, Value};
use privyseal_tuf::{Change, Document, Expires, KeyId, RoleType, diff};

use super::{escape, in_days};

pub use json::changes_json;

/// What helps a person to understand a change: whose the keys are, and what day it is.
#[derive(Clone, Debug, Default)]
pub struct DiffContext {
    /// `agent:name` by keyid.
    pub owners: BTreeMap<KeyId, String>,
    /// Algorithm by keyid.
    pub algorithms: BTreeMap<KeyId, String>,
    /// Unix seconds.
    pub now: i64,
}

/// Prints everything that `new` changes against `old`, or against nothing.
pub fn print_changes(
    out: &mut dyn Write,
    context: &DiffContext,
    role: RoleType,
    old: Option<&Document>,
    new: &Document,
) -> io::Result<()> {
    let version = |document: &Document| {
        document
            .view(role)
            .map_or_else(|_| "?".to_owned(), |view| view.version().to_string())
    };
    match old {
        Some(old) => {
            let title = format!("{role}: version {} -> {}", version(old), version(new));
            writeln!(out, "{}", title.bold())?;
        }
        None => writeln!(
            out,
            "{}",
            format!("{role}: version {}, the first", version(new)).bold()
        )?,
    }
    let changes = diff(old, new);
    if changes.is_empty() {
        writeln!(out, "  no change")?;
    }
    for change in &changes {
        print_change(out, context, change)?;
    }
    Ok(())
}

fn print_change(out: &mut dyn Write, context: &DiffContext, change: &Change) -> io::Result<()> {
    match change {
        // The title says it.
        Change::Version { old, new } if new > old => Ok(()),
        Change::Version { old, new } => changed(
            out,
            &format!(
                "version {} -> {}, which is NOT HIGHER",
                number(*old),
                number(*new)
            ),
        ),
        Change::Expires { old, new } => expires(out, context, old.as_deref(), new.as_deref()),
        Change::KeyAdded { .. }
        | Change::KeyRemoved { .. }
        | Change::RoleKeyAdded { .. }
        | Change::RoleKeyRemoved { .. }
        | Change::Quorum { .. } => key::print(out, context, change),
        Change::TargetAdded { .. }
        | Change::TargetRemoved { .. }
        | Change::TargetReplaced { .. }
        | Change::MetaAdded { .. }
        | Change::MetaRemoved { .. }
        | Change::MetaChanged { .. } => entry::print(out, change),
        Change::Field { path, old, new } => field(out, path, old.as_ref(), new.as_ref()),
        other => changed(out, &escape(&format!("{other:?}"))),
    }
}

fn expires(
    out: &mut dyn Write,
    context: &DiffContext,
    old: Option<&str>,
    new: Option<&str>,
) -> io::Result<()> {
    let day = |text: &str| match text.parse::<Expires>() {
        Ok(expires) => format!("{text} ({})", in_days(expires.seconds(), context.now)),
        Err(_) => escape(text),
    };
    match (old, new) {
        (None, Some(new)) => added(out, &format!("expires {}", day(new))),
        (Some(old), Some(new)) => changed(out, &format!("expires {} -> {}", day(old), day(new))),
        (Some(old), None) => removed(out, &format!("expires {}", day(old))),
        (None, None) => Ok(()),
    }
}

/// Unknown fields and all that has no words of its own.
fn field(
    out: &mut dyn Write,
    path: &JsonPath,
    old: Option<&Value>,
    new: Option<&Value>,
) -> io::Result<()> {
    let place = escape(&path.to_string());
    match (old, new) {
        (None, Some(new)) => added(out, &format!("field {place} = {}", json_text(new))),
        (Some(old), None) => removed(out, &format!("field {place} = {}", json_text(old))),
        (Some(old), Some(new)) => changed(
            out,
            &format!("field {place}: {} -> {}", json_text(old), json_text(new)),
        ),
        (None, None) => Ok(()),
    }
}

fn json_text(value: &Value) -> String {
    // JSON has escapes of its own; only what they leave as it is, is escaped here.
    let text = serde_json::to_string(value).unwrap_or_default();
    text.split_inclusive('\\')
        .map(|part| match part.strip_suffix('\\') {
            Some(before) => format!("{}\\", escape(before)),
            None => escape(part),
        })
        .collect()
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn added(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "  {} {text}", "+".green())
}

fn removed(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "  {} {text}", "-".red())
}

fn changed(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "  {} {text}", "~".yellow())
}

fn detail(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "      {text}")
}
