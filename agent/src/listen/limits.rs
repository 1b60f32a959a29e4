//! The door before the services: who is not known, or one too many, is refused unread; and what
//! tonic refuses by itself gets a reason code like all else.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::{
    crowd::{Crowd, Place},
    seldom::Seldom,
};
use crate::{
    caller::Caller,
    config::Serves,
    denial::{Denial, Reason},
    service::{Desk, status},
};

/// Puts [`Door`] around a service.
#[derive(Clone)]
pub struct RefuseLayer {
    desk: Desk,
    serves: Serves,
    requests: Arc<Crowd>,
    strangers: Arc<Seldom<()>>,
}

impl RefuseLayer {
    /// Lets in callers that the config names for what is served here, as many at a time as it says.
    #[must_use]
    pub fn new(desk: Desk, serves: Serves) -> Self {
        let requests = Crowd::requests(&desk.house().config.limits);
        Self {
            desk,
            serves,
            requests,
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
/// time. Gives a reason code to the answers of tonic's own limits.
#[derive(Clone)]
pub struct Door<S> {
    inner: S,
    layer: RefuseLayer,
}

/// Health is anybody's to ask: it says that the agent is there, which its socket says too.
const HEALTH: &str = "/grpc.health.v1.Health/";

impl<S, B> Service<Request<B>> for Door<S>
where
    S: Service<Request<B>, Response = Response<tonic::body::Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let place = match self.layer.enter(&request) {
            Ok(place) => place,
            Err(denial) => {
                let answer = status::from_denial(&denial).into_http();
                return Box::pin(async move { Ok(answer) });
            }
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await.map(explain);
            drop(place);
            answer
        })
    }
}

impl RefuseLayer {
    /// A place among the requests, for a caller that the config names and who still stands.
    fn enter<B>(&self, request: &Request<B>) -> Result<Option<Place>, Denial> {
        if request.uri().path().starts_with(HEALTH) {
            return Ok(None);
        }
        let grants = &self.desk.house().config.grants;
        let caller = request.extensions().get::<Arc<Caller>>();
        let Some(caller) = caller.filter(|caller| grants.admits(caller, self.serves)) else {
            let name = caller.map_or("the caller", |caller| caller.name());
            if let Some(untold) = self.strangers.turn(()) {
                tracing::info!(
                    caller = name,
                    untold,
                    reason = "NO_GRANT",
                    "refused a stranger"
                );
            }
            let message = format!("{name} has no grant here");
            return Err(Denial::new(Reason::NoGrant, message));
        };
        caller.stands()?;
        self.requests.enter(caller).map(Some)
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
