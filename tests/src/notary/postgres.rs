//! A private PostgreSQL with the tables of notary-server.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::User;

use super::service::Service;
use crate::require;
use crate::sandbox::Sandbox;

/// The owner of the database.
const OWNER: &str = "notary";

/// A cluster with a directory of its own, on a Unix socket in it.
#[derive(Debug)]
pub struct Postgres {
    directory: PathBuf,
    service: Service,
}

impl Postgres {
    /// Is PostgreSQL on this machine? Says so where not.
    #[must_use]
    pub fn installed() -> bool {
        let there = programs().is_some();
        if !there {
            require::skip("there is no PostgreSQL");
        }
        there
    }

    /// Makes the cluster, starts it, and creates the tables.
    ///
    /// # Panics
    /// Where there is no PostgreSQL: ask [`Self::installed`] first.
    #[must_use]
    pub fn start(sandbox: &Sandbox) -> Self {
        let programs = programs().expect("PostgreSQL is installed");
        let directory = sandbox.directory("postgres");
        give_away(sandbox.path(), &directory);
        let data = directory.join("data");
        let made = as_its_user(&programs.join("initdb"))
            .args(["--auth=trust", "--username", OWNER, "--no-sync"])
            .args(["--no-instructions", "--locale=C", "--encoding=UTF8"])
            .arg("--pgdata")
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {made:?}");
        let mut command = as_its_user(&programs.join("postgres"));
        command.arg("-D").arg(&data);
        let settings = [
            "listen_addresses=",
            &format!("unix_socket_directories={}", directory.display()),
            "fsync=off",
        ];
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut postgres = Self {
            // SIGQUIT ends the children with the first process; what is lost does not matter.
            service: Service::new("postgres", sandbox.path(), command).ended_by(Signal::SIGQUIT),
            directory: directory.clone(),
        };
        postgres
            .service
            .start(|| psql(&directory, "select 1").is_some());
        psql(&directory, include_str!("schema.sql")).expect("the tables are created");
        postgres
    }

    /// `storage.db_url` of notary-server.
    #[must_use]
    pub fn url(&self) -> String {
        let directory = self.directory.display();
        format!("postgres://{OWNER}@/postgres?host={directory}&sslmode=disable")
    }

    /// Runs SQL; returns what it printed, without headings.
    ///
    /// # Panics
    /// Where it fails.
    pub fn sql(&self, text: &str) -> String {
        psql(&self.directory, text).expect("psql")
    }
}

fn psql(directory: &Path, text: &str) -> Option<String> {
    let ran = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set=ON_ERROR_STOP=1", "--single-transaction"])
        .args(["--username", OWNER, "--dbname=postgres", "--host"])
        .arg(directory)
        .args(["--command", text])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let printed = String::from_utf8(ran.stdout).unwrap();
    ran.status.success().then_some(printed)
}

/// Where Debian has the programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |entry: &PathBuf| entry.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .max_by_key(version)?;
    let programs = newest.join("bin");
    programs.join("initdb").is_file().then_some(programs)
}

/// It refuses to be run by root.
fn user() -> Option<User> {
    let name = |name| User::from_name(name).unwrap();
    let user = || name("postgres").or_else(|| name("nobody"));
    nix::unistd::geteuid().is_root().then(user).flatten()
}

fn as_its_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    // It looks at the working directory, which its user may not read.
    command.stdin(Stdio::null()).current_dir("/");
    if let Some(user) = user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

fn give_away(sandbox: &Path, directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
    if let Some(user) = user() {
        fs::set_permissions(sandbox, Permissions::from_mode(0o711)).unwrap();
        let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
        chown(directory, Some(uid), Some(gid)).unwrap();
    }
}
