//! The door before the services: who is not known, or one too many, is refused unread; and what
//! tonic refuses by itself gets a reason code like all else.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use super::{
    arriving::{Arriving, Terms},
    crowd::{Crowd, ENVELOPE, Place, Rank},
    leaving::Leaving,
    seldom::Seldom,
};
use crate::{
    caller::Caller,
    config::Serves,
    denial::{Denial, Reason},
    operate::operator,
    service::{Desk, status},
};

/// Puts [`Door`] around a service.
#[derive(Clone)]
pub struct RefuseLayer {
    desk: Arc<Desk>,
    serves: Serves,
    crowds: Arc<Crowds>,
    strangers: Arc<Seldom<()>>,
}

/// What is counted at the door.
struct Crowds {
    requests: Arc<Crowd>,
    health: Arc<Crowd>,
    strangers_health: Arc<Crowd>,
    unfinished: Arc<Crowd>,
}

impl RefuseLayer {
    /// Lets in callers that the config names for what is served here, as many at a time as it says.
    #[must_use]
    pub fn new(desk: Desk, serves: Serves) -> Self {
        let limits = desk.house().config.limits;
        let crowds = Crowds {
            requests: Crowd::requests(&limits),
            health: Crowd::health(&limits),
            strangers_health: Crowd::health(&limits),
            unfinished: Crowd::unfinished(&limits),
        };
        Self {
            desk: Arc::new(desk),
            serves,
            crowds: Arc::new(crowds),
            strangers: Arc::default(),
        }
    }

    /// A door to something else, with which it shares its limits.
    #[must_use]
    pub fn serving(&self, serves: Serves) -> Self {
        let layer = self.clone();
        Self { serves, ..layer }
    }
}

impl<S> Layer<S> for RefuseLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Door {
            inner,
            layer: self.clone(),
        }
    }
}

/// Refuses before a byte of a message is read: strangers, and more requests than are allowed at a
/// time. Holds those whom it lets in to their time. Gives a reason code to the answers of tonic's own
/// limits.
#[derive(Clone)]
pub struct Door<S> {
    inner: S,
    layer: RefuseLayer,
}

/// Health is anybody's to ask: it says that the agent is there, which its socket says too.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Where callers send streams.
const STREAMS: [&str; 2] = ["/privyseal.v1.Signing/SignMany", "/grpc.reflection."];

/// Only operators send long messages here, with all the roots of a repository.
const ADMIN: &str = "/privyseal.v1.Admin/";

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (place, terms) = match self.layer.enter(&request) {
            Ok(entered) => entered,
            Err(status) => {
                let answer = status.into_http();
                return Box::pin(async move { Ok(answer) });
            }
        };
        let request = request.map(|body| Body::new(Arriving::new(body, terms)));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = explain(answer.await?);
            Ok(answer.map(|body| Body::new(Leaving::new(body, place))))
        })
    }
}

impl RefuseLayer {
    /// A place among the requests, for a caller that the config names and who still stands; and
    /// what the request must keep to.
    fn enter(&self, request: &Request<Body>) -> Result<(Place, Terms), Status> {
        let config = self.desk.house().config;
        let path = request.uri().path();
        let caller = request.extensions().get::<Arc<Caller>>();
        let caller = caller.ok_or_else(|| {
            let message = "the connection does not say who the caller is";
            status::from_denial(&Denial::new(Reason::NoGrant, message))
        })?;
        let known = config.grants.admits(caller, self.serves);
        let crowds = &self.crowds;
        let crowd = match path.starts_with(HEALTH) {
            true if known => &crowds.health,
            true => &crowds.strangers_health,
            false if known => &crowds.requests,
            false => return Err(status::from_denial(&self.stranger(caller))),
        };
        let refuse = |denial| self.desk.refuse(caller, &denial);
        caller.stands().map_err(refuse)?;
        let rank = Rank::of(caller, &config.grants);
        let longest = match path.starts_with(ADMIN) {
            true => operator(caller, &config).err(),
            false => None,
        };
        let terms = Terms {
            time: config.limits.request_time,
            stream: STREAMS.iter().any(|stream| path.starts_with(stream)),
            longest: longest.map(|denial| (ENVELOPE, denial)),
            desk: Arc::clone(&self.desk),
            caller: Arc::clone(caller),
            unfinished: crowds.unfinished.empty_place(caller, rank),
        };
        let place = crowd.enter(caller, rank).map_err(refuse)?;
        Ok((place, terms))
    }

    fn stranger(&self, caller: &Caller) -> Denial {
        if let Some(untold) = self.strangers.turn(()) {
            tracing::info!(
                caller = caller.name(),
                untold,
                reason = "NO_GRANT",
                "refused a stranger"
            );
        }
        let message = format!("{} has no grant here", caller.name());
        Denial::new(Reason::NoGrant, message)
    }
}

fn explain(answer: Response<tonic::body::Body>) -> Response<tonic::body::Body> {
    let Some(status) = Status::from_header_map(answer.headers()) else {
        return answer;
    };
    if !status.details().is_empty() {
        return answer;
    }
    let reason = match status.code() {
        Code::OutOfRange => Reason::DocumentTooLarge,
        Code::Cancelled | Code::DeadlineExceeded => Reason::RequestTimeout,
        Code::ResourceExhausted => Reason::TooManyRequests,
        _ => return answer,
    };
    status::from_denial(&Denial::new(reason, status.message())).into_http()
}
