use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const LONGEST: i64 = 36_500 * DAY;

/// How long metadata is valid: `12h`, `14d` or `52w`, at most 100 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    seconds: i64,
}

/// The text is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no period: write hours, days or weeks, such as 12h, 14d or 52w (at most 100 years)"
)]
pub struct NotAPeriod(String);

impl Period {
    /// So many days; none where that is no period.
    pub fn of_days(days: i64) -> Option<Self> {
        let seconds = days.checked_mul(DAY)?;
        (HOUR..=LONGEST)
            .contains(&seconds)
            .then_some(Self { seconds })
    }

    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        self.seconds
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let refused = || NotAPeriod(text.to_owned());
        let (number, unit) = [("h", HOUR), ("d", DAY), ("w", 7 * DAY)]
            .into_iter()
            .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
            .ok_or_else(refused)?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = number.parse().ok().filter(|_| digits).ok_or_else(refused)?;
        match number.checked_mul(unit) {
            Some(seconds @ HOUR..=LONGEST) => Ok(Self { seconds }),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds % DAY == 0 {
            write!(f, "{}d", self.seconds / DAY)
        } else {
            write!(f, "{}h", self.seconds / HOUR)
        }
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_whole_hours_days_or_weeks() {
        for (text, seconds, shown) in [
            ("12h", 43_200, "12h"),
            ("1d", DAY, "1d"),
            ("2w", 14 * DAY, "14d"),
            ("48h", 2 * DAY, "2d"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(
                (period.seconds(), period.to_string().as_str()),
                (seconds, shown)
            );
        }
        assert_eq!(Period::of_days(14), "2w".parse().ok());
        for days in [0, -1, 36_501, i64::MAX] {
            assert_eq!(Period::of_days(days), None);
        }
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1",
            "1m",
            "1.5d",
            "36501d",
            "99999999999999999999d",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
