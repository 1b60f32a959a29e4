//! The container tool of this machine: docker, podman or nerdctl, as a program that is run.

mod error;
mod find;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

pub use error::EngineError;

use super::reference::{Digest, ImageReference};

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
        let asked = self.asked(["image", "inspect", "--format", "{{.Id}}", &name]);
        let (status, _, said) = asked.await?;
        if status.success() {
            return Ok(true);
        }
        let lower = said.to_lowercase();
        match ["no such image", "image not known", "not found"]
            .iter()
            .any(|text| lower.contains(text))
        {
            true => Ok(false),
            false => Err(self.away(&said)),
        }
    }

    /// The digests by which it knows an image in its repository: once it has pushed or pulled it,
    /// that of what is there.
    async fn digests(&self, image: &ImageReference) -> Result<Vec<Digest>, EngineError> {
        let name = image.familiar();
        let format = "{{range .RepoDigests}}{{println .}}{{end}}";
        let asked = self.asked(["image", "inspect", "--format", format, &name]);
        let (status, printed, said) = asked.await?;
        if !status.success() {
            return Err(self.away(&said));
        }
        let known = printed.lines().filter_map(|line| line.trim().parse().ok());
        let ours = known.filter(|known: &ImageReference| known.gun() == image.gun());
        Ok(ours.filter_map(|known| known.digest().copied()).collect())
    }

    /// Its answer to a question: how it ended, and what it printed and said.
    async fn asked<const N: usize>(
        &self,
        arguments: [&str; N],
    ) -> Result<(ExitStatus, String, String), EngineError> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.not_run(&error))?;
        let (printed, said) = (child.stdout.take(), child.stderr.take());
        let asked = async {
            let (printed, said) = tokio::try_join!(bounded(printed), bounded(said))?;
            Ok((child.wait().await?, printed, said))
        };
        let asked = tokio::time::timeout(PATIENCE, asked).await;
        let asked = asked.map_err(|_| EngineError::Silent(self.kind))?;
        asked.map_err(|error: std::io::Error| self.not_run(&error))
    }

    fn away(&self, said: &str) -> EngineError {
        EngineError::Away {
            engine: self.kind,
            said: super::answer::shown(said),
        }
    }

    /// Pushes an image; it shows its progress itself. Returns the digests by which it knows what it
    /// pushed.
    ///
    /// # Errors
    /// Where it does not succeed, or does not say.
    pub async fn push(&self, image: &ImageReference) -> Result<Vec<Digest>, EngineError> {
        let name = image.familiar();
        if self.kind != EngineKind::Podman {
            self.succeed(["push", &name]).await?;
            return self.digests(image).await;
        }
        // It compresses what it pushes, and so knows the image itself by another digest.
        let unwritten = |error: std::io::Error| EngineError::NotRun {
            program: self.program.display().to_string(),
            reason: format!("no file for its digest: {error}"),
        };
        let file = tempfile::NamedTempFile::new().map_err(unwritten)?;
        let path = file.path().display().to_string();
        self.succeed(["push", "--digestfile", &path, &name]).await?;
        let pipe = tokio::fs::File::open(file.path());
        let printed = bounded(Some(pipe.await.map_err(unwritten)?)).await;
        let printed = printed.map_err(unwritten)?;
        let digest = printed.trim().parse();
        digest
            .map(|digest| vec![digest])
            .map_err(|_| self.away(&printed))
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

/// What a tool writes, as far as it is read.
async fn bounded(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(LONGEST).read_to_end(&mut text).await?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
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
    async fn only_digests_in_the_repository_of_the_image_are_taken() {
        let directory = tempfile::tempdir().unwrap();
        let (ours, others) = ("ab".repeat(32), "cd".repeat(32));
        let script = format!("echo app@sha256:{ours}; echo other@sha256:{others}; echo; echo x");
        let known = tool(&directory, &script).digests(&image()).await.unwrap();
        assert_eq!(known, [format!("sha256:{ours}").parse().unwrap()]);
        assert!(tool(&directory, "exit 1").digests(&image()).await.is_err());
    }

    #[tokio::test]
    async fn podman_writes_down_what_it_pushed() {
        let directory = tempfile::tempdir().unwrap();
        let digest = format!("sha256:{}", "ab".repeat(32));
        let podman = |script: &str| Engine {
            kind: EngineKind::Podman,
            ..tool(&directory, script)
        };
        let script = format!("[ \"$1 $4\" = 'push app:1' ] && printf {digest} > \"$3\"");
        let pushed = podman(&script).push(&image()).await.unwrap();
        assert_eq!(pushed, [digest.parse().unwrap()]);
        assert!(podman("exit 0").push(&image()).await.is_err());
    }

    #[tokio::test]
    async fn a_push_is_not_checked_by_docker_and_its_failure_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let script = "[ \"$1\" = image ] && exit 0
            [ \"$*\" = 'push app:1' ] && [ \"$DOCKER_CONTENT_TRUST\" = 0 ]";
        tool(&directory, script).push(&image()).await.unwrap();
        let error = tool(&directory, "exit 7").push(&image()).await.unwrap_err();
        assert!(error.to_string().contains("push app:1"), "{error}");
        let status = tool(&directory, "exit 7").attached(["run"]).await.unwrap();
        assert_eq!(status.code(), Some(7));
    }
}
