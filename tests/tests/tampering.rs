//! A draft that somebody changed in secret: it is shown for what it is, and not signed unless a
//! person says which dangers are meant.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use privyseal_tests::client::Answer;
use privyseal_tests::project::Project;
use privyseal_tests::require;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use privyseal_tuf::DangerKind;
use serde_json::{Value, json};

const NAME: &str = "example.org/app";
const KEYS: [&str; 6] = ["root-1", "root-2", "root-3", "targets", "online", "other"];

/// A published repository with two targets, of which two of three must sign the root.
fn published(stage: &Stage) -> Project {
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    for key in KEYS {
        project.client.ok(&format!(
            "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
        ));
    }
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 root-3 \
         --root-threshold 2 --targets targets --snapshot online --timestamp online"
    ));
    project.add(&[("app-1.0.tar.gz", b"one"), ("LICENSE", b"free")], "");
    project.sign_and_publish("");
    project
}

fn draft(project: &Project, role: &str) -> PathBuf {
    project
        .directory()
        .join("draft")
        .join(format!("{role}.json"))
}

fn edit(path: &PathBuf, edit: impl FnOnce(&mut Value)) {
    let mut envelope: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    edit(&mut envelope["signed"]);
    fs::write(path, envelope.to_string()).unwrap();
}

/// The dangers that a script reads, and how the command ended.
fn dangers(project: &Project, role: &str) -> (i32, Vec<String>) {
    let answer = project.try_repo("diff --json");
    let roles: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert!(answer.stdout.is_ascii(), "it may go to a terminal");
    let dangers = roles[role]["dangers"].as_array().unwrap().iter();
    let kinds = dangers.map(|danger| danger["kind"].as_str().unwrap().to_owned());
    (answer.status, kinds.collect())
}

fn assert_not_signed(project: &Project, role: &str, words: &str) -> Answer {
    let answer = project.try_repo(words);
    assert!(
        answer.status == 3 && answer.stderr.contains("nothing was signed"),
        "{words}: {answer:#?}"
    );
    let envelope: Value = serde_json::from_slice(&fs::read(draft(project, role)).unwrap()).unwrap();
    assert_eq!(envelope["signatures"], json!([]), "{words}");
    answer
}

/// A danger, what is shown of it, and how it comes about.
type Tampering<'a> = (&'a str, &'a str, fn(&mut Value));

#[test]
fn a_tampered_draft_is_marked_and_not_signed_by_yes_alone() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = published(&stage);
    assert_eq!(project.try_repo("diff").status, 0, "nothing changes");
    project.add(&[("app-1.1.tar.gz", b"two")], "");
    assert_eq!(
        dangers(&project, "targets"),
        (0, Vec::new()),
        "ordinary work"
    );

    let path = draft(&project, "targets");
    let honest = fs::read(&path).unwrap();
    let tamperings: [Tampering<'_>; 5] = [
        ("replaced-target", "app-1.0.tar.gz", |targets| {
            let other = targets["targets"]["LICENSE"].clone();
            targets["targets"]["app-1.0.tar.gz"] = other;
        }),
        ("removed-target", "LICENSE", |targets| {
            targets["targets"]
                .as_object_mut()
                .unwrap()
                .remove("LICENSE");
        }),
        ("expiry", "2090-01-01T00:00:00Z", |targets| {
            targets["expires"] = "2090-01-01T00:00:00Z".into();
        }),
        ("look-alike", r#""\u{430}pp-1.0.tar.gz""#, |targets| {
            let file = targets["targets"]["app-1.0.tar.gz"].clone();
            targets["targets"]["\u{430}pp-1.0.tar.gz"] = file;
        }),
        ("hidden-characters", r"\u001b[2J", |targets| {
            targets["x-note"] = "reviewed\u{1b}[2J".into();
        }),
    ];
    let head = stage.rpc().head(0).unwrap();
    for (kind, shown, tamper) in tamperings {
        edit(&path, tamper);
        let said = project.try_repo("diff");
        let line = said
            .stdout
            .lines()
            .find(|line| line.contains(shown) && line.starts_with("!! "));
        assert!(said.status == 3 && line.is_some(), "{kind}: {said:#?}");
        assert!(
            said.stdout.contains(&format!("DANGER       {kind}: ")),
            "{said:#?}"
        );
        let (status, kinds) = dangers(&project, "targets");
        assert!(
            status == 3 && kinds.iter().all(|found| found == kind),
            "{kinds:?}"
        );
        let refused = assert_not_signed(&project, "targets", "sign --yes");
        assert!(
            refused.stderr.contains(&format!("--accept {kind}")),
            "{refused:#?}"
        );
        assert_not_signed(
            &project,
            "targets",
            "sign --yes --accept threshold,rollback",
        );
        assert_not_signed(&project, "targets", "sign");
        fs::write(&path, &honest).unwrap();
    }
    assert_eq!(stage.rpc().head(0).unwrap(), head, "no agent was asked");
    project.sign_and_publish("");
}

