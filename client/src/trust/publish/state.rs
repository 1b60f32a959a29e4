use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role, RoleName, RoleType};

use super::{PublishError, Publisher};
use crate::failure::Advice;
use crate::trust::edit::Base;
use crate::trust::hands::Known;
use crate::trust::pull::{AtServer, Freshness, Pull, PullError, Pulled, Unused, check_before};

/// What is published, in every form in which it is needed.
#[derive(Debug)]
pub struct State {
    /// As it was verified; none where there is no trust data.
    pub pulled: Option<Pulled>,
    /// To be changed.
    pub base: Base,
    /// To be shown to agents.
    pub known: Known,
}

/// More roots than this are not fetched.
const MOST_ROOTS: u64 = 1024;

impl Publisher<'_> {
    /// What the server holds, verified. Nothing that is only remembered counts here.
    ///
    /// # Errors
    /// Where it can't be had, or is not what it must be.
    pub async fn load(&self) -> anyhow::Result<State> {
        let source = AtServer {
            server: self.server,
            gun: self.gun(),
        };
        let mut pull = Pull::new(&source, self.home, self.pins, self.now);
        if self.expired {
            pull = pull.undated();
        }
        let pulled = match pull.run().await {
            Ok(pulled) => pulled,
            Err(PullError::NoTrustData(_)) => return Ok(State::empty(self)),
            Err(error) => return Err(refused(error)),
        };
        if let Freshness::Cached { why, .. } = &pulled.freshness {
            return Err(Advice::from(PublishError::Cached(why.clone())).into());
        }
        let mut roots = self.roots_before(&pulled).await?;
        roots.extend(pulled.roots.iter().map(|root| root.document.clone()));
        Ok(State::of(self, pulled, roots)?)
    }

    /// As [`Self::load`], of a repository that must be there.
    ///
    /// # Errors
    /// As [`Self::load`], and where it is not.
    pub async fn load_existing(&self) -> anyhow::Result<State> {
        let state = self.load().await?;
        match &state.pulled {
            Some(_) => Ok(state),
            None => {
                let error = PublishError::NoTrustData(self.gun().clone());
                Err(Advice::from(error).into())
            }
        }
    }

    /// The roots before the first that this user trusted: agents may know an earlier one, and the
    /// first names the lineage. Each must have allowed the next.
    async fn roots_before(&self, pulled: &Pulled) -> anyhow::Result<Vec<Document>> {
        let Some(first) = pulled.roots.first() else {
            return Ok(Vec::new());
        };
        let mut roots = Vec::new();
        for version in 1..first.view.header.version.min(MOST_ROOTS) {
            let found = self.server.fetch_root(self.gun(), version).await;
            match found.map_err(Advice::from)? {
                Some(bytes) => roots.push(bytes),
                // notary-server takes 2 as a first version, too.
                None if version == 1 => {}
                None => return Err(Advice::from(PublishError::NoRoot(version)).into()),
            }
        }
        check_before(&roots, first).map_err(refused)
    }
}

impl State {
    fn empty(publisher: &Publisher<'_>) -> Self {
        Self {
            pulled: None,
            base: Base::default(),
            known: Known::nothing_of(publisher.gun()),
        }
    }

    fn of(
        publisher: &Publisher<'_>,
        pulled: Pulled,
        roots: Vec<Document>,
    ) -> Result<Self, PublishError> {
        let first = roots.first().map(|root| root.payload().digest);
        let root: Role = RoleType::Root.into();
        let mut documents: Vec<(Role, Document)> =
            roots.into_iter().map(|it| (root.clone(), it)).collect();
        let (mut targets, mut unusable) = (BTreeMap::new(), BTreeMap::new());
        let top = &pulled.targets;
        targets.insert(Role::TARGETS, (top.document.clone(), top.view.clone()));
        documents.push((Role::TARGETS, top.document.clone()));
        for delegated in &pulled.delegations {
            let Ok(name) = delegated.name.as_str().parse::<RoleName>() else {
                continue;
            };
            let role = Role::Delegated(name);
            let metadata = match &delegated.metadata {
                Ok(metadata) => metadata,
                Err(Unused::Unpublished) => continue,
                Err(Unused::BelowThreshold(why) | Unused::Expired(why)) => {
                    unusable.insert(role, why.clone());
                    continue;
                }
            };
            documents.push((role.clone(), metadata.document.clone()));
            targets.insert(role, (metadata.document.clone(), metadata.view.clone()));
        }
        let snapshot = RoleType::Snapshot.into();
        documents.push((snapshot, pulled.snapshot.document.clone()));
        documents.sort_by(|(one, _), (other, _)| one.cmp(other));
        let last = pulled.roots.last();
        Ok(Self {
            base: Base {
                root: last.map(|root| (root.document.clone(), root.view.clone())),
                targets,
                floors: BTreeMap::new(),
                unusable,
            },
            known: Known {
                gun: publisher.gun().clone(),
                first_root: first,
                documents,
            },
            pulled: Some(pulled),
        })
    }
}

/// Why nothing is added to what the server shows.
fn refused(error: PullError) -> anyhow::Error {
    let remedy = match &error {
        PullError::Unreachable(_) => {
            "check --server, DOCKER_CONTENT_TRUST_SERVER and the network; then run the command again"
        }
        PullError::Server(_) => "ask whoever runs the server; nothing was changed",
        PullError::Home(_) => "repair or remove what is named",
        PullError::Expired { .. } => {
            "nothing was changed; whoever has its keys signs it anew: `privyseal trust witness IMAGE ROLE --expired --publish`, or of root `privyseal trust rotate IMAGE root --expired`"
        }
        _ => {
            "nothing was changed, and nothing is added to what can't be trusted; `privyseal trust verify` says more"
        }
    };
    let message = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Advice::failed(message, remedy).into()
}
