#!/usr/bin/env python3
"""An independent reader of a calendar: python's icalendar package parses an iCalendar file.

Reads the file from standard input. Prints a JSON list with an object for each event: its UID, summary,
sequence, start (Unix seconds), and how many seconds before it each alarm is.

Exit status: 0 it is a calendar as RFC 5545 has it, 1 it is not.
"""

import datetime
import json
import sys

import icalendar


def main() -> int:
    try:
        calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
        events = [read(event) for event in calendar.walk("VEVENT")]
    except (ValueError, KeyError) as error:
        print(f"ics: {type(error).__name__}: {error}")
        return 1
    problems = list(calendar.errors) + [p for part in calendar.walk() for p in part.errors]
    if problems or str(calendar["VERSION"]) != "2.0" or "PRODID" not in calendar:
        print(f"ics: {problems or 'it lacks what every calendar has'}")
        return 1
    print(json.dumps(events, indent=1))
    return 0


def read(event: icalendar.Event) -> dict:
    start = event.decoded("DTSTART")
    if start.tzinfo is None or start.utcoffset() != datetime.timedelta(0):
        raise ValueError(f"{start} is not in UTC")
    event.decoded("DTSTAMP")
    return {
        "uid": str(event["UID"]),
        "summary": str(event["SUMMARY"]),
        "sequence": int(event["SEQUENCE"]),
        "start": int(start.timestamp()),
        "alarms": [-int(alarm.decoded("TRIGGER").total_seconds()) for alarm in event.walk("VALARM")],
    }


if __name__ == "__main__":
    sys.exit(main())
