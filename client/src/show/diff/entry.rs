use std::io::{self, Write};

use privyseal_tuf::{Change, Hashes, MetaFile, TargetFile};

use super::{added, changed, detail, removed};
use crate::show::escape;

/// Changes of target files and of the metadata files that a snapshot or timestamp lists.
pub(super) fn print(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    match change {
        Change::TargetAdded { path, file } => {
            added(out, &format!("target {}", escape(path)))?;
            describe(out, "", &target_lines(file))
        }
        Change::TargetRemoved { path, file } => {
            removed(out, &format!("target {}", escape(path)))?;
            describe(out, "", &target_lines(file))
        }
        Change::TargetReplaced { path, old, new } => {
            changed(out, &format!("target {}", escape(path)))?;
            describe(out, "old ", &target_lines(old))?;
            describe(out, "new ", &target_lines(new))
        }
        Change::MetaAdded { name, file } => {
            added(out, &format!("{} version {}", escape(name), file.version))?;
            describe(out, "", &meta_lines(file))
        }
        Change::MetaRemoved { name, file } => {
            removed(out, &format!("{} version {}", escape(name), file.version))?;
            describe(out, "", &meta_lines(file))
        }
        Change::MetaChanged { name, old, new } => {
            let lower = if new.version < old.version {
                ", which is LOWER"
            } else {
                ""
            };
            let text = format!(
                "{} version {} -> {}{lower}",
                escape(name),
                old.version,
                new.version
            );
            changed(out, &text)?;
            describe(out, "old ", &meta_lines(old))?;
            describe(out, "new ", &meta_lines(new))
        }
        _ => Ok(()),
    }
}

fn describe(out: &mut dyn Write, prefix: &str, lines: &[String]) -> io::Result<()> {
    lines
        .iter()
        .try_for_each(|line| detail(out, &format!("{prefix}{line}")))
}

fn target_lines(file: &TargetFile) -> Vec<String> {
    let mut lines = vec![format!("length {} bytes", file.length)];
    lines.extend(hash_lines(&file.hashes));
    lines
}

fn meta_lines(file: &MetaFile) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(file.length.map(|length| format!("length {length} bytes")));
    lines.extend(file.hashes.iter().flat_map(hash_lines));
    lines
}

fn hash_lines(hashes: &Hashes) -> Vec<String> {
    let line = |(name, digest): (&str, &str)| format!("{} {}", escape(name), escape(digest));
    hashes.iter().map(line).collect()
}
