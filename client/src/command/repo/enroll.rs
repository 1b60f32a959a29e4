use std::io::Write;

use clap::Args;
use privyseal_proto::v1::{EnrollRepositoryRequest, RoleDocument};
use privyseal_tuf::RoleType;

use crate::Exit;
use crate::agent::{Agent, Agents};
use crate::command::context::Context;
use crate::failure::report;
use crate::repo::{Project, Work};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
An agent that never signed the first root of a repository takes it from an operator only. It is
shown every root from the first, and the present metadata; it verifies all of it.

Examples:
  privyseal repo enroll --agent online")]
pub(super) struct Enroll {}

pub(super) async fn run(
    _: Enroll,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let agents = super::agents(project, context).await?;
    enroll_all(agents, request(project, &work)?, context).await
}

/// Has every agent that answers take a repository.
pub(in crate::command) async fn enroll_all(
    mut agents: Agents,
    request: EnrollRepositoryRequest,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let missing = context.report_missing(&agents)?;
    let mut exit = if missing { Exit::Failed } else { Exit::Done };
    for agent in agents.connected_mut() {
        match enroll_at(agent, request.clone()).await {
            Ok(first_root) => writeln!(
                context.screen,
                "agent {} knows the repository now, by its first root {}",
                agent.name(),
                escape(&first_root)
            )?,
            Err(error) => exit = report(&error, &mut anstream::stderr())?,
        }
    }
    Ok(exit)
}

/// Has an agent take a repository; returns its first root.
async fn enroll_at(agent: &mut Agent, request: EnrollRepositoryRequest) -> anyhow::Result<String> {
    let reply = agent.admin().enroll_repository(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    if let Some(head) = reply.head {
        agent.prove(&[head]).await?;
    }
    Ok(reply.lineage.unwrap_or_default().first_root)
}

/// A root that is finished but not published belongs to it: without it, agents that hold no root
/// key could not sign the repository's first metadata. Hashed bins are left out: there can be
/// thousands, and their delegator says all that is needed to sign for them.
fn request(project: &Project, work: &Work) -> anyhow::Result<EnrollRepositoryRequest> {
    let published = work.published();
    let mut roots: Vec<Vec<u8>> = published.roots.iter().map(|root| root.to_bytes()).collect();
    let root = RoleType::Root.into();
    if work.is_complete(&root)? {
        roots.extend(work.draft(&root).map(|root| root.to_bytes()));
    }
    let bytes = |role| {
        let document = published.last(role);
        document
            .map(|document| document.to_bytes())
            .unwrap_or_default()
    };
    let mut delegated = Vec::new();
    for role in work.named_roles() {
        if role.delegated().is_some()
            && let Some(document) = published.document(&role)?
        {
            delegated.push(RoleDocument {
                role: role.to_string(),
                document: document.to_bytes(),
            });
        }
    }
    Ok(EnrollRepositoryRequest {
        authority: project.settings().authority.clone(),
        repository: project.settings().repository.clone(),
        roots,
        targets: bytes(RoleType::Targets),
        snapshot: bytes(RoleType::Snapshot),
        timestamp: bytes(RoleType::Timestamp),
        delegated,
    })
}
