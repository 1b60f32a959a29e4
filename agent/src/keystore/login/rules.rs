//! The rules on PINs, apart from the calls that they govern.

use secrecy::{ExposeSecret, SecretString};

use super::Standing;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::TokenSerial;
use crate::keystore::name::KeystoreName;
use crate::keystore::state::KeystoreState;

/// What the token says of its PIN counter (CKF_USER_PIN_*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PinCounter {
    /// Nothing worth a word.
    Fine,
    /// At least one wrong PIN since the last right one.
    Low,
    /// The next wrong PIN locks the token.
    FinalTry,
    /// The PIN is locked.
    Locked,
}

/// What to do about a token that wants a login.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Use the configured source.
    Source,
    /// Use the PIN that worked on this token before.
    Remembered(SecretString),
    /// Try nothing; this is the keystore's state.
    Wait(KeystoreState),
}

/// What one keystore knows of its PIN.
#[derive(Debug)]
pub(crate) struct LoginRules {
    keystore: KeystoreName,
    holds_root_keys: bool,
    has_source: bool,
    standing: Standing,
    proven: Option<Proven>,
}

/// A PIN worked on this token since the agent started.
#[derive(Debug)]
struct Proven {
    serial: TokenSerial,
    /// None for a keystore that holds root keys: its PIN is not kept.
    pin: Option<SecretString>,
}

impl LoginRules {
    pub(crate) fn new(
        keystore: KeystoreName,
        holds_root_keys: bool,
        has_source: bool,
        standing: Standing,
    ) -> Self {
        Self {
            keystore,
            holds_root_keys,
            has_source,
            standing,
            proven: None,
        }
    }

    /// The token is there and nobody asked: may the agent log in by itself?
    pub(crate) fn unattended(&self, serial: &TokenSerial, counter: PinCounter) -> Verdict {
        if let Err(error) = self.attended(counter) {
            return Verdict::Wait(KeystoreState::PinRefused(error));
        }
        if let Some(held) = self.latch() {
            return Verdict::Wait(held);
        }
        match &self.proven {
            None if self.has_source => Verdict::Source,
            None => self.wait("it waits for its PIN"),
            Some(proven) if proven.serial != *serial => {
                self.wait("its PIN was proven on another token than this one")
            }
            Some(Proven { pin: Some(pin), .. }) => Verdict::Remembered(pin.clone()),
            Some(_) => {
                self.wait("the token was away, and a keystore of root keys waits for a person")
            }
        }
    }

    /// A person asked: may a PIN be tried at all?
    pub(crate) fn attended(&self, counter: PinCounter) -> Result<(), KeystoreError> {
        let keystore = self.keystore.clone();
        match counter {
            PinCounter::Fine | PinCounter::Low => Ok(()),
            PinCounter::FinalTry => Err(KeystoreError::PinFinalTry { keystore }),
            PinCounter::Locked => Err(KeystoreError::PinLocked { keystore }),
        }
    }

