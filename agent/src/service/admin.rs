//! `privyseal.v1.Admin`.

use std::sync::Arc;

use futures_util::{StreamExt, stream::select_all};
use privyseal_proto::{
    ledger::v1::{KeystoreLocked, record::Event},
    v1::{
        AcceptRestoredReply, AcceptRestoredRequest, EnrollRepositoryReply, EnrollRepositoryRequest,
        KeystoreStatus, LineageRef, LockReply, LockRequest, StatusReply, StatusRequest,
        SupersedeReply, SupersedeRequest, UnlockReply, UnlockRequest, WatchRequest,
        admin_server::Admin, keystore_status::State,
    },
};
use privyseal_tuf::{Role, RoleType, Sha256Digest};
use secrecy::SecretString;
use tokio_stream::{once, wrappers::WatchStream};
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::{
    Desk,
    waiting::{Answers, waiting},
};
use crate::{
    caller::Caller,
    corridor::{LineageName, known, role_of, wire_head, wire_lineage},
    denial::{Denial, Reason},
    keystore::{KeyName, Keystore, KeystoreState},
    memory::LoginMemory,
    operate::{
        Documents, Restored, Supersede, accept_restored, enrol_repository, operator, supersede,
    },
};

/// Serves operators.
pub struct AdminService(Desk);

impl AdminService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }

    fn keystore(&self, caller: &Caller, name: &str) -> Result<Arc<dyn Keystore>, Denial> {
        operator(caller, &self.0.house().config)?;
        let keystores = self.0.house().keystores;
        let holder = name.parse().ok().and_then(|name| keystores.of(&name));
        holder
            .map(|holder| Arc::clone(&holder.keystore))
            .ok_or_else(|| {
                let message = format!("the config has no keystore `{}`", name.escape_debug());
                Denial::new(Reason::UnknownKeystore, message)
            })
    }
}

/// More than any token takes.
const MAX_PIN: usize = 255;

fn status(keystore: &dyn Keystore) -> KeystoreStatus {
    let current = keystore.state().borrow().clone();
    let state = match &current {
        KeystoreState::Absent(_) => State::Absent,
        KeystoreState::Locked(_) => State::Locked,
        KeystoreState::Ready => State::Ready,
        KeystoreState::Faulted(_) => State::Faulted,
        KeystoreState::PinRefused(_) => State::PinRefused,
    };
    let token = keystore.token();
    KeystoreStatus {
        name: keystore.name().to_string(),
        state: state.into(),
        detail: current.detail(),
        token_label: token
            .as_ref()
            .map(|token| token.label.clone())
            .unwrap_or_default(),
        token_serial: token
            .map(|token| token.serial.to_string())
            .unwrap_or_default(),
        keys: u32::try_from(keystore.keys().len()).unwrap_or(u32::MAX),
        waiting: Vec::new(),
        kind: keystore.kind().to_owned(),
    }
}

fn digest(field: &str, text: &str) -> Result<Sha256Digest, Denial> {
    text.parse().map_err(|_| {
        Denial::new(
            Reason::RequestMalformed,
            format!("{field} is not a SHA-256 digest in hex"),
        )
    })
}

/// The documents of a request, in the order in which they vouch for each other.
fn documents(request: EnrollRepositoryRequest) -> Result<Documents, Denial> {
    let top = |role: RoleType, bytes: Vec<u8>| {
        let given = (!bytes.is_empty()).then_some((Role::from(role), bytes));
        given.into_iter()
    };
    let delegated = request.delegated.into_iter().map(|document| {
        let role = role_of(&document.role)?;
        if role.delegated().is_none() {
            let message = format!("delegated: {role} is no delegated role");
            return Err(Denial::new(Reason::RequestMalformed, message));
        }
        Ok((role, document.document))
    });
    let delegated = delegated.collect::<Result<Vec<_>, _>>()?;
    let present = top(RoleType::Targets, request.targets)
        .chain(delegated)
        .chain(top(RoleType::Snapshot, request.snapshot))
        .chain(top(RoleType::Timestamp, request.timestamp));
    Ok(Documents {
        roots: request.roots,
        present: present.collect(),
    })
}

impl Desk {
    /// The state of everything, as this caller may know it.
    fn status(&self, caller: &Caller) -> StatusReply {
        let house = self.house();
        let operator = house.config.grants.is_operator(caller);
        let keystores = house.keystores.all().map(|keystore| {
            let status = status(keystore.as_ref());
            match operator {
                true => KeystoreStatus {
                    waiting: keystore.waiting().borrow().iter().map(waiting).collect(),
                    ..status
                },
                // The detail may name devices that are no keystore.
                false => KeystoreStatus {
                    detail: String::new(),
                    token_serial: String::new(),
                    ..status
                },
            }
        });
        StatusReply {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started,
            keystores: keystores.collect(),
            head: Some(wire_head(house.ledger.reader().head())),
            genesis: house.ledger.reader().genesis().into(),
            ledger_fault: house
                .ledger
                .fault()
                .map(|f| f.to_string())
                .unwrap_or_default(),
            operator,
        }
    }
}

#[tonic::async_trait]
impl Admin for AdminService {
    type WatchStream = Answers<StatusReply>;

