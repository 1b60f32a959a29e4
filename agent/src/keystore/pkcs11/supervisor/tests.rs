use super::*;
use crate::keystore::key::TokenSerial;
use crate::keystore::login::{LoginAttempt, Operator, Standing};
use crate::keystore::name::KeystoreName;
use crate::keystore::pkcs11::event::{Pin, Reply};

struct Log;

impl LoginLog for Log {
    fn standing(&self, _: &KeystoreName) -> Standing {
        Standing::Clear
    }

    fn open(
        &self,
        keystore: &KeystoreName,
        _: &TokenSerial,
        _: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
        Err(KeystoreError::LoginNotRecorded {
            keystore: keystore.clone(),
            why: "it is full".to_owned(),
        })
    }
}

/// The state after an unlock, which begins with a look for the module that isn't there.
fn state_after_unlock(reply: Reply<()>) -> KeystoreState {
    let settings = "name = 'hsm'\nkind = 'pkcs11'\nmodule = '/nonexistent/module.so'\n\
                    token = 'pkcs11:token=main'\npin = 'operator'\n";
    let shared = Arc::new(Shared::new(toml::from_str(settings).unwrap()));
    let channel = crossbeam_channel::bounded(1);
    let mut supervisor = Supervisor::new(Arc::clone(&shared), Vec::new(), Arc::new(Log), channel);
    let operator = Operator {
        name: "root".to_owned(),
        ..Operator::default()
    };
    supervisor.handle(Event::Unlock(
        Pin::Typed("1234".into(), None),
        operator,
        reply,
    ));
    shared.subscribe().borrow().clone()
}

#[test]
fn an_unlock_that_nobody_waits_for_is_not_begun() {
    let (reply, answer) = tokio::sync::oneshot::channel();
    let state = state_after_unlock(reply);
    assert!(matches!(state, KeystoreState::Faulted(_)), "{state:?}");
    drop(answer);
    let (reply, _) = tokio::sync::oneshot::channel();
    let state = state_after_unlock(reply);
    assert!(matches!(state, KeystoreState::Absent(_)), "{state:?}");
}
