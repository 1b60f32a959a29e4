use bytes::Bytes;
use privyseal_tuf::{Role, RoleType};

use super::outbox::SentFile;
use super::{Outbox, PendingRoot, Publisher, Sent, State};
use crate::failure::Advice;
use crate::trust::change::{Change, Staged};
use crate::trust::home::{Kept, Memory, TrustedBy, TrustedSince};
use crate::trust::server::ServerError;

/// What became of a publication whose end this client did not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There was none.
    Nothing,
    /// It had arrived.
    Arrived(Vec<Change>),
    /// It had not; it has now been sent again as it was.
    Resent(Vec<Change>),
    /// It had not, and others published since.
    Overtaken(Vec<Change>),
    /// It had not, and the server does not take it.
    Refused {
        /// Its changes, none of which is made.
        changes: Vec<Change>,
        /// What the server says.
        why: String,
    },
}

impl Settled {
    /// The changes that are published by it.
    #[must_use]
    pub fn published(&self) -> Option<&[Change]> {
        match self {
            Self::Arrived(changes) | Self::Resent(changes) => Some(changes),
            Self::Nothing | Self::Overtaken(_) | Self::Refused { .. } => None,
        }
    }
}

impl Publisher<'_> {
    /// Finds out what became of what was last sent. The server keeps every document that it took
    /// by its hash, so it can say whether it took ours, whatever came after.
    ///
    /// # Errors
    /// Where the server does not say. Then it stays open.
    pub async fn settle(&self) -> anyhow::Result<Settled> {
        let outbox = Outbox::of(self.home);
        let Some(sent) = outbox.read().map_err(Advice::from)? else {
            return Ok(Settled::Nothing);
        };
        let settled = if self.has_arrived(&sent).await? {
            Settled::Arrived(sent.changes.clone())
        } else {
            let state = self.load().await?;
            if sent.files().iter().all(|file| follows(&state, file)) {
                match self.server.publish(self.gun(), &sent.documents()).await {
                    Ok(()) => Settled::Resent(sent.changes.clone()),
                    Err(ServerError::VersionConflict { .. }) => {
                        Settled::Overtaken(sent.changes.clone())
                    }
                    // It said no to these documents, and would again.
                    Err(error) if error.is_about_documents() => Settled::Refused {
                        changes: sent.changes.clone(),
                        why: error.to_string(),
                    },
                    Err(error) => return Err(Advice::from(error).into()),
                }
            } else {
                Settled::Overtaken(sent.changes.clone())
            }
        };
        match settled.published() {
            Some(_) => self.close(&sent)?,
            None => outbox.clear().map_err(Advice::from)?,
        }
        Ok(settled)
    }

    /// What was sent is published: it is no longer staged, nor begun, nor in doubt. A repository that
    /// begins with it is trusted because it was made here.
    pub(super) fn close(&self, sent: &Sent) -> anyhow::Result<()> {
        let staged = Staged::of(self.home);
        staged.forget(&sent.staged)?;
        if let Some(root) = sent.files().iter().find(|file| file.is_root()) {
            PendingRoot::of(self.home).clear().map_err(Advice::from)?;
            if root.version == 1 {
                self.remember_made_here(root)?;
            }
        }
        Ok(Outbox::of(self.home).clear().map_err(Advice::from)?)
    }

    fn remember_made_here(&self, root: &SentFile) -> anyhow::Result<()> {
        let kept = Kept::new(root.version, root.bytes().to_vec());
        let memory = Memory {
            trusted: TrustedSince {
                version: root.version,
                sha256: kept.sha256(),
                at: self.now,
                by: TrustedBy::MadeHere,
            },
            roots: vec![kept],
            files: Default::default(),
        };
        let lock = self.home.lock()?;
        if lock.recall()?.is_none() {
            lock.remember(&memory)?;
        }
        Ok(())
    }

    async fn has_arrived(&self, sent: &Sent) -> anyhow::Result<bool> {
        // All of it was taken, or nothing.
        let Some(file) = sent.files().first() else {
            return Ok(false);
        };
        let found = match file.is_root() {
            // By its version, since that is where roots are looked for.
            true => self.server.fetch_root(self.gun(), file.version).await,
            false => {
                let digest = file.digest();
                self.server
                    .fetch_by_hash(self.gun(), &file.role, digest.as_bytes())
                    .await
            }
        };
        let found: Option<Bytes> = found.map_err(Advice::from)?;
        Ok(found.is_some_and(|bytes| bytes == file.bytes()))
    }
}

impl SentFile {
    fn is_root(&self) -> bool {
        self.role == RoleType::Root.as_str()
    }
}

/// Whether a document would still be the next of its role.
fn follows(state: &State, file: &SentFile) -> bool {
    let snapshot = || {
        state
            .pulled
            .as_ref()
            .map_or(0, |it| it.snapshot.view.version)
    };
    match file.role.parse::<Role>() {
        Ok(Role::Top(RoleType::Root)) => {
            state.base.version(&RoleType::Root.into()).saturating_add(1) == file.version
        }
        Ok(Role::Top(RoleType::Snapshot)) => snapshot() < file.version,
        Ok(role) => state.base.version(&role) < file.version,
        Err(_) => false,
    }
}
