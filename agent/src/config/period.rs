//! Lengths of time in the config.

use std::{fmt, time::Duration};

use jiff::{Span, SpanRelativeTo};
use serde::Deserialize;

/// A length of time such as `400d`, `12h` or `30s`; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Period {
    seconds: u32,
}

impl Period {
    /// So many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// So many days.
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        Self {
            seconds: days.saturating_mul(86_400),
        }
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.seconds)
    }

    /// As a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fail =
            || format!("`{text}` is no length of time; write 400d, 12h or 30s, at most 100 years");
        let span: Span = text.parse().map_err(|_| fail())?;
        let duration = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| fail())?;
        let seconds = u32::try_from(duration.as_secs()).map_err(|_| fail())?;
        if seconds == 0 || seconds > 100 * 366 * 86_400 {
            return Err(fail());
        }
        Ok(Self { seconds })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            seconds if seconds % 86_400 == 0 => write!(f, "{} days", seconds / 86_400),
            seconds => write!(f, "{seconds} seconds"),
        }
    }
}
