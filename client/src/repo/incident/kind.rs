use std::fmt;

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentKind {
    /// Nobody can use it any more.
    Lost,
    /// Somebody else can use it.
    Stolen,
    /// Its owner no longer signs for this repository.
    Left,
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Left => "left",
        })
    }
}
