use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{Login, LoginError};
use crate::show::escape;

/// A person may have to unlock what the helper keeps.
const PATIENCE: Duration = Duration::from_secs(120);
const LONGEST: usize = 64 * 1024;
const SHOWN: usize = 200;
/// What every helper says where it has nothing.
const NOTHING: &str = "credentials not found";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: SecretString,
}

/// Asks `docker-credential-NAME` for the login of a host.
pub(super) async fn ask(name: &str, host: &str) -> Result<Option<Login>, LoginError> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| LoginError::Helper {
        helper: escape(&program),
        reason,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.bytes().all(plain) {
        return Err(failed("has a name that is no program's".to_owned()));
    }
    ask_program(Command::new(&program), name, host).await
}

/// As [`ask`], of this program.
pub(super) async fn ask_program(
    mut command: Command,
    name: &str,
    host: &str,
) -> Result<Option<Login>, LoginError> {
    let failed = |reason: String| LoginError::Helper {
        helper: format!("docker-credential-{}", escape(name)),
        reason,
    };
    let mut child = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("can't be run: {error}")))?;
    let answered = tokio::time::timeout(PATIENCE, exchange(&mut child, host)).await;
    let answered = answered.map_err(|_| {
        let seconds = PATIENCE.as_secs();
        failed(format!("did not answer within {seconds} seconds"))
    })?;
    let (success, output) = answered.map_err(|error| failed(format!("failed: {error}")))?;
    if !success {
        let text = String::from_utf8_lossy(&output);
        if text.contains(NOTHING) {
            return Ok(None);
        }
        let first: String = text.trim().chars().take(SHOWN).collect();
        return Err(failed(format!("failed: {}", escape(&first))));
    }
    // What serde says of a value shows the value.
    let answer: Answer = serde_json::from_slice(&output)
        .map_err(|_| failed("answers with something else than a login".to_owned()))?;
    Ok(match answer.username.as_str() {
        "" => None,
        "<token>" => Some(Login::IdentityToken(answer.secret)),
        _ => Some(Login::Password {
            user: answer.username,
            password: answer.secret,
        }),
    })
}

async fn exchange(child: &mut Child, host: &str) -> std::io::Result<(bool, Zeroizing<Vec<u8>>)> {
    if let Some(mut input) = child.stdin.take() {
        // It may know what to say before it has read the question.
        drop(input.write_all(host.as_bytes()).await);
    }
    // All of it from the start: a growing buffer would leave copies behind.
    let mut output = Zeroizing::new(Vec::with_capacity(LONGEST));
    if let Some(pipe) = child.stdout.take() {
        let mut pipe = pipe.take(LONGEST as u64);
        while pipe.read_buf(&mut *output).await? > 0 {}
    }
    if output.len() == LONGEST {
        return Err(std::io::Error::other("it says too much"));
    }
    Ok((child.wait().await?.success(), output))
}
