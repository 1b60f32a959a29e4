use chrono::{DateTime, TimeDelta, Utc};
use icalendar::{Alarm, Calendar, Component, Event, EventLike, Trigger};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::status::{RoleVersion, Status};
use crate::failure::Advice;
use crate::show::escape;

/// What expires when as an iCalendar file (RFC 5545): an event at the end of each published role,
/// with an alarm when it should be renewed.
///
/// A role's event keeps its UID, and has a higher SEQUENCE after each renewal, so that a calendar
/// that reads the file again moves the event instead of adding one.
pub fn calendar(status: &Status) -> Result<String, Advice> {
    let mut calendar = Calendar::empty();
    let name = format!("{}: metadata that expires", escape(&status.repository));
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Privy Seal//privyseal//EN"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("X-WR-CALNAME", name.as_str()));
    for role in &status.roles {
        if let Some(version) = role.published.as_ref().filter(|_| !role.is_bin) {
            calendar.push(event(status, &role.role, version, version.version)?);
        }
    }
    for bins in &status.bins {
        if let Some(first) = &bins.first_to_expire {
            // It is not always the same bin, nor its version a higher one: the time is.
            let minutes = first.expires_seconds.unsigned_abs() / 60;
            calendar.push(event(status, &bins.bins, first, minutes)?);
        }
    }
    Ok(calendar.to_string())
}

fn event(
    status: &Status,
    role: &str,
    version: &RoleVersion,
    sequence: u64,
) -> Result<Event, Advice> {
    let uid = uid(status, role);
    let (made, expires) = (time(status.at_seconds)?, time(version.expires_seconds)?);
    let notice = version.expires_seconds.saturating_sub(version.due_seconds);
    let notice = TimeDelta::try_seconds(notice).unwrap_or_default();
    let shown = escape(role);
    let due = format!("Renew {shown} of {}", escape(&status.repository));
    let mut alarm = Alarm::display(&due, Trigger::before_start(notice));
    // Of its own, the crate would write a random one, and the file would never be the same.
    alarm.append_property(("UID", format!("alarm-{uid}").as_str()));
    alarm.append_property((
        "DTSTAMP",
        made.format("%Y%m%dT%H%M%SZ").to_string().as_str(),
    ));
    let mut event = Event::with_uid(&uid);
    event
        .timestamp(made)
        .sequence(u32::try_from(sequence).unwrap_or(u32::MAX))
        .starts(expires)
        .summary(&format!("{shown} of {} expires", escape(&status.repository)))
        .description(&format!(
            "{shown} {} expires {}: from then on clients refuse it.\n{due} before: privyseal repo renew",
            version.version, version.expires
        ))
        .append_property(("TRANSP", "TRANSPARENT"))
        .alarm(alarm);
    Ok(event.done())
}

/// The same for a role of a repository for ever, and for no other's.
fn uid(status: &Status, role: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let lineage = status.first_root.as_deref().unwrap_or(&status.repository);
    format!("{}.{}@privyseal", encode(role), encode(lineage))
}

fn time(seconds: i64) -> Result<DateTime<Utc>, Advice> {
    // RFC 5545 writes years with four digits.
    let year_10000 = 253_402_300_800;
    DateTime::from_timestamp(seconds.min(year_10000 - 1), 0).ok_or_else(|| {
        Advice::failed(
            format!("{seconds} seconds since 1970 is no date of a calendar"),
            "renew the role with a nearer expiry",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Work;
    use crate::repo::testing::{Bench, NOW};

    fn of(bench: &Bench, now: i64) -> String {
        let work = Work::load(&bench.project, now).unwrap();
        let status = Status::of(&bench.project, &work, now).unwrap();
        calendar(&status).unwrap()
    }

    fn lines<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        let lines = text.lines();
        lines.filter_map(|line| line.strip_prefix(name)).collect()
    }

    #[test]
    fn each_published_role_has_an_event_that_moves() {
        let bench = Bench::new();
        assert_eq!(lines(&of(&bench, NOW), "BEGIN:VEVENT").len(), 0);
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        let before = of(&bench, NOW);
        assert_eq!(lines(&before, "BEGIN:VEVENT").len(), 4);
        assert_eq!(lines(&before, "BEGIN:VALARM").len(), 4);
        // Ten days, and the alarm after two thirds of them.
        assert_eq!(lines(&before, "DTSTART:"), ["20261202T000000Z"; 4]);
        assert_eq!(lines(&before, "TRIGGER;RELATED=START:"), ["-PT288000S"; 4]);
        assert_eq!(before, of(&bench, NOW));

        bench.add("a", "1");
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        let after = of(&bench, NOW);
        assert_eq!(lines(&after, "UID:"), lines(&before, "UID:"));
        assert_eq!(lines(&before, "SEQUENCE:"), ["1", "1", "1", "1"]);
        assert_eq!(lines(&after, "SEQUENCE:"), ["1", "2", "2", "2"]);
    }
}
