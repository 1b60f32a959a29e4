//! Refusals that tonic makes by itself get a reason code like all others.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::{
    denial::{Denial, Reason},
    service::status,
};

/// Puts [`RefuseReasons`] around a service.
#[derive(Debug, Clone, Copy)]
pub struct RefuseLayer;

impl<S> Layer<S> for RefuseLayer {
    type Service = RefuseReasons<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RefuseReasons(inner)
    }
}

/// Gives a reason code to the answers of tonic's own limits: message size, time, and load.
#[derive(Debug, Clone)]
pub struct RefuseReasons<S>(S);

impl<S, B> Service<Request<B>> for RefuseReasons<S>
where
    S: Service<Request<B>, Response = Response<tonic::body::Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move { answer.await.map(explain) })
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
