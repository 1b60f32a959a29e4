//! Names for the loopback interface that only one process and its children know.

use std::path::Path;
use std::process::Command;

use crate::sandbox::Sandbox;

/// The program with a mount namespace of its own, in which `names` resolve to 127.0.0.1 and what it
/// mounts is gone when it ends. Its process id is the program's. Only root can start it.
#[must_use]
pub fn knowing(sandbox: &Sandbox, names: &[&str], program: &Path) -> Command {
    let hosts = format!("127.0.0.1 localhost {}\n", names.join(" "));
    let hosts = sandbox.write(format!("hosts/{}", names.join("+")), hosts);
    let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]);
    command.arg(hosts).arg(program);
    command
}
