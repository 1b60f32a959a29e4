mod begin;
mod check;
mod edition;
mod layout;
mod order;
mod push;
mod ready;
mod record;
mod shown;

use anyhow::Context;
use privyseal_tuf::Role;

use super::project::Project;
use super::work::Work;
use crate::destination::{Destination, Directory, Interrupt, Written};
use crate::file;
use edition::Edition;
use push::push;
use ready::Ready;
use record::Record;

pub use begin::Begun;
pub use layout::Layout;
pub use push::Scope;

/// What a publication in the project's own directory came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// In the order in which the files got their names; the timestamp is the last.
    pub written: Written,
    /// The roles whose drafts wait for signatures.
    pub waiting: Vec<Role>,
}

/// Publishes the finished drafts in the project's own directory. Nothing is written unless the
/// whole result verifies from the first root on; clients see the old state until the timestamp,
/// which is last, gets its name. After an interruption the same command finishes the work.
pub async fn publish(
    project: &Project,
    work: &Work,
    scope: Scope,
    interrupt: &Interrupt,
    now: i64,
) -> anyhow::Result<Publication> {
    let ready = Ready::of(work, &project.drafts())?;
    let mut written = Written::default();
    if ready.is_anything() || scope == Scope::Everything {
        let edition = Edition::read(project, work)?;
        check::verify(&edition, now)?;
        let metadata = project.metadata();
        let mut record = Record::read(&project.publication_record())?;
        record.refuse_changes(&metadata, &edition.timestamp)?;
        let base = project.published_files();
        file::make_directory(&base).with_context(|| format!("cannot make {}", base.display()))?;
        let own = Directory::open(&base, interrupt.clone())?;
        push(&edition, &own, &shown::own(work)?, scope, &mut written).await?;
        record.update(&edition, &metadata)?;
        record.write(&project.publication_record())?;
    }
    clear(project, &ready)?;
    Ok(Publication {
        written,
        waiting: ready.waiting,
    })
}

/// Publishes what stands in the project's own directory somewhere else. `begun` is what was found
/// there before anything was written, `work` what is here since.
pub async fn publish_to(
    project: &Project,
    work: &Work,
    destination: &dyn Destination,
    begun: &Begun,
    scope: Scope,
) -> anyhow::Result<Written> {
    let edition = Edition::published(project, work)?;
    let mut written = Written::default();
    push(&edition, destination, begun.shown(), scope, &mut written).await?;
    Ok(written)
}

/// Removes what is published now from the drafts. Target files stay while a draft may list them.
fn clear(project: &Project, ready: &Ready) -> anyhow::Result<()> {
    let drafts = project.drafts();
    ready.done().try_for_each(|role| drafts.remove(role))?;
    if ready.keeps_targets() {
        return Ok(());
    }
    Ok(project.staging().clear()?)
}

#[cfg(test)]
mod tests;
