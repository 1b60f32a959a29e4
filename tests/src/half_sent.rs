//! Requests that never end: a body of some bytes, and nothing after them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Body as HttpBody, Frame};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

use crate::rpc::{Refusal, Rpc};

/// The beginning of a message: it is to have so many bytes, of which these are here.
#[must_use]
pub fn message(length: u32, here: usize) -> Vec<u8> {
    let prefix = [0].into_iter().chain(length.to_be_bytes());
    prefix.chain(std::iter::repeat_n(b'x', here)).collect()
}

/// A request under way.
#[derive(Debug)]
pub struct HalfSent(tokio::task::JoinHandle<Refusal>);

impl HalfSent {
    /// Sends these bytes to a method, `/package.Service/Method`, and then nothing.
    #[must_use]
    pub fn to(rpc: &Rpc, path: &str, bytes: Vec<u8>) -> Self {
        let mut channel = rpc.channel();
        let body = Body::new(Unfinished(Some(bytes.into())));
        let request = Request::post(format!("http://agent{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(body)
            .unwrap();
        Self(rpc.spawn(async move {
            let answer = channel.ready().await.unwrap().call(request).await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => return Status::from_error(error.into()).into(),
            };
            match Status::from_header_map(answer.headers()) {
                Some(status) => status.into(),
                None => last(answer.into_body()).await.into(),
            }
        }))
    }

    /// As many of them at a time.
    #[must_use]
    pub fn many(rpc: &Rpc, count: usize, path: &str, bytes: &[u8]) -> Vec<Self> {
        let requests = (0..count).map(|_| Self::to(rpc, path, bytes.to_vec()));
        requests.collect()
    }

    /// Has it been answered?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// Gives it up.
    pub fn give_up(self) {
        self.0.abort();
    }

    /// The status with which the agent ends it.
    ///
    /// # Panics
    /// Where it does not within a minute.
    #[must_use]
    pub fn ends(self, rpc: &Rpc) -> Refusal {
        let minute = Duration::from_secs(60);
        let ended = rpc.block_on(async { tokio::time::timeout(minute, self.0).await });
        ended.expect("the agent ends the request").unwrap()
    }
}

/// What stands after an answer's last message.
async fn last(mut body: Body) -> Status {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        match frame.map(|frame| frame.map(Frame::into_trailers)) {
            Some(Ok(Ok(trailers))) => return status(&trailers),
            Some(Ok(Err(_message))) => {}
            Some(Err(status)) => return status,
            None => return Status::new(Code::Unknown, "the answer has no status"),
        }
    }
}

fn status(trailers: &HeaderMap) -> Status {
    Status::from_header_map(trailers).unwrap()
}

/// A body that never ends.
struct Unfinished(Option<Bytes>);

impl HttpBody for Unfinished {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}
