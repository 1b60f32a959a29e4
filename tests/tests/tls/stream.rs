//! A stream of requests that stays open while something happens to its caller.

use std::time::Duration;

use privyseal_proto::v1::sign_event::Event;
use privyseal_proto::v1::{SignEvent, SignRequest};
use privyseal_tests::rpc::Rpc;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// A SignMany that is open.
pub(crate) struct Stream<'a> {
    rpc: &'a Rpc,
    requests: mpsc::Sender<SignRequest>,
    answers: Streaming<SignEvent>,
}

impl<'a> Stream<'a> {
    /// Opens it.
    pub(crate) fn open(rpc: &'a Rpc) -> Self {
        let (requests, stream) = mpsc::channel(1);
        let mut client = rpc.signing();
        let answers = rpc.wait(client.sign_many(ReceiverStream::new(stream)));
        Self {
            rpc,
            requests,
            answers: answers.unwrap(),
        }
    }

    /// Asks for a signature: `signed`, the reason of a refusal, or `closed` where the stream is.
    pub(crate) fn ask(&mut self, request: SignRequest) -> String {
        let (requests, answers) = (&self.requests, &mut self.answers);
        self.rpc.block_on(async move {
            if requests.send(request).await.is_err() {
                return "closed".to_owned();
            }
            match answers.message().await.ok().flatten() {
                None => "closed".to_owned(),
                Some(SignEvent { event, .. }) => match event.unwrap() {
                    Event::Refused(refused) => refused.reason,
                    Event::Signed(_) => "signed".to_owned(),
                    Event::Waiting(waiting) => panic!("nobody is there for {waiting:?}"),
                },
            }
        })
    }

    /// Waits until the other side ends it.
    pub(crate) fn ends(mut self) {
        let Self { rpc, answers, .. } = &mut self;
        let minute = Duration::from_secs(60);
        let last = rpc.block_on(async { timeout(minute, answers.message()).await });
        let last = last.expect("the agent ends the stream");
        assert!(!matches!(last, Ok(Some(_))), "{last:?}");
    }
}
