//! The token alone: C_Sign in a loop over warm sessions, and one sync of the disk.
//!
//! Modules take their settings from the environment, so the token is measured in a process of its
//! own, which [`in_child`] starts.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use hdrhistogram::Histogram;

use privyseal_tests::require;

use crate::figures::{Figures, histogram};

/// How a program reaches the token: its module, and the variable that tells the module where.
#[derive(Debug, Clone)]
pub struct Way {
    module: PathBuf,
    variable: (&'static str, OsString),
}

impl Way {
    /// SoftHSM2 itself.
    pub fn softhsm(conf: &Path) -> Self {
        Self {
            module: require::SOFTHSM.into(),
            variable: ("SOFTHSM2_CONF", conf.into()),
        }
    }

    /// p11-kit's remoting, with its server at this socket.
    pub fn p11_kit(module: &Path, socket: &Path) -> Self {
        let mut address = OsString::from("unix:path=");
        address.push(socket);
        Self {
            module: module.to_owned(),
            variable: ("P11_KIT_SERVER_ADDRESS", address),
        }
    }
}

/// Fills the token with `objects` objects and measures it, in a process that is this program
/// again. Returns one session, and two.
pub fn in_child(way: &Way, pin: &Path, objects: usize, time: Duration) -> Result<[Figures; 2]> {
    let (variable, value) = &way.variable;
    let output = Command::new(std::env::current_exe()?)
        .env(variable, value)
        .arg("--raw")
        .arg(pin)
        .arg("--module")
        .arg(&way.module)
        .args([
            "--objects",
            &objects.to_string(),
            "--seconds",
            &time.as_secs().to_string(),
        ])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let figures: Vec<_> = text
        .lines()
        .map(Figures::from_line)
        .collect::<Result<_>>()?;
    figures
        .try_into()
        .map_err(|_| anyhow::anyhow!("the token could not be measured by {way:?}"))
}

/// What that process does.
pub fn child(module: &Path, pin: &Path, objects: usize, time: Duration) -> Result<()> {
    let pin = std::fs::read_to_string(pin)?;
    let token = RawToken::open(module, pin.trim())?;
    token.fill(objects)?;
    for sessions in [1, 2] {
        println!("{}", token.sign(sessions, time)?.to_line());
    }
    token.close()
}

/// The token as a program has it that does nothing but sign.
struct RawToken {
    module: Pkcs11,
    slot: Slot,
    /// Keeps the login.
    anchor: Session,
}

impl RawToken {
    /// Loads the module and logs in.
    fn open(module: &Path, pin: &str) -> Result<Self> {
        let module = Pkcs11::new(module)?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let slot = *module
            .get_slots_with_initialized_token()?
            .first()
            .context("no token")?;
        let anchor = module.open_rw_session(slot)?;
        anchor.login(UserType::User, Some(&AuthPin::new(pin.into())))?;
        Ok(Self {
            module,
            slot,
            anchor,
        })
    }

    /// Adds data objects until the token holds `count`.
    fn fill(&self, count: usize) -> Result<()> {
        for index in 0..count {
            let value = index.to_be_bytes().to_vec();
            self.anchor.create_object(&[
                Attribute::Class(ObjectClass::DATA),
                Attribute::Token(true),
                Attribute::Label(format!("other-{index}").into_bytes()),
                Attribute::Value(value),
            ])?;
        }
        Ok(())
    }

    /// Signs with `sessions` threads for `time`.
    fn sign(&self, sessions: usize, time: Duration) -> Result<Figures> {
        let keys = self.anchor.find_objects(&[
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Sign(true),
        ])?;
        let key = *keys.first().context("the token has no key")?;
        let stop = Arc::new(AtomicBool::new(false));
        let start = Instant::now();
        let threads: Vec<_> = (0..sessions)
            .map(|_| {
                let session = self.module.open_ro_session(self.slot)?;
                let stop = Arc::clone(&stop);
                Ok(std::thread::spawn(move || -> Result<Histogram<u64>> {
                    let mut latencies = histogram();
                    let digest = [7; 32];
                    while !stop.load(Ordering::Relaxed) {
                        let began = Instant::now();
                        session.sign(&Mechanism::Ecdsa, key, &digest)?;
                        latencies.saturating_record(began.elapsed().as_nanos() as u64);
                    }
                    Ok(latencies)
                }))
            })
            .collect::<Result<_>>()?;
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        let mut latencies = histogram();
        for thread in threads {
            let one = thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
            latencies.add(one)?;
        }
        Ok(Figures::new(&latencies, start.elapsed(), None))
    }

    /// Releases the module, so that it can be loaded again.
    fn close(self) -> Result<()> {
        drop(self.anchor);
        Ok(self.module.finalize()?)
    }
}

/// One durable write of a record's size into space that is there already, as the ledger does it.
pub fn sync(directory: &Path) -> Result<Figures> {
    const RECORD: usize = 320;
    let path = directory.join("sync.probe");
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)?;
    file.write_all_at(&vec![0; 512 * 1024], 0)?;
    file.sync_all()?;
    let mut latencies = histogram();
    let start = Instant::now();
    for index in 0..1000 {
        let began = Instant::now();
        file.write_all_at(&[1; RECORD], index * RECORD as u64)?;
        file.sync_data()?;
        latencies.saturating_record(began.elapsed().as_nanos() as u64);
    }
    let figures = Figures::new(&latencies, start.elapsed(), None);
    std::fs::remove_file(path)?;
    Ok(figures)
}
