//! `privyseal.v1.Signing`.

use std::sync::Arc;

use privyseal_proto::v1::{
    LineageReply, LineageRequest, ObserveReply, ObserveRequest, Refused, RoleMemory, SignEvent,
    SignRequest, role_memory::State, sign_event::Event, signing_server::Signing,
};
use privyseal_tuf::{Role, RoleType};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tonic_types::StatusExt;

use super::{
    Desk,
    waiting::{Answers, answers, heard, waiting, while_read},
};
use crate::{
    caller::Caller,
    corridor::{
        LineageName, Observation, Progress, Received, may_see, role_of, unknown_lineage,
        wire_lineage,
    },
    denial::{Denial, Reason},
    keystore::Waiting,
    memory::{Lineage, RoleHistory, VersionState},
};

/// Serves signatures.
pub struct SigningService(Desk);

impl SigningService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }
}

/// Requests in flight of a stream of them; as many answers, and as many waits, may wait for their
/// reader.
const IN_FLIGHT: usize = 64;

impl Desk {
    async fn sign(
        &self,
        caller: &Arc<Caller>,
        request: SignRequest,
        progress: &Progress,
    ) -> Result<SignEvent, Status> {
        let (id, key) = (request.id, request.key.clone());
        let work = async {
            let house = self.house();
            let received = Received::new(Arc::clone(caller), request, &house.config)?;
            house.sign(received, progress, || self.house()).await
        };
        let signed = self.answer_with_key(caller, &key, work).await?.into_wire();
        Ok(SignEvent {
            id,
            event: Some(Event::Signed(signed)),
        })
    }

    async fn sign_or_refuse(
        &self,
        caller: &Arc<Caller>,
        request: SignRequest,
        progress: &Progress,
    ) -> SignEvent {
        let id = request.id;
        match self.sign(caller, request, progress).await {
            Ok(event) => event,
            Err(status) => SignEvent {
                id,
                event: Some(Event::Refused(refused(&status))),
            },
        }
    }
}

/// Makes events of the waits of the request with this id.
fn teller(id: u64) -> impl Fn(Waiting) -> SignEvent + Send + 'static {
    move |wait| SignEvent {
        id,
        event: Some(Event::Waiting(waiting(&wait))),
    }
}

fn refused(status: &Status) -> Refused {
    let info = status.get_details_error_info();
    let (reason, remedy, retry) = info.map_or_else(Default::default, |mut info| {
        let mut take = |key| info.metadata.remove(key).unwrap_or_default();
        let (remedy, retry) = (take("remedy"), take("retry"));
        (info.reason, remedy, retry)
    });
    Refused {
        code: status.code().into(),
        reason,
        message: status.message().to_owned(),
        remedy,
        retry,
    }
}

#[tonic::async_trait]
impl Signing for SigningService {
    type SignStream = Answers<SignEvent>;
    type SignManyStream = Answers<SignEvent>;

    async fn sign(
        &self,
        request: Request<SignRequest>,
    ) -> Result<Response<Self::SignStream>, Status> {
        let caller = Desk::caller(&request)?;
        let (desk, request) = (self.0.clone(), request.into_inner());
        let tell = teller(request.id);
        let (progress, heard) = heard();
        let work = async move { desk.sign(&caller, request, &progress).await };
        Ok(Response::new(answers(heard, work, tell).await?))
    }

    async fn sign_many(
        &self,
        request: Request<Streaming<SignRequest>>,
    ) -> Result<Response<Self::SignManyStream>, Status> {
        let caller = Desk::caller(&request)?;
        let mut requests = request.into_inner();
        let desk = self.0.clone();
        let (answers, stream) = mpsc::channel(2 * IN_FLIGHT);
        let turns = Arc::new(Semaphore::new(IN_FLIGHT));
        tokio::spawn(async move {
            loop {
                // Nothing is read for which there is no turn, and no reserved place for the answer.
                // The places that no request in flight has are for waits.
                let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
                    return;
                };
                let Ok(place) = answers.clone().reserve_owned().await else {
                    return;
                };
                let request = match requests.message().await {
                    Ok(Some(request)) => request,
                    Ok(None) => return,
                    Err(status) => {
                        place.send(Err(status));
                        return;
                    }
                };
                let (desk, caller) = (desk.clone(), Arc::clone(&caller));
                let waits = answers.clone();
                tokio::spawn(async move {
                    let tell = teller(request.id);
                    let (progress, heard) = heard();
                    let work = desk.sign_or_refuse(&caller, request, &progress);
                    if let Some(answer) = while_read(heard, work, tell, &waits).await {
                        place.send(Ok(answer));
                    }
                    drop(turn);
                });
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn observe(
        &self,
        request: Request<ObserveRequest>,
    ) -> Result<Response<ObserveReply>, Status> {
        let caller = Desk::caller(&request)?;
        let house = self.0.house();
        let work = async {
            let observation = Observation::new(Arc::clone(&caller), request.into_inner(), &house)?;
            observation.record(&house).await
        };
        Ok(Response::new(
            self.0.answer(&caller, work).await?.into_wire(),
        ))
    }

    async fn lineage(
        &self,
        request: Request<LineageRequest>,
    ) -> Result<Response<LineageReply>, Status> {
        let caller = Desk::caller(&request)?;
        let LineageRequest { lineage, roles } = request.into_inner();
        let work = async {
            let name = LineageName::parse(lineage)?;
            may_see(&caller, &name, &self.0.house())?;
            let id = name.known()?;
            let wanted = wanted(&roles)?;
            let lineage = self.0.house().ledger.memory().lineage(&id);
            let lineage: Result<_, Denial> = lineage.ok_or_else(|| unknown_lineage(&id));
            Ok(reply(&*lineage?, &wanted))
        };
        Ok(Response::new(self.0.answer(&caller, work).await?))
    }
}

/// As many delegated roles may be asked for at a time: the answer stays below the 4 MiB that gRPC
/// clients read by default, however long the names are.
const MAX_WANTED: usize = 8_192;

/// The roles of these names.
fn wanted(names: &[String]) -> Result<Vec<Role>, Denial> {
    if names.len() > MAX_WANTED {
        let count = names.len();
        let message = format!("{count} roles are more than the {MAX_WANTED} that one answer has");
        return Err(Denial::new(Reason::RequestMalformed, message));
    }
    names.iter().map(|name| role_of(name)).collect()
}

fn reply(lineage: &Lineage, wanted: &[Role]) -> LineageReply {
    let facts = lineage.facts();
    let top = RoleType::ALL.into_iter();
    let top = top.filter_map(|role| memory(&role.into(), facts.history(role)));
    let delegated = lineage.delegated();
    let others = wanted.iter().filter_map(|role| {
        let history = delegated.history(role.delegated()?)?;
        memory(role, history)
    });
    LineageReply {
        lineage: Some(wire_lineage(lineage.id())),
        roles: top.chain(others).collect(),
    }
}

fn memory(role: &Role, history: &RoleHistory) -> Option<RoleMemory> {
    let last = history.last.as_ref()?;
    let state = match last.state {
        VersionState::Committed => State::Committed,
        VersionState::Final => State::Final,
    };
    Some(RoleMemory {
        role: role.to_string(),
        version: last.version,
        digest: last.digest.to_string(),
        state: state.into(),
        expires: last.expires,
    })
}
