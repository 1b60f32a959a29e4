//! Answers of requests for which a person may be waited for.

use std::{
    pin::{Pin, pin},
    time::UNIX_EPOCH,
};

use futures_util::stream;
use privyseal_proto::v1 as wire;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::status;
use crate::{
    corridor::Progress,
    denial::{Denial, Reason},
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
/// waits come first, and its end, or its refusal, last. Its time runs whether or not they are read, and
/// it is given up where nobody will read them.
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
    // The answers are polled as fast as their reader takes them; the work must go on without.
    let mut task = JoinSet::new();
    task.spawn(work);
    let rest = stream::unfold(Some((heard, task, tell)), |state| async {
        let (mut heard, mut task, tell) = state?;
        tokio::select! {
            biased;
            Some(waiting) = heard.recv() => {
                let event = tell(waiting);
                Some((Ok(event), Some((heard, task, tell))))
            }
            Some(done) = task.join_next() => {
                Some((done.unwrap_or_else(|_| Err(interrupted())), None))
            }
            else => None,
        }
    });
    Ok(Box::pin(tokio_stream::once(Ok(first)).chain(rest)))
}

/// Does `work` and tells its waits to `reader`, as far as there is room: one that reads nothing holds up
/// nothing. `None` where the reader goes away first.
pub(super) async fn while_read<A, T>(
    mut heard: mpsc::Receiver<Waiting>,
    work: impl Future<Output = A>,
    tell: impl Fn(Waiting) -> T,
    reader: &mpsc::Sender<Result<T, Status>>,
) -> Option<A> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = reader.closed() => return None,
            Some(waiting) = heard.recv() => {
                let _ = reader.try_send(Ok(tell(waiting)));
            }
        }
    }
}

fn interrupted() -> Status {
    let message = "the request was interrupted";
    status::from_denial(&Denial::new(Reason::RequestTimeout, message))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tokio::sync::oneshot;

    use super::*;
    use crate::keystore::About;

    fn wait() -> Waiting {
        Waiting {
            kind: WaitKind::Pin,
            keystore: "root-a".parse().unwrap(),
            device: "YubiKey 1".to_owned(),
            about: About::new("a"),
            until: SystemTime::UNIX_EPOCH,
        }
    }

    async fn soon<T>(work: impl Future<Output = T>) -> T {
        let limit = Duration::from_secs(10);
        tokio::time::timeout(limit, work).await.expect("it hangs")
    }

    #[tokio::test]
    async fn work_goes_on_while_nobody_reads_its_waits() {
        let (listener, heard) = mpsc::channel(UNREAD);
        let (go, gone) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        listener.try_send(wait()).unwrap();
        let work = async move {
            gone.await.unwrap();
            done.send(()).unwrap();
            Ok(7)
        };
        let unread = soon(answers(heard, work, |_| 0)).await.unwrap();
        go.send(()).unwrap();
        soon(ended).await.unwrap();
        let all: Vec<_> = soon(unread.map(Result::unwrap).collect()).await;
        assert_eq!(all, [0, 7]);
    }

    #[tokio::test]
    async fn work_is_given_up_with_its_answers() {
        let (listener, heard) = mpsc::channel(UNREAD);
        let (held, dropped) = oneshot::channel::<()>();
        listener.try_send(wait()).unwrap();
        let work = async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(7)
        };
        drop(soon(answers(heard, work, |_| 0)).await.unwrap());
        assert!(soon(dropped).await.is_err());
    }

    #[tokio::test]
    async fn no_unread_wait_holds_up_one_request_of_many() {
        let (listener, heard) = mpsc::channel(UNREAD);
        let (reader, _unread) = mpsc::channel(1);
        reader.try_send(Ok(0)).unwrap();
        listener.try_send(wait()).unwrap();
        let work = async move {
            // Ends once its wait was taken.
            let _all = listener.reserve_many(UNREAD).await.unwrap();
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(soon(while_read(heard, work, |_| 1, &reader)).await, Some(7));
    }

    #[tokio::test]
    async fn one_request_of_many_ends_with_its_reader() {
        let (_listener, heard) = mpsc::channel(UNREAD);
        let (reader, stream) = mpsc::channel::<Result<u8, Status>>(1);
        drop(stream);
        let work = std::future::pending::<u8>();
        assert_eq!(soon(while_read(heard, work, |_| 1, &reader)).await, None);
    }
}
