use std::io::Write;
use std::sync::Arc;

use clap::Args;
use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{LineageRef, LineageRequest, SupersedeRequest};
use privyseal_tuf::{Document, RoleType};

use super::view::Preview;
use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::round::lineage_ref;
use crate::repo::{Project, Step, Work};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
First make the correction, for instance with `privyseal repo rotate root ... --correct`. Agents that
signed the old draft then give it up; its signatures are dropped. Other roles need none of this:
their next draft takes the next version.

Examples:
  privyseal repo supersede root --reason 'wrong timestamp key in version 3'")]
pub(super) struct Supersede {
    /// root
    role: RoleType,
    /// Why; it is recorded in the agents' ledgers.
    #[arg(long)]
    reason: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(
    command: Supersede,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    if command.role != RoleType::Root {
        return Err(Advice::failed(
            format!("a {} draft is not superseded", command.role),
            "edit it: the next draft takes the next version",
        )
        .into());
    }
    let now = now();
    let work = Work::load(project, now)?;
    let new = correction(project, &work)?;
    let steps = [(RoleType::Root.into(), Step::Document(Arc::new(new.clone())))];
    Preview::of(project, &work, &steps, now, None)?.print(context.screen)?;
    if !command.yes && !confirmed(context)? {
        return Err(
            Advice::needs_person("nothing was superseded", "confirm, or give --yes").into(),
        );
    }
    let lineage = lineage_ref(project, &work)?;
    let mut agents = super::agents(project, context).await?;
    if context.report_missing(&agents)? {
        let message = "not every agent answered, so some could still hold to the old draft";
        let to_do = "bring them back, then repeat this command; where you know that they signed nothing of it, name the others with --agent";
        return Err(Advice::failed(message, to_do).into());
    }
    for agent in agents.connected_mut() {
        if give_up(agent, &lineage, &new, &command.reason, false).await? {
            writeln!(
                context.screen,
                "agent {} gave up the old draft",
                agent.name()
            )?;
        }
    }
    project.drafts().write(&RoleType::Root.into(), &new)?;
    project.drafts().remove_correction()?;
    writeln!(
        context.screen,
        "the correction is the draft now; next: privyseal repo sign"
    )?;
    Ok(Exit::Done)
}

/// The correction; or the unsigned draft, where an agent signed an earlier one whose signature never
/// arrived here.
fn correction(project: &Project, work: &Work) -> anyhow::Result<Document> {
    let unsigned = work
        .draft(&RoleType::Root.into())
        .filter(|draft| draft.signatures().is_empty());
    match project.drafts().read_correction()?.or_else(|| unsigned.map(|draft| Document::clone(draft))) {
        Some(document) => Ok(document),
        None => Err(Advice::failed(
            "there is no correction",
            "make one with `privyseal repo rotate root ... --correct` or `privyseal repo renew root --correct`",
        )
        .into()),
    }
}

fn confirmed(context: &mut Context<'_>) -> anyhow::Result<bool> {
    let question = "Put this in the place of the signed draft?";
    Ok(context.screen.can_ask() && context.screen.ask(question)?)
}

/// Has an agent give up what it signed under this version; false where it signed nothing else. Also
/// what it completed, where notary-server refused that.
pub(in crate::command) async fn give_up(
    agent: &mut Agent,
    lineage: &LineageRef,
    new: &Document,
    reason: &str,
    server_refused: bool,
) -> anyhow::Result<bool> {
    let version = new.root()?.header.version;
    let new_digest = new.payload().digest.to_string();
    // An agent that does not know the repository has signed nothing of it.
    let request = LineageRequest {
        lineage: Some(lineage.clone()),
        roles: Vec::new(),
    };
    let Ok(memory) = agent.signing().lineage(request).await else {
        return Ok(false);
    };
    let memory = memory
        .into_inner()
        .roles
        .into_iter()
        .find(|role| role.role == "root");
    let Some(old) = memory.filter(|memory| {
        memory.version == version
            && memory.digest != new_digest
            && (memory.state() == State::Committed || server_refused)
    }) else {
        return Ok(false);
    };
    let request = SupersedeRequest {
        lineage: Some(lineage.clone()),
        role: RoleType::Root.to_string(),
        version,
        old_digest: old.digest,
        new_digest,
        reason: reason.to_owned(),
        server_refused,
    };
    let reply = agent.admin().supersede(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    if let Some(head) = reply.head {
        agent.prove(&[head]).await?;
    }
    Ok(true)
}
