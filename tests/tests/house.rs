//! The walls of the house: who may import whom, and what else the architecture promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use privyseal_agent::denial::Reason;
use privyseal_agent::fault::Fault;
use privyseal_agent::service::status;
use privyseal_tests::require::{binary, source};

/// The crates of the house that each crate of it may import.
const WALLS: &[(&str, &[&str])] = &[
    ("privyseal-proto", &[]),
    ("privyseal-tuf", &[]),
    ("privyseal-ledger", &["privyseal-proto"]),
    (
        "privyseal",
        &["privyseal-ledger", "privyseal-proto", "privyseal-tuf"],
    ),
    (
        "privyseal-agent",
        &["privyseal-ledger", "privyseal-proto", "privyseal-tuf"],
    ),
    ("privyseal-shim", &[]),
    ("privyseal-virtual-yubikey", &[]),
];

/// Crates that judge the others, and may import all of them.
const JUDGES: &[&str] = &["privyseal-tests", "privyseal-bench"];

#[test]
fn crates_import_only_what_they_may() {
    let found = imports();
    for (name, ours) in &found {
        if JUDGES.contains(&name.as_str()) {
            continue;
        }
        let wall = WALLS.iter().find(|(wall, _)| wall == name);
        let (_, may) = wall.unwrap_or_else(|| panic!("{name} has no wall: add it to WALLS"));
        for import in ours {
            assert!(
                may.contains(&import.as_str()),
                "{name} may not import {import}"
            );
        }
    }
    assert!(WALLS.iter().all(|(name, _)| found.contains_key(*name)));
}

#[test]
fn nothing_but_tests_knows_the_virtual_yubikey() {
    let found = imports();
    let import = |ours: &BTreeSet<String>| ours.contains("privyseal-virtual-yubikey");
    let who: Vec<_> = found.iter().filter(|(_, ours)| import(ours)).collect();
    assert!(
        matches!(who[..], [(name, _)] if name == "privyseal-tests"),
        "{who:?}"
    );
}

/// Crates of the workspace, with those that they import, also for tests and builds.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .arg("--manifest-path")
        .arg(source("Cargo.toml"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{metadata:?}");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    let imports = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let ours = dependencies.filter_map(|d| names.get(d["name"].as_str().unwrap()));
        ours.map(|name| (*name).to_owned()).collect()
    };
    packages
        .iter()
        .map(|package| {
            (
                package["name"].as_str().unwrap().to_owned(),
                imports(package),
            )
        })
        .collect()
}

/// Rust files of the repository below `directory`, as paths from its root.
fn sources(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![source(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Asserts that only these files and folders of the agent's sources name a crate.
fn assert_kept(krate: &str, rooms: &[&str]) {
    let base = source("agent/src");
    let mut seen = 0;
    for path in sources("agent/src") {
        let text = fs::read_to_string(&path).unwrap();
        let uses = text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            let path = format!("{krate}::");
            code.match_indices(&path)
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        if !uses {
            continue;
        }
        seen += 1;
        let path = path
            .strip_prefix(&base)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let within =
            |room: &&str| path == format!("{room}.rs") || path.starts_with(&format!("{room}/"));
        assert!(rooms.iter().any(within), "{path} may not name {krate}");
    }
    assert!(seen > 0, "nobody names {krate}: is the test blind?");
}

#[test]
fn rooms_of_the_agent_keep_their_libraries() {
    // agent/ starts the server, and fault.rs knows each fault's gRPC code.
    assert_kept("tonic", &["service", "listen", "agent", "fault"]);
    assert_kept("cryptoki", &["keystore/pkcs11"]);
    assert_kept("cryptoki_sys", &["keystore/pkcs11"]);
    // Whatever is sent to a smart card is sent from here.
    assert_kept("pcsc", &["keystore/piv/card"]);
    assert_kept("yubikey", &["keystore/piv/card"]);
}

#[test]
fn files_are_short() {
    let mut long = 0;
    let mut all = 0;
    for path in sources("") {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
        all += 1;
        long += usize::from(lines > 300);
        assert!(
            path.file_name() != Some("mod.rs".as_ref()),
            "{}",
            path.display()
        );
    }
    assert!(
        long * 10 <= all,
        "{long} of {all} files have more than 300 lines"
    );
}

#[test]
fn every_reason_code_is_documented() {
    let text = fs::read_to_string(source("docs/errors.md")).unwrap();
    let rows: BTreeMap<&str, Vec<&str>> = text
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
            Some((cells[0].strip_suffix('`')?, cells))
        })
        .collect();
    for reason in Reason::ALL {
        let row = rows.get(reason.code());
        let row = row.unwrap_or_else(|| panic!("{} is not in docs/errors.md", reason.code()));
        assert_eq!(
            row[1],
            grpc_name(status::code(*reason)),
            "{}",
            reason.code()
        );
        assert!(row[3].contains(reason.remedy()), "{}", reason.code());
    }
    for reason in Fault::REASONS {
        assert!(
            rows.contains_key(reason),
            "{reason} is not in docs/errors.md"
        );
    }
    let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len(), "a code is used twice");
}

/// `PermissionDenied` as `PERMISSION_DENIED`.
fn grpc_name(code: tonic::Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

#[test]
fn the_example_config_is_right() {
    let example = source("packaging/privyseald.toml");
    let checked = check(&example);
    assert!(checked.status.success(), "{checked:?}");

    // Every default that it shows is one: the file means the same with all of them written out.
    let text = fs::read_to_string(&example).unwrap();
    let shown: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest)
                if is_setting(rest)
                    && !rest.starts_with("genesis")
                    && !rest.starts_with("group") =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(shown, text);
    let written = tempfile::NamedTempFile::new().unwrap();
    fs::write(written.path(), shown).unwrap();
    let checked = check(written.path());
    assert!(checked.status.success(), "{checked:?}");
}

/// `name = value`, without a space before it.
fn is_setting(line: &str) -> bool {
    let name = line.split(" = ").next().unwrap_or_default();
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    line.contains(" = ") && !name.is_empty() && name.chars().all(word)
}

fn check(config: &Path) -> std::process::Output {
    Command::new(binary("privyseald"))
        .arg("--config")
        .arg(config)
        .arg("--check")
        .output()
        .unwrap()
}
