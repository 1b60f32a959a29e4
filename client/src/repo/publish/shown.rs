use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use anyhow::Context;
use privyseal_tuf::{Document, MetaFile, Role, RoleType};

use crate::destination::{Destination, Found, TIMESTAMP};
use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// Larger than any timestamp or snapshot that a client would take.
const LIMIT: u64 = 256 << 20;
/// More roots than any client follows.
const MOST_ROOTS: u64 = 1024;

/// What readers of a destination see before a publication.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The timestamp as it was read there.
    pub(super) found: Option<Found>,
    /// Timestamp and snapshot.
    pub(super) documents: Option<(Arc<Document>, Arc<Document>)>,
    /// What the snapshot says of each targets metadata.
    pub(super) meta: BTreeMap<String, MetaFile>,
    /// How many roots there are.
    pub(super) roots: usize,
}

impl Shown {
    fn of(found: Found, timestamp: Arc<Document>, snapshot: Arc<Document>) -> anyhow::Result<Self> {
        Ok(Self {
            found: Some(found),
            meta: snapshot.snapshot()?.meta,
            documents: Some((timestamp, snapshot)),
            roots: 0,
        })
    }
}

/// What stands in the project's own directory.
pub(super) fn own(work: &Work) -> anyhow::Result<Shown> {
    let published = work.published();
    let [timestamp, snapshot] =
        [RoleType::Timestamp, RoleType::Snapshot].map(|role| published.last(role).cloned());
    let mut shown = match (timestamp, snapshot) {
        (Some(timestamp), Some(snapshot)) => {
            let found = Found {
                bytes: timestamp.to_bytes(),
                version: None,
            };
            Shown::of(found, timestamp, snapshot)?
        }
        _ => Shown::default(),
    };
    shown.roots = published.roots.len();
    Ok(shown)
}

/// What stands somewhere else. It must be what this project published, or nothing: then what is
/// published next takes nothing away that somebody else published.
pub(super) async fn elsewhere(
    project: &Project,
    work: &Work,
    destination: &dyn Destination,
) -> anyhow::Result<Shown> {
    let roots = count_roots(work, destination).await?;
    let Some(found) = destination.read(TIMESTAMP, LIMIT).await? else {
        return Ok(Shown {
            roots,
            ..Shown::default()
        });
    };
    let name = destination.name();
    let timestamp = Document::parse(&found.bytes);
    let timestamp = Arc::new(timestamp.map_err(|_| not_ours(name, "its timestamp is damaged"))?);
    let view = timestamp.timestamp();
    let view = view.map_err(|_| not_ours(name, "its timestamp is damaged"))?;
    refuse_ahead(work, &found.bytes, view.header.version, name)?;
    let snapshot = Role::from(RoleType::Snapshot).file_name(view.snapshot.version);
    let there = destination
        .read(&format!("metadata/{snapshot}"), LIMIT)
        .await?;
    let ours = fs::read(project.metadata().join(&snapshot)).ok();
    let Some(ours) = ours.filter(|ours| there.is_some_and(|there| there.bytes == *ours)) else {
        let why = format!("its {snapshot} is not one that was published from here");
        return Err(not_ours(name, &why).into());
    };
    let snapshot = Arc::new(Document::parse(&ours).with_context(|| snapshot)?);
    Ok(Shown {
        roots,
        ..Shown::of(found, timestamp, snapshot)?
    })
}

/// How many of this project's roots are there. The last one that is there must be the same.
async fn count_roots(work: &Work, destination: &dyn Destination) -> anyhow::Result<usize> {
    let published = work.published();
    let name = |version: usize| Role::from(RoleType::Root).file_name(version as u64);
    for version in (1..=published.roots.len().min(MOST_ROOTS as usize)).rev() {
        let there = destination
            .read(&format!("metadata/{}", name(version)), LIMIT)
            .await?;
        let ours = published.roots.get(version - 1);
        match (there, ours) {
            (None, _) => {}
            (Some(there), Some(ours)) if there.bytes == *ours.bytes() => return Ok(version),
            _ => {
                let why = format!("its {} is another one", name(version));
                return Err(not_ours(destination.name(), &why).into());
            }
        }
    }
    Ok(0)
}

/// Refuses to go on where the timestamp that is there is not older than the one to be published.
fn refuse_ahead(work: &Work, there: &[u8], version: u64, name: &str) -> anyhow::Result<()> {
    let role = RoleType::Timestamp.into();
    let published = work.published().document(&role)?;
    let ours = [work.settled(&role)?, published];
    let ours: Vec<_> = ours.into_iter().flatten().collect();
    if ours.iter().any(|ours| *ours.bytes() == *there) {
        return Ok(());
    }
    let known = ours
        .iter()
        .filter_map(|ours| Some(ours.timestamp().ok()?.header.version));
    match known.max() {
        Some(known) if version > known => {
            let why = format!("its timestamp has version {version}, and this project's {known}");
            Err(not_ours(name, &why).into())
        }
        Some(known) if version < known => Ok(()),
        _ => {
            let why = format!("its timestamp {version} has another content than this project's");
            Err(not_ours(name, &why).into())
        }
    }
}

fn not_ours(destination: &str, why: &str) -> Advice {
    Advice::needs_person(
        format!(
            "{destination} was not published from here: {why}. Another publisher was at work, or somebody changed it; nothing was written"
        ),
        "if another publisher was: get their copy of the project, make your change there, sign and publish; if nobody was, find out who changed it",
    )
}
