use std::collections::BTreeMap;
use std::io::{self, Write};

use privyseal_tuf::{Finding, Role};
use serde_json::{Map, Value, json};

use crate::Exit;
use crate::failure::Advice;
use crate::repo::{Report, RoleReport, RootStart, Unfound};
use crate::show::{Screen, absolute, escape, in_days, print_table};

/// As many delegated roles are shown to a person.
const MOST_ROLES: usize = 20;

/// As many warnings of one kind are shown to a person.
const MOST_WARNINGS: usize = 5;

/// How a verification ends.
pub(in crate::command) fn finish(report: &Report, remedy: &str) -> anyhow::Result<Exit> {
    match report.refusal() {
        None => Ok(Exit::Done),
        Some(what) => {
            let message = format!("the repository does not verify: {what}");
            Err(Advice::needs_person(message, remedy).into())
        }
    }
}

/// Prints what was verified, and the target that was searched for.
pub(in crate::command) fn print(
    report: &Report,
    found: Option<&Value>,
    as_json: bool,
    now: i64,
    screen: &mut Screen,
) -> anyhow::Result<()> {
    if as_json {
        return screen.json(&to_json(report, found, now));
    }
    let delegated = report.roles.iter().filter(|role| role.delegator.is_some());
    let hidden = delegated.clone().skip(MOST_ROLES);
    let shown = report.roles.len() - hidden.clone().count();
    let rows = report.roles.iter().take(shown).map(|role| row(role, now));
    let mut header = vec!["role", "version", "expires", "signed by"];
    if delegated.clone().next().is_some() {
        header.push("delegated by");
    }
    print_table(screen, &header, rows)?;
    if let Some(first) = hidden.clone().map(|role| role.expires).min() {
        let (more, when) = (hidden.count(), expiry(first, now));
        writeln!(
            screen,
            "and {more} more roles, of which the first expires {when}"
        )?;
    }
    warnings(report, screen)?;
    for problem in report.problems.iter().skip(1) {
        writeln!(screen, "problem: {}", escape(problem))?;
    }
    if report.problems.is_empty() {
        let (roots, targets, bytes) = (report.roots, report.targets, report.bytes);
        if let Some(last) = report.starts.last().filter(|last| last.version > 1) {
            let last = last.version;
            writeln!(screen, "clients reach root {last} from each root before it")?;
        }
        writeln!(
            screen,
            "verified: {roots} roots, {targets} target files, {bytes} bytes"
        )?;
    }
    Ok(())
}

fn row(role: &RoleReport, now: i64) -> Vec<String> {
    let tally = &role.tally;
    let keys = tally.count + tally.missing.len();
    let mut row = vec![
        escape(role.role.as_str()),
        role.version.to_string(),
        expiry(role.expires, now),
        format!("{} of {keys} keys, {} needed", tally.count, tally.threshold),
    ];
    row.extend(role.delegator.as_ref().map(|role| escape(role.as_str())));
    row
}

fn expiry(seconds: i64, now: i64) -> String {
    format!("{} ({})", absolute(seconds), in_days(seconds, now))
}

fn warnings(report: &Report, screen: &mut Screen) -> io::Result<()> {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for warning in &report.warnings {
        kinds
            .entry(warning.kind)
            .or_default()
            .push(warning.text.clone());
    }
    let unfound = report.unfound.iter().take(MOST_WARNINGS).map(describe);
    let mut shown: Vec<(Vec<String>, usize)> = vec![(unfound.collect(), report.unfound.len())];
    shown.extend(kinds.into_values().map(|texts| {
        let count = texts.len();
        (texts, count)
    }));
    for (texts, count) in shown {
        for text in texts.iter().take(MOST_WARNINGS) {
            writeln!(screen, "warning: {}", escape(text))?;
        }
        if count > MOST_WARNINGS {
            writeln!(
                screen,
                "warning: and {} more like this",
                count - MOST_WARNINGS
            )?;
        }
    }
    Ok(())
}

fn describe(unfound: &Unfound) -> String {
    let Unfound {
        path,
        role,
        finding,
    } = unfound;
    let why = match finding {
        Finding::Shadowed(by) => format!("{by} is asked before and has another entry for it"),
        Finding::OutOfScope => "no delegation of that path leads there".to_owned(),
        Finding::CutOff => "a terminating delegation ends the search before".to_owned(),
        Finding::TooFar => "clients give up before they ask so many roles".to_owned(),
        Finding::Blocked(by) => format!("{by} is asked before and does not verify"),
        Finding::Found => "it should".to_owned(),
    };
    format!("no client finds {path}, which {role} lists: {why}")
}

fn to_json(report: &Report, found: Option<&Value>, now: i64) -> Value {
    let (delegated, top): (Vec<_>, Vec<_>) = report
        .roles
        .iter()
        .partition(|role| role.delegator.is_some());
    let top: Map<String, Value> = top
        .into_iter()
        .map(|role| (role.role.to_string(), Value::Object(role_json(role))))
        .collect();
    let delegated: Vec<Value> = delegated.into_iter().map(delegated_json).collect();
    let warnings = report.warnings.iter();
    let mut value = json!({
        "verified": report.problems.is_empty(),
        "clock": absolute(now),
        "roots": report.roots,
        "roles": top,
        "delegated": delegated,
        "targets": report.targets,
        "bytes": report.bytes,
        "starts": report.starts.iter().map(start_json).collect::<Vec<_>>(),
        "unfound": report.unfound.iter().map(unfound_json).collect::<Vec<_>>(),
        "warnings": warnings
            .map(|warning| json!({ "kind": warning.kind, "text": warning.text }))
            .collect::<Vec<_>>(),
        "problems": report.problems,
    });
    if let (Some(found), Value::Object(members)) = (found, &mut value) {
        members.insert("found".to_owned(), found.clone());
    }
    value
}

fn role_json(role: &RoleReport) -> Map<String, Value> {
    let tally = &role.tally;
    let missing: Vec<&str> = tally.missing.iter().map(|keyid| keyid.as_str()).collect();
    let members = [
        ("version", json!(role.version)),
        ("expires", json!(absolute(role.expires))),
        ("signatures", json!(tally.count)),
        ("threshold", json!(tally.threshold)),
        ("missing", json!(missing)),
    ];
    members
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn delegated_json(role: &RoleReport) -> Value {
    let mut members = role_json(role);
    members.insert("role".to_owned(), json!(role.role.as_str()));
    let delegator = role.delegator.as_ref().map(Role::as_str);
    members.insert("delegator".to_owned(), json!(delegator));
    Value::Object(members)
}

fn start_json(start: &RootStart) -> Value {
    match &start.stuck {
        None => json!({ "root": start.version }),
        Some((at, why)) => json!({ "root": start.version, "stuck_at": at, "why": why }),
    }
}

fn unfound_json(unfound: &Unfound) -> Value {
    let (why, by) = match &unfound.finding {
        Finding::Found => ("found", None),
        Finding::Shadowed(by) => ("shadowed", Some(by.as_str())),
        Finding::OutOfScope => ("out-of-scope", None),
        Finding::CutOff => ("cut-off", None),
        Finding::TooFar => ("too-far", None),
        Finding::Blocked(by) => ("blocked", Some(by.as_str())),
    };
    let (path, role) = (unfound.path.as_str(), unfound.role.as_str());
    json!({ "path": path, "role": role, "why": why, "by": by })
}
