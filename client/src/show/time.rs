use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

const DAY: i64 = 86_400;

/// The clock, in Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Unix seconds as `2026-11-22T02:58:15Z`.
pub fn absolute(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{seconds} s"),
    }
}

/// How far a time is from now, in whole days: `in 12 days`, `today`, `3 days ago`.
pub fn in_days(seconds: i64, now: i64) -> String {
    let distance = seconds.saturating_sub(now);
    let days = (distance / DAY).unsigned_abs();
    let unit = if days == 1 { "day" } else { "days" };
    match (distance, days) {
        (..0, 0) => "less than a day ago".to_owned(),
        (_, 0) => "in less than a day".to_owned(),
        (..0, days) => format!("{days} {unit} ago"),
        (_, days) => format!("in {days} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_and_in_days() {
        assert_eq!(absolute(1_795_316_295), "2026-11-22T02:58:15Z");
        assert_eq!(in_days(100 + 12 * DAY, 100), "in 12 days");
        assert_eq!(in_days(100 + DAY, 100), "in 1 day");
        assert_eq!(in_days(101, 100), "in less than a day");
        assert_eq!(in_days(99, 100), "less than a day ago");
        assert_eq!(in_days(0, 3 * DAY + 5), "3 days ago");
        assert_eq!(absolute(i64::MAX), format!("{} s", i64::MAX));
    }
}
