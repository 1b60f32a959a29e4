use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::{Role, RoleType, Sha256Digest, Target, TargetPath};

use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::verify::{Chain, file_names};
use crate::repo::work::Work;

/// The files that make up the repository, and where the target files come from.
#[derive(Debug)]
pub(super) struct Plan {
    /// Target files that are not there yet.
    pub(super) copies: Vec<TargetCopy>,
    /// Name and content of the metadata, timestamp last.
    pub(super) metadata: Vec<(String, Vec<u8>)>,
    pub(super) metadata_directory: PathBuf,
    pub(super) targets_directory: PathBuf,
}

#[derive(Debug)]
pub(super) struct TargetCopy {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) length: u64,
    pub(super) sha256: Sha256Digest,
}

impl Plan {
    /// Verifies what would be published, and finds every file of it.
    pub(super) fn make(project: &Project, work: &Work, now: i64) -> anyhow::Result<Self> {
        let metadata_directory = project.metadata();
        let chain = chain(work, &metadata_directory)?;
        let trusted = chain.verify(now)?;
        let targets = trusted
            .targets()
            .map(|view| view.targets.clone())
            .unwrap_or_default();
        let versions: BTreeMap<RoleType, u64> = RoleType::ALL
            .into_iter()
            .filter_map(|role| {
                Some((
                    role,
                    work.current(&role.into()).ok()??.view(role).ok()?.version(),
                ))
            })
            .collect();
        let name =
            |role: RoleType| Role::Top(role).file_name(versions.get(&role).copied().unwrap_or(1));
        let roots = chain.roots.into_iter().zip(1..);
        let mut metadata: Vec<(String, Vec<u8>)> = roots
            .map(|(bytes, version)| (Role::Top(RoleType::Root).file_name(version), bytes))
            .collect();
        metadata.push((name(RoleType::Targets), chain.targets));
        metadata.push((name(RoleType::Snapshot), chain.snapshot));
        metadata.push((name(RoleType::Timestamp), chain.timestamp));
        Ok(Self {
            copies: copies(project, &targets)?,
            metadata,
            metadata_directory,
            targets_directory: project.targets(),
        })
    }

    pub(super) fn bytes_to_copy(&self) -> u64 {
        self.copies.iter().map(|copy| copy.length).sum()
    }
}

/// Published roots as they are on the disk, and the drafts over the rest.
fn chain(work: &Work, metadata: &Path) -> anyhow::Result<Chain> {
    let mut roots = Vec::new();
    for version in 1..=work.published().roots.len() as u64 {
        let path = metadata.join(Role::Top(RoleType::Root).file_name(version));
        roots.push(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    roots.extend(
        work.draft(&RoleType::Root.into())
            .map(|root| root.to_bytes()),
    );
    let bytes = |role: RoleType| {
        work.settled(&role.into())
            .ok()
            .flatten()
            .map(|document| document.to_bytes())
            .unwrap_or_default()
    };
    Ok(Chain {
        roots,
        timestamp: bytes(RoleType::Timestamp),
        snapshot: bytes(RoleType::Snapshot),
        targets: bytes(RoleType::Targets),
    })
}

fn copies(
    project: &Project,
    targets: &BTreeMap<TargetPath, Target>,
) -> anyhow::Result<Vec<TargetCopy>> {
    let mut copies = Vec::new();
    for (path, target) in targets {
        for file in file_names(path, &target.hashes) {
            let to = project.targets().join(file);
            match fs::metadata(&to) {
                Ok(found) if found.is_file() && found.len() == target.length => {}
                Ok(_) => return Err(changed(&to).into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    copies.push(staged_copy(project, path, target, to)?);
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot examine {}", to.display()));
                }
            }
        }
    }
    Ok(copies)
}

fn staged_copy(
    project: &Project,
    path: &TargetPath,
    target: &Target,
    to: PathBuf,
) -> Result<TargetCopy, Advice> {
    let missing = || {
        Advice::failed(
            format!("the content of target {path} is neither published nor staged"),
            "add the file again with `privyseal repo add`; it must have the very same content",
        )
    };
    let sha256 = target.hashes.sha256().ok_or_else(missing)?;
    let from = project.staging().path(&sha256);
    if !from.is_file() {
        return Err(missing());
    }
    Ok(TargetCopy {
        from,
        to,
        length: target.length,
        sha256,
    })
}

/// The refusal to overwrite what is not as it was published.
pub(super) fn changed(path: &Path) -> Advice {
    Advice::needs_person(
        format!(
            "{} is not what was published: nothing was written",
            path.display()
        ),
        "find out who changed it; restore it from a copy, then publish again",
    )
}
