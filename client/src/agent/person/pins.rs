use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::pending;
use std::io::{self, IsTerminal};
use std::time::Duration;

use privyseal_proto::v1::waiting::Kind;
use privyseal_proto::v1::{KeystoreStatus, StatusRequest, UnlockRequest, Waiting};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::{Person, words};
use crate::agent::{AgentError, check_pin};
use crate::show::{escape, now};

/// One PIN may serve several requests: those that go on with it do so in this time, and the others
/// are asked about after it.
const SETTLE: Duration = Duration::from_millis(200);

/// How long a PIN that was taken may need to reach the request that waits for it.
const TAKEN: Duration = Duration::from_secs(2);

/// Whether a person can type here.
pub(super) fn can_type() -> bool {
    io::stdin().is_terminal()
}

/// How a question for a PIN ended.
enum Typed {
    /// The agent took the PIN.
    Taken,
    /// The request waits no more.
    Pointless,
    /// No PIN is asked for here any more, and why.
    Never(String),
}

impl Person<'_> {
    /// Asks for the PINs that are waited for, one after another, where a person can type and may
    /// unlock. It goes on until it is dropped, which takes an open question back.
    ///
    /// Only a person's typing has a PIN tried, and each once.
    pub(crate) async fn types_pins(&self) -> Infallible {
        if !can_type() {
            return pending().await;
        }
        loop {
            let (id, waiting) = self.next_pin().await;
            sleep(SETTLE).await;
            if !self.waits_for_pin(id) {
                continue;
            }
            let ended = match self.wanted(&waiting).await {
                Ok(Some(keystore)) => self.ask_for(id, &waiting, &keystore).await,
                // It goes on in this moment.
                Ok(None) => Typed::Taken,
                Err(why) => Typed::Never(why),
            };
            match ended {
                Typed::Taken => {
                    // Where somebody else's request took it, ours waits on, and is asked about again.
                    let _ = timeout(TAKEN, self.until_it_goes_on(id)).await;
                }
                Typed::Pointless => {}
                Typed::Never(why) => self.give_up(&waiting.keystore, &why),
            }
        }
    }

    /// The first request that waits for a PIN.
    async fn next_pin(&self) -> (u64, Waiting) {
        let mut waits = self.waits.subscribe();
        loop {
            let next = first(&waits.borrow_and_update(), &self.given_up.borrow());
            if let Some(next) = next {
                return next;
            }
            if waits.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// Nobody at this terminal can do anything for a keystore: those who wait for its PIN, now and
    /// later, are told what can be done elsewhere.
    fn give_up(&self, keystore: &str, why: &str) {
        self.voice.say(why);
        self.given_up.borrow_mut().insert(keystore.to_owned());
        let waits = self.waits.borrow().clone();
        let waits = waits
            .values()
            .filter(|it| is_pin(it) && it.keystore == keystore);
        waits.for_each(|waiting| self.tell_elsewhere(waiting));
    }

    /// Tells where the PIN can be typed, if not here.
    pub(super) fn tell_elsewhere(&self, waiting: &Waiting) {
        let line = words::pin_elsewhere(self.agent.name(), waiting, now());
        self.voice.say(&line);
    }

    fn waits_for_pin(&self, id: u64) -> bool {
        self.waits.borrow().get(&id).is_some_and(is_pin)
    }

    async fn until_it_goes_on(&self, id: u64) {
        let mut waits = self.waits.subscribe();
        let gone = |waits: &BTreeMap<u64, Waiting>| !waits.get(&id).is_some_and(is_pin);
        // An error would mean that nobody is there any more: then nothing goes on.
        if waits.wait_for(gone).await.is_err() {
            pending().await
        }
    }

    /// The keystore, where the agent waits for its PIN indeed; an error says why a person here can't
    /// type it.
    async fn wanted(&self, waiting: &Waiting) -> Result<Option<KeystoreStatus>, String> {
        let status = self.agent.admin().status(StatusRequest {}).await;
        let status = status.map_err(|status| told(&self.agent.error(&status)))?;
        let status = status.into_inner();
        if !status.operator {
            let agent = self.agent.name();
            return Err(format!("you are no operator of agent {agent}"));
        }
        let mut keystores = status.keystores.into_iter();
        Ok(keystores.find(|keystore| {
            let is_it = |wait: &Waiting| is_pin(wait) && wait.id == waiting.id;
            keystore.name == waiting.keystore && keystore.waiting.iter().any(is_it)
        }))
    }

    /// Asks until a PIN is taken. Between a wrong one and the next nothing that is typed is shown.
    async fn ask_for(&self, id: u64, waiting: &Waiting, keystore: &KeystoreStatus) -> Typed {
        let nowhere =
            |_: io::Error| Typed::Never("there is no terminal to type the PIN on".to_owned());
        let mut asking = match self.voice.ask(id, &words::prompt(waiting)) {
            Ok(asking) => asking,
            Err(error) => return nowhere(error),
        };
        loop {
            let pin = tokio::select! {
                biased;
                () = self.until_it_goes_on(id) => return Typed::Pointless,
                typed = asking.answer() => typed,
            };
            let Ok(Some(mut pin)) = pin else {
                return Typed::Never("no PIN was typed".to_owned());
            };
            let why = match check_pin(&keystore.kind, &pin) {
                Ok(()) => match self.unlock(waiting, &mut pin).await {
                    Ok(()) => {
                        self.voice.say(&words::pin_taken(waiting));
                        return Typed::Taken;
                    }
                    // The next try is a person's, too; before the last one the agent refuses.
                    Err(error) if error.code() == Some("PIN_INCORRECT") => {
                        escape(&error.to_string())
                    }
                    Err(error) => return Typed::Never(told(&error)),
                },
                Err(why) => format!("{why}; nothing was sent"),
            };
            self.voice.say(&why);
            if !self.waits_for_pin(id) {
                return Typed::Pointless;
            }
            if let Err(error) = asking.again() {
                return nowhere(error);
            }
        }
    }

    async fn unlock(
        &self,
        waiting: &Waiting,
        pin: &mut Zeroizing<String>,
    ) -> Result<(), AgentError> {
        let request = UnlockRequest {
            keystore: waiting.keystore.clone(),
            pin: std::mem::take(&mut **pin),
            again: false,
            // For what the person read, and for nothing else.
            wait: waiting.id,
        };
        let reply = self.agent.admin().unlock(request).await;
        reply.map(drop).map_err(|status| self.agent.error(&status))
    }
}

fn is_pin(waiting: &Waiting) -> bool {
    waiting.kind() == Kind::Pin
}

fn first(waits: &BTreeMap<u64, Waiting>, given_up: &BTreeSet<String>) -> Option<(u64, Waiting)> {
    let mut waits = waits.iter();
    let wanted = |(_, it): &(&u64, &Waiting)| is_pin(it) && !given_up.contains(&it.keystore);
    waits.find(wanted).map(|(id, it)| (*id, it.clone()))
}

/// An agent's "no", with what to do.
fn told(error: &AgentError) -> String {
    let (message, remedy) = (error.to_string(), error.remedy());
    format!("{}; to do: {}", escape(&message), escape(&remedy))
}
