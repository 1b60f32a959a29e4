use cryptoki::context::Function;

use super::*;
use crate::keystore::key::{TokenIdentity, TokenSerial};
use crate::keystore::login::{LoginAttempt, Standing};

/// What was recorded: "open", "accepted", or the token's answer.
#[derive(Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Attempt(Arc<Mutex<Vec<String>>>);

impl LoginLog for Log {
    fn standing(&self, _: &KeystoreName) -> Standing {
        Standing::Clear
    }

    fn open(
        &self,
        _: &KeystoreName,
        _: &TokenSerial,
        operator: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
        let who = operator.map_or("source", |operator| operator.name.as_str());
        self.0.lock().push(format!("open by {who}"));
        Ok(Box::new(Attempt(Arc::clone(&self.0))))
    }
}

impl LoginAttempt for Attempt {
    fn close(self: Box<Self>, accepted: bool, answer: &str) -> Result<(), KeystoreError> {
        let word = if accepted { "accepted" } else { answer };
        self.0.lock().push(word.to_owned());
        Ok(())
    }
}

struct Desk {
    attempts: Attempts,
    token: Found,
    log: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    /// Logged in with "1234" from the source.
    fn new(more: &str) -> Self {
        let settings = format!(
            "name = 'hsm'\nkind = 'pkcs11'\nmodule = '/module.so'\ntoken = 'pkcs11:token=main'\n\
             pin = {{ file = '/pin' }}\n{more}"
        );
        let log = Arc::default();
        let attempts = Attempts::new(
            &toml::from_str(&settings).unwrap(),
            Arc::new(Log(Arc::clone(&log))),
        );
        let token = Found {
            slot: 0u64.try_into().unwrap(),
            identity: TokenIdentity {
                label: "main".to_owned(),
                serial: "a".parse().unwrap(),
            },
            counter: PinCounter::Fine,
            is_yubico: false,
        };
        attempts
            .log_in(&token, "1234".into(), None, |_| Ok(()))
            .unwrap();
        log.lock().clear();
        Self {
            attempts,
            token,
            log,
        }
    }

    fn once(&self, pin: &str, by: Option<&str>, answer: Result<(), Error>) -> &'static str {
        let given = Given {
            from_source: false,
            pin: pin.into(),
            typed_now: by.is_some(),
            by: by.map(|name| Operator {
                name: name.to_owned(),
                ..Operator::default()
            }),
        };
        match self.attempts.once(&self.token, &given, |_| answer) {
            Ok(()) => "OK",
            Err(Refusal::NotTried(error) | Refusal::Refused(error)) => error.reason(),
        }
    }

    fn recorded(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock())
    }
}

fn incorrect() -> Result<(), Error> {
    Err(Error::Pkcs11(RvError::PinIncorrect, Function::Login))
}

#[test]
fn a_pin_that_the_token_took_before_is_recorded_only_when_it_is_refused() {
    let desk = Desk::new("holds_root_keys = false");
    assert_eq!(desk.once("1234", None, Ok(())), "OK");
    assert!(desk.recorded().is_empty());
    assert_eq!(desk.once("1234", None, incorrect()), "PIN_INCORRECT");
    assert_eq!(desk.recorded(), ["open by source", "CKR_PIN_INCORRECT"]);
    // The failure latches: no further try is made or recorded.
    assert_eq!(desk.once("1234", None, Ok(())), "PIN_LATCHED");
    assert!(desk.recorded().is_empty());
}

#[test]
fn every_other_try_is_recorded_before() {
    let root = Desk::new("");
    assert_eq!(root.once("1234", None, Ok(())), "OK");
    assert_eq!(root.recorded(), ["open by source", "accepted"]);
    let online = Desk::new("holds_root_keys = false");
    assert_eq!(online.once("1235", None, Ok(())), "OK");
    assert_eq!(online.recorded(), ["open by source", "accepted"]);
    assert_eq!(online.once("1234", Some("alice"), Ok(())), "OK");
    assert_eq!(online.recorded(), ["open by alice", "accepted"]);
}
