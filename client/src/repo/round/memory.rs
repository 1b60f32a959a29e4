use privyseal_proto::v1::RoleMemory;
use privyseal_tuf::{Document, Draft, Metadata, Role, RoleType, Snapshot, Targets, Timestamp};

use std::collections::BTreeMap;

use super::lineage_ref;
use crate::agent::Agents;
use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// Gives unsigned drafts the version that the agents will sign.
///
/// An agent may have signed a version whose signature never arrived here, or was thrown away with
/// its draft: it will not sign another content under that version, and none that skips one. So a
/// draft without signatures takes the version after the last one that any agent remembers. Roots
/// are left alone: their versions are everyone's.
///
/// # Errors
/// Where an agent remembers content that this project never had, unless `after_others`.
pub async fn align_versions(
    project: &Project,
    work: &mut Work,
    agents: &Agents,
    after_others: bool,
) -> anyhow::Result<()> {
    let unsigned = |root: &Document| root.signatures().is_empty();
    let draft = work.draft(&RoleType::Root.into());
    if work.published().roots.is_empty() && draft.is_none_or(|root| unsigned(root)) {
        // No agent can know a repository whose first root nobody signed.
        return Ok(());
    }
    let lineage = lineage_ref(project, work)?;
    let drafted: Vec<Role> = work
        .drafted()
        .filter(|role| role.kind() != RoleType::Root)
        .cloned()
        .collect();
    let mut memories = BTreeMap::<Role, RoleMemory>::new();
    for agent in agents.connected() {
        // An agent that does not know the repository remembers nothing of it.
        let Ok(reply) = agent.lineage(&lineage, &drafted).await else {
            continue;
        };
        for memory in reply.roles {
            let Some(role) = memory
                .role
                .parse()
                .ok()
                .filter(|role| drafted.contains(role))
            else {
                continue;
            };
            if !after_others {
                refuse_others(project, work, agent.name(), &role, &memory)?;
            }
            let last = memories.entry(role).or_insert_with(|| memory.clone());
            if last.version < memory.version {
                *last = memory;
            }
        }
    }
    let mut aligned = Vec::new();
    for (role, last) in memories {
        let Some(draft) = work.draft(&role) else {
            continue;
        };
        let published = work.published().version(&role);
        if published.is_some_and(|published| published >= last.version) {
            continue;
        }
        if let Some(document) = align(&role, draft, last.version, &last.digest)? {
            aligned.push((role, document));
        }
    }
    let written: Vec<(&Role, &Document)> = aligned.iter().map(|(role, new)| (role, new)).collect();
    project.drafts().write_all(&written)?;
    for (role, document) in aligned {
        work.set_draft(role, document);
    }
    Ok(())
}

/// Refuses to draft on top of what this project does not know.
///
/// To take the next version there would drop, unseen, what somebody else put into the one before.
fn refuse_others(
    project: &Project,
    work: &Work,
    agent: &str,
    role: &Role,
    memory: &RoleMemory,
) -> anyhow::Result<()> {
    let Some(draft) = work.draft(role) else {
        return Ok(());
    };
    let is = |document: &Document| document.payload().digest.to_string() == memory.digest;
    let older = work
        .published()
        .version(role)
        .is_some_and(|version| version > memory.version);
    let ours = older
        || is(draft)
        || work
            .published()
            .document(role)?
            .is_some_and(|last| is(&last))
        || project
            .sent()
            .contains(role, memory.version, &memory.digest)?;
    if ours {
        return Ok(());
    }
    let has = work.published().version(role).map_or_else(
        || "nothing is published here".to_owned(),
        |version| format!("{version} is published here"),
    );
    Err(Advice::needs_person(
        format!(
            "agent {agent} signed {role} {} with content that this project never had \
             ({has}): somebody signed from another copy, or this copy is old",
            memory.version
        ),
        "get the newest project and repository, and make the change there; to sign a next \
         version from this copy all the same, give --after-others",
    )
    .into())
}

/// The draft with another version, where it needs one.
fn align(
    role: &Role,
    draft: &Document,
    last: u64,
    digest: &str,
) -> anyhow::Result<Option<Document>> {
    let version = draft.view(role.kind())?.version();
    let same = version == last && draft.payload().digest.to_string() == digest;
    if same || !draft.signatures().is_empty() || version == last + 1 {
        return Ok(None);
    }
    match role.kind() {
        RoleType::Root => Ok(None),
        RoleType::Targets => with_version::<Targets>(draft, last + 1).map(Some),
        RoleType::Snapshot => with_version::<Snapshot>(draft, last + 1).map(Some),
        RoleType::Timestamp => with_version::<Timestamp>(draft, last + 1).map(Some),
    }
}

fn with_version<M: Metadata>(document: &Document, version: u64) -> anyhow::Result<Document> {
    let mut draft = Draft::<M>::edit(document)?;
    draft.set_version(version);
    Ok(draft.finish()?)
}

#[cfg(test)]
mod tests {
    use privyseal_tuf::Expires;

    use super::*;

    fn targets(version: u64) -> Document {
        let expires = Expires::from_seconds(2_000_000_000).unwrap();
        Draft::targets(version, &expires).finish().unwrap()
    }

    fn aligned(version: u64, last: u64, digest: &str) -> Option<u64> {
        let document = align(&Role::TARGETS, &targets(version), last, digest).unwrap();
        document.map(|document| document.targets().unwrap().header.version)
    }

    #[test]
    fn an_unsigned_draft_follows_what_agents_signed() {
        assert_eq!(aligned(2, 2, "other"), Some(3));
        assert_eq!(aligned(2, 4, "other"), Some(5));
        assert_eq!(aligned(4, 2, "other"), Some(3));
        assert_eq!(aligned(3, 2, "other"), None);
        let same = targets(2).payload().digest.to_string();
        assert_eq!(aligned(2, 2, &same), None);
    }
}
