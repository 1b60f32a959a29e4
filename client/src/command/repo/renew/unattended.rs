//! Renewals that nobody watches: signed and published by themselves, without anybody's drafts.

use std::io::Write;

use privyseal_tuf::{Role, RoleType};

use super::super::publish::{self, Publish};
use super::super::sign::conclude;
use super::super::view::{Preview, sum};
use super::{Renew, is_due, tell};
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::round::{Choice, Round, align_versions};
use crate::repo::{Project, Work, is_renewal, renewed};
use crate::show::now;

/// The roles whose renewal says nothing new, so that nobody need read it.
const ROLES: [RoleType; 2] = [RoleType::Snapshot, RoleType::Timestamp];

pub(super) async fn run(
    command: &Renew,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let roles = roles(command)?;
    refuse_signed(project)?;
    let project = &project.renewals();
    let mut work = begin(project)?;
    for role in roles {
        if is_due(command, project, &work, &role)? {
            let document = renewed(project, &work, &role)?;
            tell(context, &work, &role, &document)?;
            project.drafts().write(&role, &document)?;
            work.set_draft(role, document);
        }
    }
    if work.drafted().next().is_none() {
        writeln!(context.screen, "nothing to renew yet")?;
        return Ok(Exit::Done);
    }
    match sign(project, work, context).await? {
        Exit::Done => publish::run(Publish::default(), project, context).await,
        other => Ok(other),
    }
}

fn roles(command: &Renew) -> Result<Vec<Role>, Advice> {
    let all = ROLES.map(Role::from);
    if let Some(other) = command.roles.iter().find(|role| !all.contains(role)) {
        return Err(Advice::failed(
            format!("--publish renews snapshot and timestamp, not {other}"),
            "people sign the other roles: `privyseal repo renew`, then `privyseal repo sign`",
        ));
    }
    let named = |role: &Role| command.roles.is_empty() || command.roles.contains(role);
    Ok(all.into_iter().filter(named).collect())
}

/// What people have had signed of these roles says that there is something new. An agent that signed
/// it would not go back to the old; a timer does not decide when the new is published.
fn refuse_signed(project: &Project) -> anyhow::Result<()> {
    let work = Work::load(project, now())?;
    let signed = ROLES.into_iter().map(Role::from).find(|role| {
        let draft = work.draft(role);
        draft.is_some_and(|draft| !draft.signatures().is_empty())
    });
    match signed {
        Some(role) => Err(Advice::needs_person(
            format!("a {role} that people had signed waits to be published: nothing was renewed"),
            "publish it with `privyseal repo publish`; `privyseal repo status` says what it lacks",
        )
        .into()),
        None => Ok(()),
    }
}

/// What is published, with what an interrupted run left. What is no renewal of what is published is
/// thrown away: it would be signed unread.
fn begin(project: &Project) -> anyhow::Result<Work> {
    let work = Work::load(project, now())?;
    if let Some(role) = ROLES
        .into_iter()
        .find(|role| work.published().last(*role).is_none())
    {
        return Err(Advice::failed(
            format!("no {role} is published that could be renewed"),
            "`privyseal repo sign` and `privyseal repo publish` make the first",
        )
        .into());
    }
    for role in project.drafts().roles()? {
        let published = work.published().document(&role)?;
        let stays = match (role.top(), work.draft(&role), published) {
            (Some(top), Some(draft), Some(published)) => is_renewal(top, &published, draft)?,
            _ => false,
        };
        if !stays {
            project.drafts().remove(&role)?;
        }
    }
    Work::load(project, now())
}

async fn sign(
    project: &Project,
    mut work: Work,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut agents = super::super::agents(project, context).await?;
    context.report_missing(&agents)?;
    align_versions(project, &mut work, &agents, false).await?;
    let steps = work.preview()?;
    let preview = Preview::of(project, &work, &steps, work.now(), None)?;
    let dangers = preview.print(context.screen)?;
    let dangers = sum(dangers.iter().map(|(_, dangers)| dangers));
    let is_ours = |role: &Role| role.top().is_some_and(|top| ROLES.contains(&top));
    if !dangers.is_empty() || !steps.iter().all(|(role, _)| is_ours(role)) {
        return Err(Advice::needs_person(
            "this is more than a renewal: nothing was signed",
            "look at it with `privyseal repo status` and `privyseal repo renew`, and sign it with `privyseal repo sign`",
        )
        .into());
    }
    let round = Round::begin(
        project,
        &work,
        &mut agents,
        Choice::default(),
        context.screen,
    )
    .await?;
    let outcome = round.run(&mut work).await?;
    conclude(&outcome, false, context)
}
