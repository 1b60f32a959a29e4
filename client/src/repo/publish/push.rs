use std::collections::BTreeMap;
use std::sync::Arc;

use privyseal_tuf::{Document, MetaFile, Role, RoleType, Root, TargetFile, TargetPath, diff};

use super::edition::{Edition, bytes_of, metadata_file, plain_file, role_of};
use super::order::order;
use super::shown::Shown;
use crate::destination::{Destination, Files, Order, Reveal, Written};
use crate::show::Progress;

/// How much of a repository is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What has changed.
    Changes,
    /// Every file: what is missing is written again.
    Everything,
}

/// A version of targets metadata that readers do not have.
struct Change {
    role: Role,
    version: u64,
    /// Its targets that are new, or have another content.
    targets: Vec<(TargetPath, TargetFile)>,
}

/// Brings a destination from what it shows to an edition: target files, then delegated metadata,
/// targets, snapshot, and in the end, at one moment for readers, roots and timestamp.
pub(super) async fn push(
    edition: &Edition<'_>,
    to: &dyn Destination,
    shown: &Shown,
    scope: Scope,
    written: &mut Written,
) -> anyhow::Result<()> {
    let changes = changes(edition, shown, scope)?;
    let targets = changes.iter().flat_map(|change| &change.targets);
    let bytes = targets.map(|(_, file)| file.length).sum();
    let progress = Progress::of_bytes(bytes, "publishing targets");
    let files = target_files(edition, &changes);
    match edition.consistent {
        true => to.put_targets(files, &progress, written).await?,
        false => to.replace(files, &progress, written).await?,
    }
    drop(progress);
    let progress = Progress::of_count(changes.len() as u64, "publishing metadata");
    to.put_metadata(metadata(edition, &changes), &progress, written)
        .await?;
    drop(progress);
    if !edition.consistent {
        let files = plain_metadata(edition, &changes);
        to.replace(files, &Progress::none(), written).await?;
    }
    if let Some(reveal) = reveal(edition, shown, scope)? {
        to.reveal(reveal, written).await?;
    }
    Ok(())
}

/// Delegated roles first, then the top-level targets.
fn changes(edition: &Edition<'_>, shown: &Shown, scope: Scope) -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (name, entry) in &edition.meta {
        let before = shown.meta.get(name).map(|entry| entry.version);
        let before = before.filter(|_| scope == Scope::Changes);
        let Some(role) = role_of(name).filter(|_| before != Some(entry.version)) else {
            continue;
        };
        if edition.has(&role, entry.version)? {
            changes.push(Change {
                targets: new_targets(edition, &role, entry.version, before)?,
                role,
                version: entry.version,
            });
        }
    }
    changes.sort_by_key(|change| change.role.top().is_some());
    Ok(changes)
}

fn new_targets(
    edition: &Edition<'_>,
    role: &Role,
    version: u64,
    before: Option<u64>,
) -> anyhow::Result<Vec<(TargetPath, TargetFile)>> {
    let new = edition.targets(role, version)?;
    // Where it is not here any more, every target counts as new.
    let before = before.and_then(|version| edition.targets(role, version).ok());
    let files = diff(before.as_deref(), &new)
        .into_iter()
        .filter_map(|change| match change {
            privyseal_tuf::Change::TargetAdded { path, file: new }
            | privyseal_tuf::Change::TargetReplaced { path, new, .. } => Some((path, new)),
            _ => None,
        });
    files
        .map(|(path, file)| Ok((path.parse()?, file)))
        .collect()
}

/// The files of all targets that changed, one role after the other.
fn target_files<'a>(edition: &'a Edition<'_>, changes: &'a [Change]) -> Files<'a> {
    let targets = changes.iter().flat_map(|change| &change.targets);
    let files = targets.flat_map(|(path, file)| edition.target_files(path, file));
    Box::new(files.map(Ok))
}

fn metadata<'a>(edition: &'a Edition<'_>, changes: &'a [Change]) -> Files<'a> {
    let targets = changes
        .iter()
        .map(|change| edition.targets_file(&change.role, change.version));
    let snapshot = std::iter::once_with(|| {
        let version = edition.snapshot.snapshot()?.header.version;
        let role = RoleType::Snapshot.into();
        Ok(metadata_file(&role, version, &edition.snapshot))
    });
    Box::new(targets.chain(snapshot))
}

/// The same under names without versions. Readers who come while these are replaced may find files
/// that don't go together, and find the right ones a moment later.
fn plain_metadata<'a>(edition: &'a Edition<'_>, changes: &'a [Change]) -> Files<'a> {
    let targets = changes.iter().map(|change| {
        let document = edition.targets(&change.role, change.version)?;
        Ok(plain_file(&change.role, &document))
    });
    let role = RoleType::Snapshot.into();
    let snapshot = std::iter::once_with(move || Ok(plain_file(&role, &edition.snapshot)));
    Box::new(targets.chain(snapshot))
}

/// The last step; none where readers see the edition already.
fn reveal<'a>(
    edition: &Edition<'_>,
    shown: &'a Shown,
    scope: Scope,
) -> anyhow::Result<Option<Reveal<'a>>> {
    let new = edition.roots.get(shown.roots..).unwrap_or_default();
    let put = match scope {
        Scope::Changes => new,
        Scope::Everything => &edition.roots,
    };
    let first = edition.roots.len() - put.len() + 1;
    let roots: Vec<_> = put
        .iter()
        .zip(first as u64..)
        .map(|(root, version)| metadata_file(&RoleType::Root.into(), version, root))
        .collect();
    let bytes = edition.timestamp.bytes();
    let is_shown = shown
        .found
        .as_ref()
        .is_some_and(|found| found.bytes == *bytes);
    if is_shown && roots.is_empty() {
        return Ok(None);
    }
    Ok(Some(Reveal {
        roots,
        timestamp: (!is_shown).then(|| bytes_of(&edition.timestamp)),
        before: shown.found.as_ref(),
        order: order_of(edition, shown, new)?,
    }))
}

fn order_of(edition: &Edition<'_>, shown: &Shown, new: &[Arc<Document>]) -> anyhow::Result<Order> {
    let Some((timestamp, snapshot)) = shown.documents.as_ref().filter(|_| !new.is_empty()) else {
        return Ok(Order::RootsFirst);
    };
    let targets = |meta: &BTreeMap<String, MetaFile>| {
        let version = meta
            .get(&Role::TARGETS.meta_name())
            .map_or(0, |entry| entry.version);
        edition.targets(&Role::TARGETS, version)
    };
    let (before, after) = (targets(&shown.meta)?, targets(&edition.meta)?);
    let under = shown
        .roots
        .checked_sub(1)
        .and_then(|at| edition.roots.get(at));
    let under = under.map(|root| root.root()).transpose()?;
    let new: Vec<Root> = new
        .iter()
        .map(|root| root.root())
        .collect::<Result<_, _>>()?;
    Ok(order(
        [timestamp, snapshot, &before],
        under.as_ref(),
        [&edition.timestamp, &edition.snapshot, &after],
        &new,
    ))
}
