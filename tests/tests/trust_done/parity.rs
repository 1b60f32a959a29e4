//! docs/from-docker-trust.md: it knows every command and option of `docker trust` and `notary`, and
//! what it says to type instead works.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use privyseal_tests::client::Answer;
use privyseal_tests::{notary, openssl, require};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Whoever comes from docker and notary reads this.
const DOCUMENT: &str = "docs/from-docker-trust.md";
/// Stands for a bar that parts no cells.
const BAR: &str = "\u{1}";
/// The registry in its examples.
const REGISTRY: &str = "reg.example.org";

/// A row of its tables: the pieces of code in the first column, and those in the second.
struct Row {
    theirs: Vec<String>,
    ours: Vec<String>,
}

#[test]
fn every_command_and_option_of_docker_trust_and_notary_has_a_row() {
    if !notary::installed() || !require::program("docker") {
        return;
    }
    let rows = rows();
    let mut missing = Vec::new();
    for program in ["docker trust", "notary"] {
        for (command, options) in commands(program) {
            let is_of = |row: &&Row| row.theirs.iter().any(|code| begins(code, &command));
            let of_command: Vec<&Row> = rows.iter().filter(is_of).collect();
            if of_command.is_empty() {
                missing.push(command.clone());
            }
            for option in options {
                let has = |row: &&Row| row.theirs.iter().any(|code| names(code, &option));
                if !of_command.iter().any(has) {
                    missing.push(format!("{command} {option}"));
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "{DOCUMENT} says nothing of {missing:#?}"
    );
}

#[test]
fn every_command_of_ours_does_what_the_document_says() {
    let Some(stage) = Stage::start() else {
        return;
    };
    stage.roots("parity", "ecdsa-p256", "**");
    let home = stage.client.home();
    prepare(&stage, home);
    let registry = stage.trust.host.registry.local("");
    let registry = registry.trim_end_matches('/');
    let mut count = 0;
    for command in rows().into_iter().flat_map(|row| row.ours) {
        let typed = command.replace(REGISTRY, registry);
        let answer = shell(&stage, &typed);
        assert_eq!(answer.status, 0, "{command}\n{answer:#?}");
        count += 1;
    }
    assert!(count > 40, "{count} commands were found in {DOCUMENT}");
    is_left(&stage);
}

/// What the others see when all of it was done: bob's signatures, no trace of alice, and nothing of
/// the repository that was deleted.
fn is_left(stage: &Stage) {
    let registry = &stage.trust.host.registry;
    let docker = stage.docker();
    let web = docker.ok(&["trust", "inspect", &registry.local("demo/web")]);
    assert!(!web.contains("alice"), "{web}");
    let web: Value = serde_json::from_str(&web).unwrap();
    let tags = web[0]["SignedTags"].as_array().unwrap().iter();
    let tags: Vec<_> = tags
        .map(|tag| (&tag["SignedTag"], &tag["Signers"]))
        .collect();
    let by_bob = json!(["bob"]);
    assert_eq!(tags, [(&json!("v1"), &by_bob), (&json!("v2"), &by_bob)]);
    let tool = docker.run(&["trust", "inspect", &registry.local("demo/tool")]);
    assert_eq!(tool.status, 1, "{tool:#?}");
}

/// What the document takes for granted: images in the registry and in the engine, and files.
fn prepare(stage: &Stage, home: &Path) {
    let host = &stage.trust.host;
    let docker = stage.trust.docker();
    for (repository, tag) in [("demo/web", "v1"), ("demo/web", "v2"), ("demo/tool", "v1")] {
        host.push(repository, tag);
        let name = format!("{}:{tag}", host.registry.local(repository));
        docker.ok(&["pull", "--quiet", &name]);
    }
    fs::write(home.join("release.bin"), "what is released").unwrap();
    fs::write(home.join("custom.json"), r#"{"commit":"4f5e6d"}"#).unwrap();
    fs::copy(stage.trust.stack.server.ca(), home.join("ca.crt")).unwrap();
    let from = format!("FROM {}:v1\n", host.registry.local("demo/web"));
    fs::write(home.join("Dockerfile"), from).unwrap();
    for name in ["bob", "carol"] {
        let file = home.join(format!("{name}.key"));
        let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let file = file.to_str().unwrap();
        assert!(openssl::agrees(
            &[&["genpkey"], &curve[..], &["-out", file]].concat()
        ));
    }
}

/// Runs a line as the user of the stage, who has its engine.
fn shell(stage: &Stage, line: &str) -> Answer {
    let client = stage.client.command(Vec::<&str>::new());
    let mut command = Command::new("bash");
    for (name, value) in client.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let binary = require::binary("privyseal");
    let path = std::env::var("PATH").unwrap();
    command
        .args(["-euo", "pipefail", "-c", line])
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .env("DOCKER_HOST", stage.trust.host.engine.host())
        .env_remove("DOCKER_CONTENT_TRUST")
        .env(
            "DOCKER_CONTENT_TRUST_SERVER",
            stage.trust.stack.server.url(),
        )
        .current_dir(stage.client.home())
        .stdin(Stdio::null());
    command.output().unwrap().into()
}

/// The rows of the document's tables that have commands of theirs.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(require::source(DOCUMENT)).unwrap();
    // A bar within a cell.
    let text = text.replace("\\|", BAR);
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').collect();
        let theirs = code(cells.first()?);
        let ours = code(cells.get(1)?).into_iter();
        let ours = ours.filter(|code| code.contains("privyseal "));
        (!theirs.is_empty()).then(|| Row {
            theirs,
            ours: ours.collect(),
        })
    });
    rows.collect()
}

/// What stands between back quotes.
fn code(cell: &str) -> Vec<String> {
    let pieces = cell.split('`').skip(1).step_by(2);
    pieces.map(|piece| piece.replace(BAR, "|")).collect()
}

fn begins(code: &str, command: &str) -> bool {
    code == command || code.starts_with(&format!("{command} "))
}

/// Does it name an option: `--yes`, or `-y/--yes`?
fn names(code: &str, option: &str) -> bool {
    let mut words = code.split(|c: char| c.is_whitespace() || c == '/' || c == '=');
    words.any(|word| word == option)
}

/// Every command below a program, with its options, as its own help lists them.
fn commands(program: &str) -> Vec<(String, Vec<String>)> {
    let help = help(program);
    let below = below(&help);
    if below.is_empty() {
        return vec![(program.to_owned(), options(&help))];
    }
    let mut all: Vec<_> = below
        .iter()
        .filter(|name| !["help", "completion"].contains(&name.as_str()))
        .flat_map(|name| commands(&format!("{program} {name}")))
        .collect();
    // Options of the program itself.
    all.push((program.to_owned(), options(&help)));
    all
}

fn help(command: &str) -> String {
    let mut words = command.split(' ');
    let ran = Command::new(words.next().unwrap())
        .args(words)
        .arg("--help")
        .env_remove("DOCKER_HOST")
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

/// The names in the sections of commands.
fn below(help: &str) -> Vec<String> {
    let lines = section(help, |title| title.ends_with("Commands:"));
    let names = lines
        .iter()
        .filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// The long options of the command itself, without those that every command has.
fn options(help: &str) -> Vec<String> {
    let lines = section(help, |title| ["Flags:", "Options:"].contains(&title));
    let words = lines
        .iter()
        .flat_map(|line| line.split_whitespace().take(2));
    let options = words.filter(|word| word.starts_with("--") && *word != "--help");
    options.map(str::to_owned).collect()
}

/// The indented lines below the titles that are wanted.
fn section(help: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in help.lines() {
        if !line.starts_with(' ') {
            inside = wanted(line.trim());
        } else if inside {
            lines.push(line.to_owned());
        }
    }
    lines
}
