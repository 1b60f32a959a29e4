//! Answers of requests for which a person may be waited for.

use std::{pin::Pin, time::UNIX_EPOCH};

use futures_util::stream;
use privyseal_proto::v1 as wire;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use crate::{
    corridor::Progress,
    keystore::{WaitKind, Waiting},
};

/// What may wait for its reader: a request has two waits at most, unless they are repeated.
const UNREAD: usize = 8;

/// The answers to one request.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A wait as the wire has it.
pub(super) fn waiting(waiting: &Waiting) -> wire::Waiting {
    let kind = match waiting.kind {
        WaitKind::Pin => wire::waiting::Kind::Pin,
        WaitKind::Touch => wire::waiting::Kind::Touch,
    };
    let until = waiting.until.duration_since(UNIX_EPOCH).unwrap_or_default();
    wire::Waiting {
        kind: kind.into(),
        keystore: waiting.keystore.to_string(),
        device: waiting.device.clone(),
        about: waiting.about.text().to_owned(),
        id: waiting.about.ticket(),
        until: i64::try_from(until.as_secs()).unwrap_or(i64::MAX),
    }
}

/// Where a request tells its waits, and where they are heard.
pub(super) fn heard() -> (Progress, mpsc::Receiver<Waiting>) {
    let (listener, heard) = mpsc::channel(UNREAD);
    (Progress::to(listener), heard)
}

/// Does `work`: where it ends without a wait, its answer or refusal is that of the call; else the
/// waits come first, and its end, or its refusal, last.
pub(super) async fn answers<T: Send + 'static>(
    mut heard: mpsc::Receiver<Waiting>,
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
    tell: impl Fn(Waiting) -> T + Send + 'static,
) -> Result<Answers<T>, Status> {
    let mut work = Box::pin(work);
    let first = tokio::select! {
        biased;
        done = &mut work => return Ok(Box::pin(tokio_stream::once(Ok(done?)))),
        Some(first) = heard.recv() => tell(first),
    };
    let rest = stream::unfold(Some((heard, work, tell)), |state| async {
        let (mut heard, mut work, tell) = state?;
        tokio::select! {
            biased;
            Some(waiting) = heard.recv() => {
                let event = tell(waiting);
                Some((Ok(event), Some((heard, work, tell))))
            }
            done = &mut work => Some((done, None)),
        }
    });
    Ok(Box::pin(tokio_stream::once(Ok(first)).chain(rest)))
}