#[test]
fn what_the_next_snapshot_is_made_from_is_shown() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = published(&stage);
    project.add(&[("more", b"ordinary work")], "");
    let draft_with = |note: &str| {
        let last = fs::read(project.metadata("1.snapshot.json")).unwrap();
        let mut envelope: Value = serde_json::from_slice(&last).unwrap();
        envelope["signatures"] = json!([]);
        let signed = &mut envelope["signed"];
        signed["version"] = 2.into();
        signed["x-note"] = note.into();
        // Long past: it gets another one when it is made anew.
        signed["expires"] = "2020-01-01T00:00:00Z".into();
        fs::write(draft(&project, "snapshot"), envelope.to_string()).unwrap();
    };
    draft_with("harmless");
    let said = project.try_repo("diff");
    let shown = said
        .stdout
        .contains(r#"+ field        signed.x-note = "harmless""#);
    assert!(said.status == 0 && shown, "{said:#?}");
    draft_with("\u{202e}harmless");
    assert_eq!(
        dangers(&project, "snapshot"),
        (3, vec!["hidden-characters".to_owned()])
    );
    assert_not_signed(&project, "snapshot", "sign --yes");
}

#[test]
fn what_is_meant_is_signed_by_its_name() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = published(&stage);
    project.add(&[("app-1.0.tar.gz", b"another one")], "");
    assert_eq!(dangers(&project, "targets").1, ["replaced-target"]);
    let unknown = project.try_repo("sign --yes --accept everything");
    assert!(
        unknown.status == 2 && unknown.stderr.contains("replaced-target"),
        "{unknown:#?}"
    );
    project.sign_and_publish("replaced-target");
    assert_eq!(project.try_repo("diff").status, 0);
}

#[test]
fn on_a_terminal_a_yes_is_not_enough() {
    let Some(stage) = Stage::new().filter(|_| require::program("script")) else {
        return;
    };
    let project = published(&stage);
    project.add(&[("app-1.0.tar.gz", b"another one")], "");
    let question = "Look at each line marked !!";
    for answer in ["y", "yes", "sign", ""] {
        let (signed, shown) = sign_on_a_terminal(&project, answer);
        assert!(!signed && shown.contains(question), "{answer}: {shown}");
    }
    let (signed, shown) = sign_on_a_terminal(&project, "sign 1 danger");
    assert!(signed && shown.contains("everything is signed"), "{shown}");
    project.publish();
    project.add(&[("more", b"ordinary work")], "");
    let (signed, shown) = sign_on_a_terminal(&project, "y");
    assert!(signed && !shown.contains(question), "{shown}");
}

/// Runs `repo sign` on a terminal of its own and types an answer; whether it ended well, and all
/// that the terminal showed.
fn sign_on_a_terminal(project: &Project, answer: &str) -> (bool, String) {
    let (program, directory) = (require::binary("privyseal"), project.directory());
    let words = format!("{} repo -C {} sign", program.display(), directory.display());
    let sign = project.client.command::<&str>([]);
    let environment = sign.get_envs();
    let mut script = Command::new("script")
        .envs(environment.filter_map(|(name, value)| Some((name, value?))))
        .args(["--quiet", "--return", "--command", &words, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(script.stdin.take().unwrap(), "{answer}").unwrap();
    let output = script.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), shown)
}

#[test]
fn a_key_that_was_rotated_out_keeps_its_owners_name() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = published(&stage);
    project.repo("rotate root --add other --remove root-1");
    let said = project.try_repo("diff");
    assert_eq!(said.status, 0, "one for another: {said:#?}");
    for (sign, owner) in [('-', "default:root-1"), ('+', "default:other")] {
        let is_it = |line: &str| {
            let line = line.trim_start();
            line.starts_with(&format!("{sign} key ")) && line.ends_with(&format!(", {owner})"))
        };
        assert!(said.stdout.lines().any(is_it), "{sign} {owner}: {said:#?}");
    }
    project.repo("rotate root --threshold 1");
    assert_eq!(dangers(&project, "root"), (3, vec!["threshold".to_owned()]));
    assert_not_signed(&project, "root", "sign --yes --role root");
}

#[test]
fn the_documents_name_every_danger() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    let text = fs::read_to_string(path).unwrap();
    for kind in DangerKind::ALL {
        assert!(
            text.contains(&format!("| `{kind}` | ")),
            "{kind} is not in docs/errors.md"
        );
    }
}
