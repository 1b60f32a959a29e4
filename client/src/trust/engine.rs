//! The container tool of this machine: docker, podman or nerdctl, as a program that is run.

mod error;
mod find;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

pub use error::EngineError;

use super::reference::ImageReference;

/// A container tool. What it is given stands in its arguments: names, never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    kind: EngineKind,
    program: PathBuf,
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
    /// `nerdctl`.
    Nerdctl,
}

/// How long a question about an image may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much is read of an answer.
const LONGEST: u64 = 64 * 1024;
/// What has been verified here is not verified again by a tool that would do it otherwise.
const UNCHECKED: (&str, &str) = ("DOCKER_CONTENT_TRUST", "0");

impl EngineKind {
    /// Those that are known, in the order in which they are looked for.
    pub const ALL: [Self; 3] = [Self::Docker, Self::Podman, Self::Nerdctl];

    /// The program's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
        }
    }
}

impl Engine {
    /// The tool of this name or path, as the person names it; without a name the first of docker,
    /// podman and nerdctl that is there.
    ///
    /// # Errors
    /// Where the named one is unknown or missing, or none is there.
    pub fn find(named: Option<&str>) -> Result<Self, EngineError> {
        find::find(named, std::env::var_os("PATH").as_deref())
    }

    /// Whose it is.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// Whether it has this image, under this tag.
    ///
    /// # Errors
    /// Where it does not say: its service does not run, or does not answer.
    pub async fn has_image(&self, image: &ImageReference) -> Result<bool, EngineError> {
        let name = image.familiar();
        let arguments = ["image", "inspect", "--format", "{{.Id}}", &name];
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.not_run(&error))?;
        let mut said = Vec::new();
        let asked = async {
            if let Some(pipe) = child.stderr.take() {
                pipe.take(LONGEST).read_to_end(&mut said).await?;
            }
            child.wait().await
        };
        let status = tokio::time::timeout(PATIENCE, asked).await;
        let status = status.map_err(|_| EngineError::Silent(self.kind))?;
        let status = status.map_err(|error| self.not_run(&error))?;
        if status.success() {
            return Ok(true);
        }
        let said = String::from_utf8_lossy(&said);
        let lower = said.to_lowercase();
        match ["no such image", "image not known", "not found"]
            .iter()
            .any(|text| lower.contains(text))
        {
            true => Ok(false),
            false => Err(EngineError::Away {
                engine: self.kind,
                said: super::answer::shown(&said),
            }),
        }
    }

    /// Pushes an image; it shows its progress itself.
    ///
    /// # Errors
    /// Where it does not succeed.
    pub async fn push(&self, image: &ImageReference) -> Result<(), EngineError> {
        self.succeed(["push", &image.familiar()]).await
    }

    /// Pulls `name@sha256:…`; it shows its progress itself.
    ///
    /// # Errors
    /// Where it does not succeed.
    pub async fn pull(&self, name: &str) -> Result<(), EngineError> {
        self.succeed(["pull", name]).await
    }

    /// Gives an image that it has another name.
    ///
    /// # Errors
    /// Where it does not succeed.
    pub async fn tag(&self, from: &str, to: &str) -> Result<(), EngineError> {
        self.succeed(["tag", from, to]).await
    }

    /// Runs it with these arguments, on the person's terminal, until it ends.
    ///
    /// # Errors
    /// Where it can't be run.
    pub async fn attached<I, A>(&self, arguments: I) -> Result<ExitStatus, EngineError>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let status = self.command(arguments).status().await;
        status.map_err(|error| self.not_run(&error))
    }

    /// Becomes it: terminal, signals and exit status are then its own.
    ///
    /// Returns only where it can't be run.
    pub fn hand_over(&self, arguments: &[OsString]) -> EngineError {
        let error = self.command(arguments).as_std_mut().exec();
        self.not_run(&error)
    }

    async fn succeed<const N: usize>(&self, arguments: [&str; N]) -> Result<(), EngineError> {
        let status = self.attached(arguments).await?;
        match status.success() {
            true => Ok(()),
            false => Err(EngineError::Failed {
                engine: self.kind,
                what: arguments.join(" "),
                status: status.to_string(),
            }),
        }
    }

    fn command<I, A>(&self, arguments: I) -> Command
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.program);
        command.args(arguments).env(UNCHECKED.0, UNCHECKED.1);
        command
    }

    fn not_run(&self, error: &std::io::Error) -> EngineError {
        EngineError::NotRun {
            program: self.program.display().to_string(),
            reason: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tool that does what this script does.
    fn tool(directory: &tempfile::TempDir, script: &str) -> Engine {
        let program = directory.path().join("docker");
        // A child writes it: what another thread starts meanwhile would keep it open for writing.
        let text = format!("#!/bin/sh\n{script}\n");
        let write = "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\"";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", write]).arg(&program).arg(text);
        assert!(shell.status().unwrap().success());
        let kind = EngineKind::Docker;
        Engine { kind, program }
    }

    fn image() -> ImageReference {
        "docker.io/library/app:1".parse().unwrap()
    }

    #[tokio::test]
    async fn an_image_is_there_or_not_or_nobody_knows() {
        let directory = tempfile::tempdir().unwrap();
        let has = async |script: &str| tool(&directory, script).has_image(&image()).await;
        assert!(has("[ \"$5\" = app:1 ]").await.unwrap());
        let missing = "echo 'Error: No such image: app:1' >&2; exit 1";
        assert!(!has(missing).await.unwrap());
        let away = "printf 'Cannot connect to the Docker \\033[2Jdaemon' >&2; exit 1";
        let error = has(away).await.unwrap_err();
        assert!(matches!(error, EngineError::Away { .. }), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }

    #[tokio::test]
    async fn a_push_is_not_checked_by_docker_and_its_failure_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let script = "[ \"$*\" = 'push app:1' ] && [ \"$DOCKER_CONTENT_TRUST\" = 0 ]";
        tool(&directory, script).push(&image()).await.unwrap();
        let error = tool(&directory, "exit 7").push(&image()).await.unwrap_err();
        assert!(error.to_string().contains("push app:1"), "{error}");
        let status = tool(&directory, "exit 7").attached(["run"]).await.unwrap();
        assert_eq!(status.code(), Some(7));
    }
}
