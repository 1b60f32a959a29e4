//! The gate that every call goes through.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cryptoki_sys::{CK_FLAGS, CK_FUNCTION_LIST, CK_RV, CKR_GENERAL_ERROR, CKR_OK};
use libloading::Library;

use crate::counters::Counters;
use crate::faults::{Faults, Spoil};
use crate::functions::NAMES;

/// The real module, with what counts and spoils its calls.
pub(crate) struct Gate {
    real: &'static CK_FUNCTION_LIST,
    counters: Counters,
    faults: Faults,
}

/// The gate; none where the environment does not name a module and a directory that work.
pub(crate) fn gate() -> Option<&'static Gate> {
    static GATE: OnceLock<Option<Gate>> = OnceLock::new();
    GATE.get_or_init(Gate::open).as_ref()
}

/// Counts a call, applies the faults that stand before it, and forwards it.
pub(crate) fn forward(name: &str, call: impl FnOnce(&CK_FUNCTION_LIST) -> CK_RV) -> CK_RV {
    match gate() {
        None => CKR_GENERAL_ERROR,
        Some(gate) => gate.forward(name, call),
    }
}

/// Applies to a signature the faults that stand after the call.
pub(crate) fn spoil(name: &str, signature: &mut [u8]) -> usize {
    let mut length = signature.len();
    let kind = |spoil| matches!(spoil, Spoil::Corrupt | Spoil::Shorten);
    for fault in gate()
        .map(|gate| gate.faults.take(name, kind))
        .unwrap_or_default()
    {
        match fault {
            Spoil::Shorten => length = length.saturating_sub(1),
            _ => {
                if let Some(byte) = signature.last_mut() {
                    *byte ^= 1;
                }
            }
        }
    }
    length
}

/// The flags to set beside the token's own.
pub(crate) fn flags(name: &str) -> CK_FLAGS {
    let taken = gate().map(|gate| gate.faults.take(name, |s| matches!(s, Spoil::Flags(_))));
    let flags = taken
        .unwrap_or_default()
        .into_iter()
        .filter_map(|spoil| match spoil {
            Spoil::Flags(flags) => Some(flags),
            _ => None,
        });
    flags.fold(0, |all, flags| all | flags)
}

impl Gate {
    fn open() -> Option<Self> {
        let module = PathBuf::from(std::env::var_os("PRIVYSEAL_SHIM_MODULE")?);
        let directory = PathBuf::from(std::env::var_os("PRIVYSEAL_SHIM_DIR")?);
        let counters = Counters::create(&directory.join("counters"), NAMES).ok()?;
        let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
        // SAFETY: the test that set the variable vouches for the module. It is never unloaded, so
        // its list lives as long as the process.
        let real = unsafe {
            let library: &'static Library = Box::leak(Box::new(Library::new(module).ok()?));
            type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
            let entry = library.get::<Entry>(b"C_GetFunctionList\0").ok()?;
            if entry(&raw mut list) != CKR_OK {
                return None;
            }
            list.as_ref()?
        };
        Some(Self {
            real,
            counters,
            faults: Faults::new(directory.join("faults")),
        })
    }

    fn forward(&self, name: &str, call: impl FnOnce(&CK_FUNCTION_LIST) -> CK_RV) -> CK_RV {
        self.counters.count(name);
        let kind = |spoil| matches!(spoil, Spoil::Answer(_) | Spoil::Sleep(_));
        for fault in self.faults.take(name, kind) {
            match fault {
                Spoil::Answer(value) => return value,
                Spoil::Sleep(time) => self.sleep(time),
                _ => {}
            }
        }
        call(self.real)
    }

    /// Sleeps until the time is over or the file changes.
    fn sleep(&self, time: Duration) {
        let (end, stamp) = (Instant::now() + time, self.faults.stamp());
        while Instant::now() < end && self.faults.stamp() == stamp {
            std::thread::sleep(Duration::from_millis(5).min(time));
        }
    }
}
