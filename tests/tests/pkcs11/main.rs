//! The PKCS#11 keystore against SoftHSM2, without the rest of the agent.
//!
//! SoftHSM2 reads its configuration from the environment once in a process, and a module's state
//! belongs to the process; so each test runs itself again as a child with a token directory of its
//! own.

#![cfg(test)]

mod destroying;
mod keys;
mod presence;

use std::fs::{Permissions, create_dir, remove_dir_all, rename, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use privyseal_agent::keystore::login::{LoginAttempt, LoginLog, Standing};
use privyseal_agent::keystore::pkcs11::{Pkcs11Keystore, Settings};
use privyseal_agent::keystore::{
    BoundKey, KeyOrder, KeyStanding, Keystore, KeystoreError, KeystoreName, KeystoreState,
    Operator, TokenSerial,
};
use privyseal_tests::shim::{Fault, Shim, USER_PIN_FINAL_TRY, USER_PIN_LOCKED};
use privyseal_tuf::Algorithm;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// CKR_DEVICE_ERROR.
const DEVICE_ERROR: u64 = 0x30;

/// The directory of a child's token, its PIN file and its shim.
const DIRECTORY: &str = "PRIVYSEAL_TEST_DIRECTORY";

/// Runs `body` in a child process of its own, on an empty token directory.
fn alone<F: Future<Output = ()>>(body: impl FnOnce(Stage) -> F) {
    // The test's thread has its name.
    let test = std::thread::current().name().unwrap().to_owned();
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .unwrap()
            .block_on(body(Stage::new(Path::new(&directory))));
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let stage = Stage::new(directory.path());
    create_dir(&stage.tokens).unwrap();
    stage.pin("1234");
    let config = directory.path().join("softhsm2.conf");
    write(
        &config,
        format!("directories.tokendir = {}\n", stage.tokens.display()),
    )
    .unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture"])
        .env(DIRECTORY, directory.path())
        .env("SOFTHSM2_CONF", config)
        .envs(stage.shim.environment())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

struct Stage {
    directory: PathBuf,
    tokens: PathBuf,
    shim: Shim,
    logins: Arc<Mutex<Vec<String>>>,
    full: Arc<AtomicBool>,
}

impl Stage {
    fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            tokens: directory.join("tokens"),
            shim: Shim::new(directory, Path::new(MODULE)),
            logins: Arc::default(),
            full: Arc::default(),
        }
    }

    fn pin(&self, pin: &str) {
        let path = self.directory.join("pin");
        write(&path, pin).unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    fn make_token(&self) {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", "main"])
            .args(["--pin", "1234", "--so-pin", "56785678"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }

    fn take_away(&self) {
        rename(&self.tokens, self.directory.join("away")).unwrap();
        create_dir(&self.tokens).unwrap();
    }

    fn bring_back(&self) {
        remove_dir_all(&self.tokens).unwrap();
        rename(self.directory.join("away"), &self.tokens).unwrap();
    }

    fn start(&self, keys: Vec<Arc<BoundKey>>, more: &str) -> Arc<Pkcs11Keystore> {
        let (module, pin) = (Shim::library().unwrap(), self.directory.join("pin"));
        let settings: Settings = toml::from_str(&format!(
            "name = 'hsm'\nkind = 'pkcs11'\nmodule = '{}'\ntoken = 'pkcs11:token=main'\n\
             pin = {{ file = '{}' }}\n{more}",
            module.display(),
            pin.display()
        ))
        .unwrap();
        let log = Arc::new(Log {
            logins: Arc::clone(&self.logins),
            full: Arc::clone(&self.full),
        });
        Pkcs11Keystore::start(settings, keys, log).unwrap()
    }

    /// From now on the ledger has no room for a login, or has it again.
    fn fill_ledger(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    fn logins(&self) -> Vec<String> {
        self.logins.lock().unwrap().clone()
    }
}

struct Log {
    logins: Arc<Mutex<Vec<String>>>,
    full: Arc<AtomicBool>,
}

impl LoginLog for Log {
    fn standing(&self, _: &KeystoreName) -> Standing {
        Standing::Clear
    }

    fn open(
        &self,
        keystore: &KeystoreName,
        _: &TokenSerial,
        operator: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(KeystoreError::LoginNotRecorded {
                keystore: keystore.clone(),
                why: "the ledger is full".to_owned(),
            });
        }
        let who = if operator.is_some() {
            "a person"
        } else {
            "the agent"
        };
        self.logins.lock().unwrap().push(who.to_owned());
        Ok(Box::new(Self {
            logins: Arc::clone(&self.logins),
            full: Arc::clone(&self.full),
        }))
    }
}

impl LoginAttempt for Log {
    fn close(self: Box<Self>, accepted: bool, answer: &str) -> Result<(), KeystoreError> {
        let end = if accepted { "accepted" } else { answer };
        self.logins.lock().unwrap().push(end.to_owned());
        Ok(())
    }
}

fn operator() -> Operator {
    Operator {
        name: "root".to_owned(),
        ..Operator::default()
    }
}

/// Waits for a state whose error has this reason; `READY` for none.
async fn reaches(keystore: &Pkcs11Keystore, reason: &str) {
    let now =
        |state: &KeystoreState| state.obstacle().map_or("READY", KeystoreError::reason) == reason;
    let mut state = keystore.state();
    let reached = tokio::time::timeout(Duration::from_secs(20), state.wait_for(now)).await;
    assert!(
        reached.is_ok(),
        "not {reason}: {:?}",
        *keystore.state().borrow()
    );
}

fn reason<T>(result: Result<T, KeystoreError>) -> &'static str {
    result.map_or_else(|error| error.reason(), |_| "OK")
}

async fn generate(keystore: &Pkcs11Keystore, name: &str, algorithm: Algorithm) -> Arc<BoundKey> {
    keystore
        .generate(KeyOrder::plain(name.parse().unwrap(), algorithm))
        .await
        .unwrap()
        .key
}
