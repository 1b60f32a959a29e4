//! What the process gives up at start: core dumps and being read by a debugger.

use nix::{
    errno::Errno,
    sys::{
        prctl,
        resource::{Resource, setrlimit},
    },
};

/// No core dumps, and not dumpable: a PIN in memory reaches no file and no ptrace of the same user.
///
/// # Errors
/// Where the kernel refuses, which it does not on Linux.
pub fn harden() -> Result<(), Errno> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)
}