    async fn status(
        &self,
        request: Request<StatusRequest>,
    ) -> Result<Response<StatusReply>, Status> {
        let caller = Desk::caller(&request)?;
        let work = async {
            known(&caller, &self.0.house().config)?;
            Ok(self.0.status(&caller))
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let caller = Desk::caller(&request)?;
        let keystores = self.0.house().keystores;
        let place = self.0.enter(&caller)?;
        let changes = keystores.all().flat_map(|keystore| {
            let states = WatchStream::new(keystore.state()).map(|_| ());
            let waits = WatchStream::new(keystore.waiting()).map(|_| ());
            [states.left_stream(), waits.right_stream()]
        });
        // Each of them has a first value, which is no news: one status tells them all.
        let changes = select_all(changes.map(|stream| stream.skip(1)));
        let desk = self.0.clone();
        let stopping = desk.stopping();
        let watched = move || {
            let _place = &place;
            // The certificate of a long-standing watcher may have been revoked since, or its right.
            let may = caller.stands();
            let may = may.and_then(|()| operator(&caller, &desk.house().config));
            may.map_err(|denial| desk.refuse(&caller, &denial))?;
            Ok(desk.status(&caller))
        };
        let first = watched()?;
        let later = changes.map(move |()| watched());
        let replies = once(Ok(first)).chain(later).take_until(stopping);
        Ok(Response::new(Box::pin(replies)))
    }

    async fn unlock(
        &self,
        request: Request<UnlockRequest>,
    ) -> Result<Response<UnlockReply>, Status> {
        let caller = Desk::caller(&request)?;
        let UnlockRequest {
            keystore,
            pin,
            again,
            wait,
        } = request.into_inner();
        let pin = Zeroizing::new(pin);
        let work = async {
            let keystore = self.keystore(&caller, &keystore)?;
            let operator = caller.to_record();
            if again {
                keystore.unlock_again(operator).await?;
            } else if pin.is_empty() || pin.len() > MAX_PIN {
                let message = format!("a PIN has 1 to {MAX_PIN} bytes");
                return Err(Denial::new(Reason::RequestMalformed, message).into());
            } else {
                let pin = SecretString::from(pin.as_str());
                let only_for = (wait != 0).then_some(wait);
                keystore.unlock(pin, only_for, operator).await?;
            }
            Ok(UnlockReply {
                keystore: Some(status(keystore.as_ref())),
            })
        };
        self.0
            .answer_at_leisure(&caller, work)
            .await
            .map(Response::new)
    }

    async fn lock(&self, request: Request<LockRequest>) -> Result<Response<LockReply>, Status> {
        let caller = Desk::caller(&request)?;
        let name = request.into_inner().keystore;
        let house = self.0.house();
        let work = async {
            let keystore = self.keystore(&caller, &name)?;
            let operator = Some(caller.to_record());
            let locked = KeystoreLocked {
                keystore: keystore.name().to_string(),
                operator,
            };
            // Recorded first: a lock must outlive a restart in the middle of it.
            house
                .ledger
                .append(Event::KeystoreLocked(locked), None)
                .await?;
            keystore.lock().await?;
            // A login that was under way meanwhile may have been recorded after it.
            if house.ledger.memory().login(keystore.name()) != LoginMemory::Locked {
                let locked = KeystoreLocked {
                    keystore: keystore.name().to_string(),
                    operator: Some(caller.to_record()),
                };
                house
                    .ledger
                    .append(Event::KeystoreLocked(locked), None)
                    .await?;
            }
            Ok(LockReply {
                keystore: Some(status(keystore.as_ref())),
            })
        };
        self.0
            .answer_at_leisure(&caller, work)
            .await
            .map(Response::new)
    }

    async fn enroll_repository(
        &self,
        request: Request<EnrollRepositoryRequest>,
    ) -> Result<Response<EnrollRepositoryReply>, Status> {
        let caller = Desk::caller(&request)?;
        let request = request.into_inner();
        let house = self.0.house();
        let work = async {
            operator(&caller, &house.config)?;
            let name = LineageName::parse(Some(LineageRef {
                authority: request.authority.clone(),
                repository: request.repository.clone(),
                first_root: String::new(),
            }))?;
            let documents = documents(request)?;
            let (id, head) = enrol_repository(&house, &caller, name, documents).await?;
            Ok(EnrollRepositoryReply {
                lineage: Some(wire_lineage(&id)),
                head: Some(wire_head(head)),
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn supersede(
        &self,
        request: Request<SupersedeRequest>,
    ) -> Result<Response<SupersedeReply>, Status> {
        let caller = Desk::caller(&request)?;
        let request = request.into_inner();
        let house = self.0.house();
        let work = async {
            operator(&caller, &house.config)?;
            let request = Supersede {
                lineage: LineageName::parse(request.lineage)?,
                role: role_of(&request.role)?,
                version: request.version,
                old: digest("old_digest", &request.old_digest)?,
                new: digest("new_digest", &request.new_digest)?,
                reason: request.reason,
                server_refused: request.server_refused,
            };
            let appended = supersede(&house, &caller, request).await?;
            Ok(SupersedeReply {
                record: appended.index,
                head: Some(wire_head(appended.head)),
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn accept_restored(
        &self,
        request: Request<AcceptRestoredRequest>,
    ) -> Result<Response<AcceptRestoredReply>, Status> {
        let caller = Desk::caller(&request)?;
        let request = request.into_inner();
        let house = self.0.house();
        let work = async {
            operator(&caller, &house.config)?;
            let restored = Restored {
                authority: request.authority,
                repositories: request.repositories,
                reason: request.reason,
            };
            let (keys, head) = accept_restored(&house, &caller, restored).await?;
            Ok(AcceptRestoredReply {
                keys: keys.iter().map(KeyName::to_string).collect(),
                head: Some(wire_head(head)),
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }
}
