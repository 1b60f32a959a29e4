use super::EngineKind;
use crate::failure::Advice;

/// The container tool did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Not one that is known.
    #[error("{0:?} is no container tool that is known here")]
    Unknown(String),
    /// The one that was named is not there.
    #[error("there is no {0}")]
    Missing(String),
    /// None is there.
    #[error("there is neither docker nor podman nor nerdctl")]
    None,
    /// It can't be run.
    #[error("{program} can't be run: {reason}")]
    NotRun {
        /// The program.
        program: String,
        /// The system's answer.
        reason: String,
    },
    /// It does not say what it has.
    #[error("{} does not say which images it has: {said}", engine.as_str())]
    Away {
        /// Whose it is.
        engine: EngineKind,
        /// What it said, safe to show.
        said: String,
    },
    /// It does not answer.
    #[error("{} does not answer", .0.as_str())]
    Silent(EngineKind),
    /// It failed, and has said itself why.
    #[error("{} {what}: {status}", engine.as_str())]
    Failed {
        /// Whose it is.
        engine: EngineKind,
        /// What it was asked.
        what: String,
        /// How it ended.
        status: String,
    },
}

impl EngineError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unknown(_) => "name docker, podman or nerdctl, or a path to one of them".into(),
            Self::Missing(_) | Self::None => {
                "install docker, podman or nerdctl, or name it: engine under [trust] in ~/.config/privyseal/config.toml".into()
            }
            Self::NotRun { .. } => "see whether the program is whole and may be run".into(),
            Self::Away { engine, .. } | Self::Silent(engine) => format!(
                "see whether its service runs: `{} info`",
                engine.as_str()
            ),
            Self::Failed { .. } => "see above what it says".into(),
        }
    }
}

impl From<EngineError> for Advice {
    fn from(error: EngineError) -> Self {
        Self::failed(error.to_string(), error.remedy())
    }
}
