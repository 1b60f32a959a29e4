//! What a caller hears while its request waits for a person.

use std::pin::pin;

use tokio::sync::{mpsc, watch};

use crate::keystore::{About, KeystoreError, WaitKind, Waiting, Waits};

/// Where a request's waits are told; nowhere, where nobody listens.
#[derive(Debug, Clone, Default)]
pub struct Progress(Option<mpsc::Sender<Waiting>>);

impl Progress {
    /// Tells them here. A listener that does not keep up misses some.
    #[must_use]
    pub fn to(listener: mpsc::Sender<Waiting>) -> Self {
        Self(Some(listener))
    }

    /// Does `work`, and tells meanwhile what the keystore with these waits awaits for `about`. Where
    /// that is a PIN and nobody listens any more, it ends: nobody types one for a caller who left.
    ///
    /// # Errors
    /// Those of `work`, and `Locked` where it ended so.
    pub(super) async fn during<T>(
        &self,
        mut waits: watch::Receiver<Waits>,
        about: &About,
        work: impl Future<Output = Result<T, KeystoreError>>,
    ) -> Result<T, KeystoreError> {
        let Some(listener) = &self.0 else {
            return work.await;
        };
        let mut work = pin!(work);
        let mut told: Option<Waiting> = None;
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
                    let before = told.as_ref().map(|waiting| waiting.kind);
                    if let Some(waiting) = mine.as_ref().filter(|mine| Some(mine.kind) != before) {
                        let _ = listener.try_send(waiting.clone());
                    }
                    told = mine;
                }
                // The list is as the work left it: while a PIN is awaited, the device has no job.
                left = left(listener, told.as_ref()) => return Err(left),
            }
        }
    }
}

/// Waits until the listener is gone, while a PIN is awaited; else for ever.
async fn left(listener: &mpsc::Sender<Waiting>, told: Option<&Waiting>) -> KeystoreError {
    match told.filter(|waiting| waiting.kind == WaitKind::Pin) {
        None => std::future::pending().await,
        Some(waiting) => {
            listener.closed().await;
            KeystoreError::Locked {
                keystore: waiting.keystore.clone(),
                why: "its PIN was waited for, and the caller went away".to_owned(),
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

    fn waiting(kind: WaitKind, about: &About) -> Waiting {
        Waiting {
            kind,
            keystore: "root-a".parse().unwrap(),
            device: "YubiKey 1".to_owned(),
            about: about.clone(),
            until: SystemTime::UNIX_EPOCH,
        }
    }

    async fn until(gone: oneshot::Receiver<()>) -> Result<(), KeystoreError> {
        gone.await.unwrap();
        Ok(())
    }

    #[tokio::test]
    async fn each_wait_of_the_request_is_told_once_and_of_no_other() {
        let (list, mine, other) = (WaitList::default(), About::new("a"), About::new("b"));
        let (listener, mut heard) = mpsc::channel(8);
        let (go, gone) = oneshot::channel::<()>();
        let progress = Progress::to(listener);
        let (waits, about) = (list.subscribe(), mine.clone());
        let task = tokio::spawn(async move { progress.during(waits, &about, until(gone)).await });
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

    #[tokio::test]
    async fn no_pin_is_waited_for_once_nobody_listens_but_a_touch_is() {
        let (list, mine) = (WaitList::default(), About::new("a"));
        let (listener, heard) = mpsc::channel(8);
        let progress = Progress::to(listener);
        let (go, gone) = oneshot::channel::<()>();
        let (waits, about) = (list.subscribe(), mine.clone());
        let touch = list.wait(waiting(WaitKind::Touch, &mine));
        drop(heard);
        let task = tokio::spawn(async move { progress.during(waits, &about, until(gone)).await });
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        let _pin = list.wait(waiting(WaitKind::Pin, &mine));
        drop(touch);
        let limit = std::time::Duration::from_secs(10);
        let ended = tokio::time::timeout(limit, task).await.expect("it hangs");
        assert!(matches!(ended.unwrap(), Err(KeystoreError::Locked { .. })));
        drop(go);
    }
}
