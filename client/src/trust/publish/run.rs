use bytes::Bytes;
use privyseal_tuf::{Requirement, Role, RoleType};

use super::sign::check_bytes;
use super::{DocumentSigned, Outbox, PendingRoot, PublishError, Publisher, Request, Sent};
use super::{Settled, State, StillSigned};
use crate::failure::Advice;
use crate::trust::change::Change;
use crate::trust::edit::{Drafted, EditError, Edition};
use crate::trust::hands::Hands;
use crate::trust::server::ServerError;

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The documents that were signed for it, in the order of their trust. Empty where an earlier
    /// publication turned out to be this one.
    pub documents: Vec<DocumentSigned>,
    /// The changes.
    pub changes: Vec<Change>,
    /// Tags that were revoked and stay signed by others.
    pub still: Vec<StillSigned>,
    /// Tags that count again, since a role was delegated to again whose signers had signed them.
    pub revived: Vec<StillSigned>,
    /// What became of what was sent before.
    pub settled: Settled,
    /// Whether the repository is new.
    pub is_new: bool,
}

/// A request in the roles of the repository as it is.
struct Edited<'a> {
    edition: Edition<'a>,
    changes: Vec<Change>,
    still: Vec<StillSigned>,
}

/// How often is begun anew where others are faster.
const ATTEMPTS: usize = 5;

impl Publisher<'_> {
    /// Publishes what is requested. Before, what an interrupted run left is settled; after, what was
    /// published is pulled and verified.
    ///
    /// # Errors
    /// Where it can't be done. Nothing is published then, unless the error says that it is not
    /// known.
    pub async fn run(&self, request: &Request, hands: &mut Hands<'_>) -> anyhow::Result<Published> {
        let _lock = self.lock().map_err(Advice::from)?;
        let settled = self.settle().await?;
        for attempt in 1.. {
            let mut state = self.load().await?;
            match request.lose {
                true => state.base.unusable.clear(),
                false => self.begin_empty_anew(&mut state).await?,
            }
            let only_changes = request.roles.is_empty() && request.intents.is_empty();
            if only_changes && self.was_done(&settled, &request.changes, &state) {
                return Ok(Published::earlier(settled, Vec::new()));
            }
            let (drafted, changes, still) = self.drafted(&mut state, request, hands).await?;
            let was_done = request.roles.is_empty() && self.was_done(&settled, &changes, &state);
            let Some(drafted) = drafted.filter(|_| !was_done) else {
                return Ok(Published::earlier(settled, still));
            };
            let is_new = state.pulled.is_none();
            let required = self.snapshot_requirement(&state, &drafted)?;
            let mut documents = self.sign_all(&mut state, hands, drafted, &required).await?;
            let snapshot = self.sign_snapshot(&state, hands, &documents, required);
            let snapshot = snapshot.await?;
            hands.prove().await?;
            if snapshot.is_none() {
                check_all(&state, &documents).map_err(Advice::from)?;
            }
            documents.extend(snapshot);
            let sent = Sent::new(&changes, &request.staged, &files(&documents));
            Outbox::of(self.home).write(&sent).map_err(Advice::from)?;
            match self.send(&sent).await {
                Ok(()) => {}
                Err(ServerError::VersionConflict { .. }) => {
                    let again = changes.iter().all(Change::is_independent)
                        && request.roles.is_empty()
                        && attempt < ATTEMPTS;
                    if again {
                        continue;
                    }
                    let raced = PublishError::Raced(self.gun().clone());
                    return Err(Advice::from(raced).into());
                }
                Err(error) => return Err(Advice::from(error).into()),
            }
            self.close(&sent)?;
            let after = self.verify(&documents).await?;
            return Ok(Published {
                documents,
                changes,
                still,
                revived: revived(&state, &after),
                settled,
                is_new,
            });
        }
        Err(Advice::from(PublishError::Raced(self.gun().clone())).into())
    }

    /// Whether these changes are what an earlier run sent, and what is published now still says so:
    /// others may have changed it since, or the server may lie about what it took.
    fn was_done(&self, settled: &Settled, changes: &[Change], state: &State) -> bool {
        let now = Edition::over(&state.base, self.now);
        settled.published() == Some(changes) && changes.iter().all(|change| now.holds(change))
    }

    /// What the request makes of what is published, with its changes, and what stays signed all the
    /// same; no document where there is nothing to change.
    async fn drafted(
        &self,
        state: &mut State,
        request: &Request,
        hands: &Hands<'_>,
    ) -> anyhow::Result<(Option<Drafted>, Vec<Change>, Vec<StillSigned>)> {
        let first = self.edited(state, request, hands).map_err(Advice::from)?;
        let roles = first.edition.roles();
        self.raise_floors(state, hands, &roles).await?;
        let edited = self.edited(state, request, hands).map_err(Advice::from)?;
        if edited.edition.is_empty() {
            return Ok((None, edited.changes, edited.still));
        }
        let drafted = edited.edition.finish(self.lifetimes);
        let drafted = drafted.map_err(PublishError::from).map_err(Advice::from)?;
        Ok((Some(drafted), edited.changes, edited.still))
    }

    fn edited<'b>(
        &self,
        state: &'b State,
        request: &Request,
        hands: &Hands<'_>,
    ) -> Result<Edited<'b>, PublishError> {
        let mut edition = Edition::over(&state.base, self.now);
        self.edit_root(state, request, &mut edition)?;
        if state.pulled.is_none() {
            if edition.is_empty() {
                return Err(PublishError::NoTrustData(self.gun().clone()));
            }
            edition.begin_targets()?;
        }
        let (changes, still) = self.resolve(state, request, &mut edition, hands)?;
        let can_sign = |required: &Requirement| hands.can_sign(required);
        match edition.adopt_orphans(&can_sign) {
            Err(EditError::WouldLose(_)) if request.lose => {}
            other => other?,
        }
        let removes_signer = |change: &Change| matches!(change, Change::RemoveSigner { .. });
        if !request.lose && changes.iter().any(removes_signer) {
            let lost = edition.taken_back();
            if !lost.is_empty() {
                return Err(EditError::WouldLose(lost).into());
            }
        }
        Ok(Edited {
            edition,
            changes,
            still,
        })
    }

    /// New keys of the root, or the root that was begun before.
    fn edit_root(
        &self,
        state: &State,
        request: &Request,
        edition: &mut Edition<'_>,
    ) -> Result<(), PublishError> {
        let pending = PendingRoot::of(self.home);
        let next = state.base.version(&RoleType::Root.into()).saturating_add(1);
        if let Some(begun) = pending.read()? {
            let version = begun.root().map_or(0, |root| root.header.version);
            if version == next {
                if !request.roles.is_empty() {
                    return Err(PublishError::OtherRoot { version });
                }
                return Ok(edition.continue_root(begun)?);
            }
            // Another root was published in its place.
            pending.clear()?;
        }
        for change in &request.roles {
            edition.set_role(change.role, &change.keys, change.threshold)?;
        }
        if request.renew_root {
            edition.renew_root()?;
        }
        Ok(())
    }

    /// Who must sign the snapshot over these documents.
    fn snapshot_requirement(
        &self,
        state: &State,
        drafted: &Drafted,
    ) -> anyhow::Result<Requirement> {
        let new = drafted.documents.iter();
        let new = new.map(|drafted| (&drafted.role, &drafted.document));
        let mut roots = new.filter(|(role, _)| role.top() == Some(RoleType::Root));
        let root = match roots.next() {
            Some((_, document)) => document.root()?,
            None => {
                let root = state.base.root().cloned();
                let none = || PublishError::NoTrustData(self.gun().clone());
                root.ok_or_else(none).map_err(Advice::from)?
            }
        };
        Ok(Requirement::of(&root, RoleType::Snapshot))
    }

    /// Sends it. What nobody knows the end of stays in the outbox.
    async fn send(&self, sent: &Sent) -> Result<(), ServerError> {
        let error = match self.server.publish(self.gun(), &sent.documents()).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !error.is_away() {
            // It said no: nothing of it is there. Where the file stays, the next run finds that out.
            drop(Outbox::of(self.home).clear());
        }
        Err(error)
    }

    /// Whether what the server shows now is what was sent, or what came after it.
    async fn verify(&self, documents: &[DocumentSigned]) -> anyhow::Result<State> {
        let state = self.load_existing().await?;
        for signed in documents {
            let shown = state.known.documents.iter();
            let mut shown = shown.filter(|(role, _)| *role == signed.role);
            let is_there = shown.any(|(role, document)| {
                let version = document.view(role.kind()).map_or(0, |view| view.version());
                version > signed.version || document.bytes() == signed.document.bytes()
            });
            if !is_there {
                let what = format!("{} {} is not there", signed.role, signed.version);
                return Err(Advice::from(PublishError::NotThere(what)).into());
            }
        }
        Ok(state)
    }
}

