mod plan;
mod record;
mod write;

use std::path::PathBuf;

use privyseal_tuf::RoleType;

use super::project::Project;
use super::work::{Step, Work};
use crate::failure::Advice;
use crate::show::Progress;
use plan::Plan;
use record::Record;

/// What a publication wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// In the order in which the files got their names; the timestamp is the last.
    pub written: Vec<PathBuf>,
}

/// Publishes the drafts. Nothing is written unless the whole result verifies from the first root
/// on; clients see the old state until the timestamp, which is last, gets its name. After an
/// interruption the same command finishes the work.
pub fn publish(project: &Project, now: i64) -> anyhow::Result<Publication> {
    let work = Work::load(project, now)?;
    refuse_unfinished(&work)?;
    let record = Record::read(&project.publication_record())?;
    let plan = Plan::make(project, &work, now)?;
    record.refuse_changes(&project.metadata(), &plan)?;
    let progress = Progress::of_bytes(plan.bytes_to_copy(), "publishing");
    let written = write::execute(&plan, &progress)?;
    Record::of(&plan).write(&project.publication_record())?;
    clear(project)?;
    Ok(Publication { written })
}

fn refuse_unfinished(work: &Work) -> anyhow::Result<()> {
    for (role, step) in work.preview()? {
        let is_drafted = match (&step, work.draft(&role)) {
            (Step::Document(document), Some(draft)) => document.payload() == draft.payload(),
            _ => false,
        };
        if !is_drafted || !work.is_complete(&role)? {
            return Err(Advice::needs_person(
                format!("the {role} metadata is not finished: nothing was published"),
                "sign it with `privyseal repo sign`; `privyseal repo status` says who is missing",
            )
            .into());
        }
    }
    Ok(())
}

fn clear(project: &Project) -> anyhow::Result<()> {
    RoleType::ALL
        .into_iter()
        .try_for_each(|role| project.drafts().remove(&role.into()))?;
    Ok(project.staging().clear()?)
}

#[cfg(test)]
mod tests;
