use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// When a document expires: exactly `YYYY-MM-DDTHH:MM:SSZ` (spec, section 4.2.1), or, in notary's
/// dialect, with a fraction as Go prints it. Keeps its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expires {
    seconds: i64,
    text: String,
}

/// Not a date and time that metadata may name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no expiry: write a real date and time in UTC, without offset or fraction, as in \
     2030-01-31T00:00:00Z"
)]
pub struct ExpiresError(pub String);

impl Expires {
    /// The date and time at `seconds` since 1970-01-01T00:00:00Z, in the years 1 to 9999.
    pub fn from_seconds(seconds: i64) -> Result<Self, ExpiresError> {
        let refused = || ExpiresError(format!("{seconds} seconds"));
        Timestamp::from_second(seconds)
            .map_err(|_| refused())?
            .to_string()
            .parse()
    }

    /// Reads the form that Go prints (`time.RFC3339Nano`, UTC): `YYYY-MM-DDTHH:MM:SS`, a fraction of
    /// up to nine digits without trailing zeros, and `Z`. jiff writes the same for the years 1 to
    /// 9999.
    pub(crate) fn from_go(text: &str) -> Option<Self> {
        let timestamp: Timestamp = text.parse().ok()?;
        let in_range = !text.starts_with("0000") && text.as_bytes().get(4) == Some(&b'-');
        (timestamp.to_string() == text && in_range).then(|| Self {
            seconds: timestamp.as_nanosecond().div_euclid(1_000_000_000) as i64,
            text: text.to_owned(),
        })
    }

    /// Seconds since 1970-01-01T00:00:00Z; a fraction is cut off.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// The text as it was received.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the document is expired at `now` (seconds since 1970): from its very second on.
    pub fn is_past(&self, now: i64) -> bool {
        self.seconds <= now
    }
}

impl FromStr for Expires {
    type Err = ExpiresError;

    /// jiff reads more forms than metadata may use, so the text must be what jiff itself writes.
    /// Python's datetime begins with year 1.
    fn from_str(text: &str) -> Result<Self, ExpiresError> {
        let refused = || ExpiresError(text.to_owned());
        let timestamp: Timestamp = text.parse().map_err(|_| refused())?;
        let canonical = timestamp.to_string();
        if text.len() != 20 || canonical != text || text.starts_with("0000") {
            return Err(refused());
        }
        Ok(Self {
            seconds: timestamp.as_second(),
            text: canonical,
        })
    }
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_one_form() {
        let expires: Expires = "2030-01-31T12:34:56Z".parse().unwrap();
        assert_eq!(expires.seconds(), 1_896_093_296);
        assert_eq!(expires.as_str(), "2030-01-31T12:34:56Z");
        assert!("2028-02-29T00:00:00Z".parse::<Expires>().is_ok());
    }

    #[test]
    fn refuses_every_other_form() {
        for text in [
            "",
            "2030-01-31",
            "2030-01-31T12:34:56",
            "2030-01-31t12:34:56z",
            "2030-01-31T12:34:56z",
            "2030-01-31 12:34:56Z",
            "2030-01-31T12:34:56.0Z",
            "2030-01-31T12:34:56.5Z",
            "2030-01-31T12:34:56+00:00",
            "2030-01-31T12:34:56-08:00",
            "2030-01-31T12:34Z",
            "2030-02-30T00:00:00Z",
            "2029-02-29T00:00:00Z",
            "2030-13-01T00:00:00Z",
            "2030-01-31T24:00:00Z",
            "2030-01-31T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "-00001-01-01T00:00:00Z",
            "+002030-01-31T00:00:00Z",
            "20300131T123456Z",
            " 2030-01-31T12:34:56Z",
            "2030-01-31T12:34:56Z ",
            "2030-01-31T12:34:56Z[UTC]",
        ] {
            assert_eq!(
                text.parse::<Expires>(),
                Err(ExpiresError(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn expires_in_its_very_second() {
        let expires = Expires::from_seconds(1_000).unwrap();
        assert!(!expires.is_past(999));
        assert!(expires.is_past(1_000));
    }

    proptest! {
        #[test]
        fn seconds_round_trip(seconds in -62_135_596_800i64..=253_402_207_200) {
            let expires = Expires::from_seconds(seconds).unwrap();
            prop_assert_eq!(expires.seconds(), seconds);
            prop_assert_eq!(expires.as_str().parse::<Expires>().unwrap(), expires);
        }
    }
}
