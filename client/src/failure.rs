//! How commands end, and what is said of it.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::agent::{AgentError, ConnectError};
use crate::show::escape;

/// The exit codes, as `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All of it was done.
    Done = 0,
    /// It could not be done.
    Failed = 1,
    /// The result is dangerous or incomplete: a person must look at it.
    NeedsPerson = 3,
    /// An agent refused, or this client refused to go on with it.
    Refused = 4,
    /// The trust server knows no such repository of images.
    NoTrustData = 10,
    /// The tag of an image is not signed.
    NotSigned = 11,
    /// Too few keys signed an image's trust data, or others than those that may.
    BelowThreshold = 12,
    /// An image's trust data is out of date.
    Expired = 13,
    /// An image's trust data is older than what was seen, or contradicts it.
    RolledBack = 14,
    /// An image's root key is another one than is pinned or known.
    PinMismatch = 15,
    /// The trust server can't be reached, and nothing that is remembered may be used.
    Unreachable = 16,
    /// An image's trust data is damaged, or does not belong together.
    InvalidTrustData = 17,
    /// A signal ended it; what it was at is whole.
    Interrupted = 130,
}

/// Somebody asked this process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted: what was under way is whole, and the same command goes on with it")]
pub struct Interrupted;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Advice {
    /// What happened.
    pub message: String,
    /// What to do.
    pub remedy: String,
    exit: Exit,
}

impl Advice {
    /// It could not be done.
    pub fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: remedy.into(),
            exit: Exit::Failed,
        }
    }

    /// It ends the program with this code.
    pub fn ending(exit: Exit, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: remedy.into(),
            exit,
        }
    }

    /// Whether a person must look at it before anything else is done.
    pub fn wants_person(&self) -> bool {
        self.exit == Exit::NeedsPerson
    }

    /// The result is dangerous or incomplete.
    pub fn needs_person(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: remedy.into(),
            exit: Exit::NeedsPerson,
        }
    }
}

/// Prints an error for a person and returns how the program ends.
pub fn report(error: &anyhow::Error, to: &mut dyn Write) -> io::Result<Exit> {
    if error.chain().any(is_broken_pipe) {
        return Ok(Exit::Done);
    }
    let message: Vec<String> = error
        .chain()
        .map(|cause| escape(&cause.to_string()))
        .collect();
    writeln!(to, "privyseal: {}", without_repetition(&message).join(": "))?;
    let (agent, remedy, exit) = details(error);
    if let Some(agent) = agent {
        writeln!(to, "  agent: {agent}")?;
    }
    if let Some(remedy) = remedy {
        writeln!(to, "  to do: {}", escape(&remedy))?;
    }
    Ok(exit)
}

fn details(error: &anyhow::Error) -> (Option<&str>, Option<String>, Exit) {
    if let Some(agent) = agent_error(error) {
        let name = match agent {
            AgentError::Refused { .. } | AgentError::Failed { .. } => Some(agent.agent()),
            _ => None,
        };
        let exit = if agent.is_refusal() {
            Exit::Refused
        } else {
            Exit::Failed
        };
        return (name, Some(agent.remedy()), exit);
    }
    if error.downcast_ref::<Interrupted>().is_some() {
        return (None, None, Exit::Interrupted);
    }
    match error.downcast_ref::<Advice>() {
        Some(advice) => (None, Some(advice.remedy.clone()), advice.exit),
        None => (None, None, Exit::Failed),
    }
}

fn agent_error(error: &anyhow::Error) -> Option<&AgentError> {
    match error.downcast_ref::<ConnectError>() {
        Some(ConnectError::Agent(agent)) => Some(agent),
        Some(ConnectError::Memory(_)) => None,
        None => error.downcast_ref::<AgentError>(),
    }
}

/// Errors that already tell their cause do not tell it twice.
fn without_repetition(messages: &[String]) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::new();
    for message in messages {
        if !kept
            .iter()
            .any(|earlier| earlier.contains(message.as_str()))
        {
            kept.push(message);
        }
    }
    kept
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    fn text(error: anyhow::Error) -> (String, Exit) {
        let mut out = Vec::new();
        let exit = report(&error, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), exit)
    }

    #[test]
    fn a_refusal_is_printed_with_its_remedy() {
        let error = AgentError::Refused {
            agent: "default".to_owned(),
            code: "VERSION_ROLLBACK".to_owned(),
            message: "version 3 is below 5\u{202e}".to_owned(),
            remedy: "take version 6".to_owned(),
        };
        let (text, exit) = text(ConnectError::from(error).into());
        let expected = "privyseal: refused (VERSION_ROLLBACK): version 3 is below 5\\u{202e}\n  agent: default\n  to do: take version 6\n";
        assert_eq!((text.as_str(), exit), (expected, Exit::Refused));
    }

    #[test]
    fn advice_says_how_it_ends_even_with_context() {
        let error = anyhow::Error::from(Advice::needs_person("1 of 2 signatures", "sign again"));
        let (text, exit) = text(error.context("root"));
        let expected = "privyseal: root: 1 of 2 signatures\n  to do: sign again\n";
        assert_eq!((text.as_str(), exit), (expected, Exit::NeedsPerson));
    }

    #[test]
    fn a_reader_who_went_away_is_no_error() {
        let error = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("printing");
        assert_eq!(text(error.unwrap_err()), (String::new(), Exit::Done));
    }
}
