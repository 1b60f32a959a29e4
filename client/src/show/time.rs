use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const TWO_DAYS: u64 = 2 * DAY;

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

/// How far a time is from now: `in 12 days`, `in 30 hours`, `3 days ago`. Two days and more are
/// rounded to whole days.
pub fn in_days(seconds: i64, now: i64) -> String {
    let distance = seconds.saturating_sub(now);
    let far = distance.unsigned_abs();
    let (count, unit) = match far {
        0..TWO_DAYS => (far / HOUR, "hour"),
        _ => ((far + DAY / 2) / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    match (distance, count) {
        (..0, 0) => "less than an hour ago".to_owned(),
        (_, 0) => "in less than an hour".to_owned(),
        (..0, count) => format!("{count} {unit}{plural} ago"),
        (_, count) => format!("in {count} {unit}{plural}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_and_in_days() {
        assert_eq!(absolute(1_795_316_295), "2026-11-22T02:58:15Z");
        let day = 86_400;
        assert_eq!(in_days(100 + 12 * day, 100), "in 12 days");
        assert_eq!(in_days(100 + 12 * day, 105), "in 12 days");
        assert_eq!(in_days(100 + day, 100), "in 24 hours");
        assert_eq!(in_days(3700, 100), "in 1 hour");
        assert_eq!(in_days(101, 100), "in less than an hour");
        assert_eq!(in_days(99, 100), "less than an hour ago");
        assert_eq!(in_days(0, 3 * day + 5), "3 days ago");
        assert_eq!(in_days(i64::MIN, i64::MAX), "106751991167301 days ago");
        assert_eq!(absolute(i64::MAX), format!("{} s", i64::MAX));
    }
}
