//! What a caller hears while its request waits for a person.

use std::pin::pin;

use tokio::sync::{mpsc, watch};

use crate::keystore::{About, WaitKind, Waiting, Waits};

/// Where a request's waits are told; nowhere, where nobody listens.
#[derive(Debug, Clone, Default)]
pub struct Progress(Option<mpsc::Sender<Waiting>>);

impl Progress {
    /// Tells them here. A listener that does not keep up misses some.
    #[must_use]
    pub fn to(listener: mpsc::Sender<Waiting>) -> Self {
        Self(Some(listener))
    }

    /// Does `work`, and tells meanwhile what the keystore with these waits awaits for `about`.
    pub(super) async fn during<T>(
        &self,
        mut waits: watch::Receiver<Waits>,
        about: &About,
        work: impl Future<Output = T>,
    ) -> T {
        let Some(listener) = &self.0 else {
            return work.await;
        };
        let mut work = pin!(work);
        let mut told: Option<WaitKind> = None;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                changed = waits.changed() => {
                    if changed.is_err() {
                        return work.await;
                    }
                    let mine = waits.borrow_and_update();
                    let mine = mine.iter().find(|waiting| waiting.about == *about).cloned();
                    let kind = mine.as_ref().map(|waiting| waiting.kind);
                    if let Some(waiting) = mine.filter(|_| kind != told) {
                        let _ = listener.try_send(waiting);
                    }
                    told = kind;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tokio::sync::oneshot;

    use super::*;
    use crate::keystore::WaitList;

    #[tokio::test]
    async fn each_wait_of_the_request_is_told_once_and_of_no_other() {
        let (list, mine, other) = (WaitList::default(), About::new("a"), About::new("b"));
        let waiting = |kind, about: &About| Waiting {
            kind,
            keystore: "root-a".parse().unwrap(),
            device: "YubiKey 1".to_owned(),
            about: about.clone(),
            until: SystemTime::UNIX_EPOCH,
        };
        let (listener, mut heard) = mpsc::channel(8);
        let (go, gone) = oneshot::channel::<()>();
        let progress = Progress::to(listener);
        let (waits, about) = (list.subscribe(), mine.clone());
        let task = tokio::spawn(async move { progress.during(waits, &about, gone).await });
        let _other = list.wait(waiting(WaitKind::Pin, &other));
        let pin = list.wait(waiting(WaitKind::Pin, &mine));
        assert_eq!(heard.recv().await.unwrap().kind, WaitKind::Pin);
        drop(pin);
        let _touch = list.wait(waiting(WaitKind::Touch, &mine));
        assert_eq!(heard.recv().await.unwrap().kind, WaitKind::Touch);
        go.send(()).unwrap();
        task.await.unwrap().unwrap();
        assert!(heard.recv().await.is_none());
    }
}