/// Whether the server, which makes the snapshot, would name the files as they are: those that are
/// sent; and where the root changes, the others too, since somebody else may have made the snapshot
/// before.
fn check_all(state: &State, documents: &[DocumentSigned]) -> Result<(), PublishError> {
    let is_root = |signed: &DocumentSigned| signed.role.top() == Some(RoleType::Root);
    if documents.iter().any(is_root) {
        for (role, (document, _)) in &state.base.targets {
            if !documents.iter().any(|signed| signed.role == *role) {
                check_bytes(role, document)?;
            }
        }
    }
    let mut documents = documents.iter();
    documents.try_for_each(|signed| check_bytes(&signed.role, &signed.document))
}

/// The tags of roles that said nothing before and were not signed now.
fn revived(before: &State, after: &State) -> Vec<StillSigned> {
    let known = |role: &Role| {
        before
            .known
            .documents
            .iter()
            .any(|(known, _)| known == role)
    };
    let roles = after.base.targets.iter().filter(|(role, _)| !known(role));
    let tags = roles.flat_map(|(role, (_, targets))| {
        targets.targets.keys().map(|target| StillSigned {
            target: target.to_string(),
            role: role.to_string(),
        })
    });
    tags.collect()
}

impl Published {
    /// Nothing new: only what an earlier run sent, if it sent anything.
    fn earlier(settled: Settled, still: Vec<StillSigned>) -> Self {
        Self {
            documents: Vec::new(),
            changes: settled.published().unwrap_or_default().to_vec(),
            still,
            revived: Vec::new(),
            settled,
            is_new: false,
        }
    }
}

fn files(documents: &[DocumentSigned]) -> Vec<(String, u64, Bytes)> {
    let files = documents.iter().map(|signed| {
        let bytes = Bytes::from(signed.document.to_bytes());
        (signed.role.to_string(), signed.version, bytes)
    });
    files.collect()
}
