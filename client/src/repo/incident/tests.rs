mod delegated;
mod lost;
mod refused;
mod stolen;

use std::collections::BTreeMap;
use std::fs;

use privyseal_tuf::RoleType;

use super::*;
use crate::repo::testing::{Bench, Signer, known};

/// What happened to keys, with a new key in their place.
fn plan(bench: &Bench, kind: IncidentKind, gone: &[GoneKey], instead: Option<u8>) -> Plan {
    let instead: Vec<KeySettings> = instead
        .map(|seed| bench.key(seed, "new"))
        .into_iter()
        .collect();
    let incident = Incident {
        kind,
        gone,
        instead: &instead,
        known: &known(&[5, 6, 7, 8, 9]),
    };
    incident.plan(&bench.project, &bench.work()).unwrap()
}

fn of_key(bench: &Bench, kind: IncidentKind, named: &str, instead: Option<u8>) -> Plan {
    let gone = [key_named(&bench.project, &bench.work(), named).unwrap()];
    plan(bench, kind, &gone, instead)
}

/// Writes a plan, and goes on with the settings that this wrote. Returns what has a draft now.
fn write(bench: &mut Bench, plan: Plan) -> Vec<String> {
    let roles = plan.write(&bench.project, &bench.work(), false).unwrap();
    bench.reload();
    roles.iter().map(Role::to_string).collect()
}

/// The text of the section with this title.
fn section(plan: &Plan, title: &str) -> String {
    let mut sections = plan.consequences.sections.iter();
    let found = sections.find(|section| section.title == title);
    found
        .unwrap_or_else(|| panic!("no {title}: {plan:#?}"))
        .lines
        .join("\n")
}

fn says(plan: &Plan, title: &str, expected: &[&str]) {
    let text = section(plan, title);
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

/// Every file of a project.
fn files(bench: &Bench) -> BTreeMap<String, Vec<u8>> {
    let mut open = vec![bench.path().to_owned()];
    let mut files = BTreeMap::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.display().to_string(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Version 1 of everything, published.
fn published() -> Bench {
    let bench = Bench::new();
    bench.add("a.txt", "a");
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    bench
}

/// As [`published`], with a third root key, 5.
fn with_spare_root_key() -> Bench {
    let mut bench = published();
    let third = bench.key(5, "root-3");
    bench.set_role(RoleType::Root, |role| role.keys.push(third.clone()));
    bench.draft_root();
    bench.sign(&[1, 2, 5]);
    bench.publish().unwrap();
    bench
}

fn published_version(bench: &Bench, role: &str) -> u64 {
    bench
        .work()
        .published()
        .version(&role.parse().unwrap())
        .unwrap()
}
