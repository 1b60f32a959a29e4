use std::fmt::Write;

use super::{ADMIN, Inspection, Signer, natural};
use crate::show::escape;

/// A column is at least so wide, with the blanks between it and the next.
const LEAST: usize = 10;
const BETWEEN: usize = 3;

/// As much of a key's id is shown.
const SHORT: usize = 12;

pub(super) fn text(inspection: &Inspection) -> String {
    let name = escape(&inspection.name);
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = match inspection.signed_tags.is_empty() {
        true => write!(text, "\nNo signatures for {name}\n\n"),
        false => write!(text, "\nSignatures for {name}\n\n"),
    };
    if !inspection.signed_tags.is_empty() {
        let rows = inspection.signed_tags.iter().map(|tag| {
            let mut signers = tag.signers.clone();
            signers.sort();
            let signers = match signers.as_slice() {
                [only] if only == ADMIN => format!("({ADMIN})"),
                signers => signers.join(", "),
            };
            vec![
                escape(&tag.signed_tag),
                tag.digest.clone(),
                escape(&signers),
            ]
        });
        table(&mut text, ["SIGNED TAG", "DIGEST", "SIGNERS"], rows);
    }
    if !inspection.signers.is_empty() {
        let _ = write!(text, "\nList of signers and their keys for {name}\n\n");
        let mut signers: Vec<&Signer> = inspection.signers.iter().collect();
        signers.sort_by(|a, b| natural::compare(&a.name, &b.name));
        let rows = signers
            .into_iter()
            .map(|signer| vec![escape(&signer.name), ids(signer, SHORT)]);
        table(&mut text, ["SIGNER", "KEYS"], rows);
    }
    let _ = write!(text, "\nAdministrative keys for {name}\n\n");
    for signer in inspection.administrative_keys.iter().rev() {
        let _ = writeln!(text, "  {} Key:\t{}", signer.name, ids(signer, usize::MAX));
    }
    text
}

/// A signer's keys, sorted, so much of each.
fn ids(signer: &Signer, most: usize) -> String {
    let mut ids: Vec<&str> = signer.keys.iter().map(|key| key.id.as_str()).collect();
    ids.sort_unstable();
    let ids = ids
        .into_iter()
        .map(|id| escape(id.get(..most).unwrap_or(id)));
    ids.collect::<Vec<_>>().join(", ")
}

fn table<const N: usize>(
    text: &mut String,
    header: [&str; N],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let mut lines: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
    lines.extend(rows);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        let widest = cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default();
        (widest + BETWEEN).max(LEAST)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for line in &lines {
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = match at + 1 == N {
                true => writeln!(text, "{cell}"),
                false => write!(text, "{cell:width$}"),
            };
        }
    }
}