    /// The keystore is logged in to, and one of its keys wants the configured PIN once more.
    pub(crate) fn once_more(&self, counter: PinCounter) -> Result<(), KeystoreError> {
        self.attended(counter)?;
        match self.latch() {
            Some(KeystoreState::PinRefused(error) | KeystoreState::Locked(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Is it known that this token takes this PIN? A keystore of root keys keeps none to compare.
    pub(crate) fn proves(&self, serial: &TokenSerial, pin: &SecretString) -> bool {
        let proven = self.proven.as_ref().filter(|known| known.serial == *serial);
        let known = proven.and_then(|known| known.pin.as_ref());
        known.is_some_and(|known| known.expose_secret() == pin.expose_secret())
    }

    /// The attempt is recorded and the PIN is about to be given.
    pub(crate) fn begun(&mut self) {
        self.standing = Standing::Unfinished;
    }

    /// The token took the PIN.
    pub(crate) fn accepted(&mut self, serial: TokenSerial, pin: SecretString) {
        self.standing = Standing::Clear;
        let pin = (!self.holds_root_keys).then_some(pin);
        self.proven = Some(Proven { serial, pin });
    }

    /// The token took the PIN for one signature, for which it may want another PIN than for a login.
    pub(crate) fn accepted_once(&mut self) {
        self.standing = Standing::Clear;
    }

    /// The token did not take the PIN, for whatever reason.
    pub(crate) fn refused(&mut self, answer: &str) {
        self.standing = Standing::Failed(answer.to_owned());
        self.proven = None;
    }

    /// A person logged out.
    pub(crate) fn locked(&mut self) {
        self.standing = Standing::Locked;
        self.proven = None;
    }

    fn latch(&self) -> Option<KeystoreState> {
        let keystore = self.keystore.clone();
        let why = match &self.standing {
            Standing::Clear => return None,
            Standing::Locked => {
                let why = "an operator locked it".to_owned();
                return Some(KeystoreState::Locked(KeystoreError::Locked {
                    keystore,
                    why,
                }));
            }
            Standing::Failed(answer) => format!("the last login failed ({answer})"),
            Standing::Unfinished => "the last login has no recorded end".to_owned(),
        };
        Some(KeystoreState::PinRefused(KeystoreError::PinLatched {
            keystore,
            why,
        }))
    }

    fn wait(&self, why: &str) -> Verdict {
        Verdict::Wait(KeystoreState::Locked(KeystoreError::Locked {
            keystore: self.keystore.clone(),
            why: why.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(holds_root_keys: bool, has_source: bool, standing: Standing) -> LoginRules {
        LoginRules::new(
            "hsm".parse().unwrap(),
            holds_root_keys,
            has_source,
            standing,
        )
    }

    fn serial(text: &str) -> TokenSerial {
        text.parse().unwrap()
    }

    fn reason(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Wait(state) => state.obstacle().unwrap().reason(),
            Verdict::Source => "source",
            Verdict::Remembered(_) => "remembered",
        }
    }

    #[test]
    fn uses_the_source_at_first_and_waits_where_there_is_none() {
        let a = serial("a");
        for root in [true, false] {
            let verdict = rules(root, true, Standing::Clear).unattended(&a, PinCounter::Fine);
            assert_eq!(reason(&verdict), "source");
            let verdict = rules(root, false, Standing::Clear).unattended(&a, PinCounter::Fine);
            assert_eq!(reason(&verdict), "KEYSTORE_LOCKED");
        }
    }

    #[test]
    fn never_logs_in_at_final_try_not_even_for_a_person() {
        for (counter, expected) in [
            (PinCounter::FinalTry, "PIN_FINAL_TRY"),
            (PinCounter::Locked, "PIN_LOCKED"),
        ] {
            let rules = rules(false, true, Standing::Clear);
            assert_eq!(reason(&rules.unattended(&serial("a"), counter)), expected);
            assert_eq!(rules.attended(counter).unwrap_err().reason(), expected);
        }
    }

    #[test]
    fn an_attempt_that_failed_or_never_ended_latches_until_a_person_acts() {
        let a = serial("a");
        for standing in [
            Standing::Failed("CKR_PIN_INCORRECT".into()),
            Standing::Unfinished,
        ] {
            let mut rules = rules(false, true, standing);
            assert_eq!(
                reason(&rules.unattended(&a, PinCounter::Fine)),
                "PIN_LATCHED"
            );
            assert_eq!(rules.attended(PinCounter::Low), Ok(()));
            rules.begun();
            rules.accepted(a.clone(), "1234".into());
            assert_eq!(
                reason(&rules.unattended(&a, PinCounter::Fine)),
                "remembered"
            );
            rules.refused("CKR_PIN_INCORRECT");
            assert_eq!(
                reason(&rules.unattended(&a, PinCounter::Fine)),
                "PIN_LATCHED"
            );
        }
    }

    #[test]
    fn a_crash_between_record_and_answer_latches() {
        let mut rules = rules(false, true, Standing::Clear);
        rules.begun();
        assert_eq!(
            reason(&rules.unattended(&serial("a"), PinCounter::Fine)),
            "PIN_LATCHED"
        );
    }

    #[test]
    fn a_pin_that_worked_is_used_again_only_on_its_token_and_not_for_root_keys() {
        let (a, b) = (serial("a"), serial("b"));
        let mut online = rules(false, true, Standing::Clear);
        online.accepted(a.clone(), "1234".into());
        match online.unattended(&a, PinCounter::Fine) {
            Verdict::Remembered(pin) => assert_eq!(pin.expose_secret(), "1234"),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            reason(&online.unattended(&b, PinCounter::Fine)),
            "KEYSTORE_LOCKED"
        );

        let mut root = rules(true, true, Standing::Clear);
        root.accepted(a.clone(), "1234".into());
        assert_eq!(
            reason(&root.unattended(&a, PinCounter::Fine)),
            "KEYSTORE_LOCKED"
        );
    }

    #[test]
    fn a_key_that_wants_the_pin_again_gets_none_after_a_failure_or_at_the_final_try() {
        let mut rules = rules(false, true, Standing::Clear);
        rules.accepted(serial("a"), "1234".into());
        assert_eq!(rules.once_more(PinCounter::Low), Ok(()));
        let final_try = rules.once_more(PinCounter::FinalTry).unwrap_err();
        assert_eq!(final_try.reason(), "PIN_FINAL_TRY");
        rules.begun();
        rules.accepted_once();
        assert_eq!(rules.once_more(PinCounter::Fine), Ok(()));
        rules.refused("CKR_PIN_INCORRECT");
        let latched = rules.once_more(PinCounter::Fine).unwrap_err();
        assert_eq!(latched.reason(), "PIN_LATCHED");
    }

    #[test]
    fn a_pin_is_proven_for_its_token_alone_and_never_kept_for_root_keys() {
        let (a, b, pin) = (serial("a"), serial("b"), SecretString::from("1234"));
        let mut online = rules(false, true, Standing::Clear);
        online.accepted(a.clone(), pin.clone());
        assert!(online.proves(&a, &pin));
        assert!(!online.proves(&b, &pin) && !online.proves(&a, &"1235".into()));
        online.refused("CKR_PIN_INCORRECT");
        assert!(!online.proves(&a, &pin));
        let mut root = rules(true, true, Standing::Clear);
        root.accepted(a.clone(), pin.clone());
        assert!(!root.proves(&a, &pin));
    }

    #[test]
    fn what_a_person_locked_stays_locked() {
        let a = serial("a");
        let mut rules = rules(false, true, Standing::Clear);
        rules.accepted(a.clone(), "1234".into());
        rules.locked();
        assert_eq!(
            reason(&rules.unattended(&a, PinCounter::Fine)),
            "KEYSTORE_LOCKED"
        );
    }
}
