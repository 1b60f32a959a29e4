//! Renewals: by a timer while people have drafts open, by a clock that is a year off, and told by a
//! calendar.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use privyseal_tests::client::Answer;
use privyseal_tests::project::{Project, files};
use privyseal_tests::python::Python;
use privyseal_tests::require;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use privyseal_tests::tuf_client::PythonTuf;
use privyseal_tuf::Document;
use serde_json::Value;

const NAME: &str = "example.org/app";

/// A published project at one agent, whose root needs two of two keys.
struct House {
    project: Project,
    python: PythonTuf,
    stage: Stage,
}

impl House {
    fn published() -> Option<Self> {
        let (stage, python) = (Stage::new()?, PythonTuf::find()?);
        let project = Project::new(&stage.sandbox, "project", stage.client("client"));
        for key in ["root-1", "root-2", "root-3", "targets", "online"] {
            project.client.ok(&format!(
                "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
            ));
        }
        project.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 \
             --root-threshold 2 --targets targets --snapshot online --timestamp online"
        ));
        project.add(&[("hello.txt", b"hello\n")], "");
        project.sign_and_publish("");
        Some(Self {
            project,
            python,
            stage,
        })
    }

    fn accepted(&self) -> String {
        self.python.accepts(&self.project, &[], None)
    }

    /// What a timer runs, but for what is due.
    fn renew(&self) -> Answer {
        self.project.try_repo("renew snapshot timestamp --publish")
    }

    /// Every file in a directory of the project.
    fn files(&self, directory: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.project.directory().join(directory))
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.project.repo("status --json")).unwrap()
    }

    /// A command while the client's clock is off, such as `-365d`.
    fn at(&self, off: &str, words: &str) -> Answer {
        let words = format!("repo -C {} {words}", self.project.directory().display());
        let client = self.project.client.command(words.split_whitespace());
        let mut command = Command::new("faketime");
        command
            .args(["-f", off])
            .arg(client.get_program())
            .args(client.get_args());
        for (name, value) in client.get_envs() {
            command.env(name, value.unwrap());
        }
        // Time limits run as they do.
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.current_dir(client.get_current_dir().unwrap());
        command.output().unwrap().into()
    }
}

fn done(answer: &Answer) -> &str {
    assert_eq!(answer.status, 0, "{answer:#?}");
    &answer.stdout
}

#[test]
fn a_root_takes_days_and_a_timer_renews_meanwhile() {
    let Some(house) = House::published() else {
        return;
    };
    let project = &house.project;
    // A new root with another key, and a new target, in the work of several days.
    project.repo("rotate root --add root-3 --remove root-1");
    let half =
        project.try_repo("sign --role root --key root-2 --yes --accept swapped-key,concentration");
    assert_eq!(half.status, 3, "{half:#?}");
    fs::write(project.directory().join("new.txt"), b"new\n").unwrap();
    project.repo(&format!("add {}/new.txt", project.directory().display()));
    let drafts = |house: &House| {
        let mut drafts = house.files("draft");
        drafts.remove("sent.json");
        drafts
    };
    let before = drafts(&house);

    done(&house.renew());
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 2, timestamp 2"
    );
    assert_eq!(drafts(&house), before, "nobody's draft is touched");
    done(&house.renew());
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 3, timestamp 3"
    );
    assert_eq!(house.files("renewal"), BTreeMap::new());

    let status = house.status();
    let root = &status["roles"][0]["signatures"];
    let have: Vec<u64> = root
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["have"].as_u64().unwrap())
        .collect();
    assert_eq!(
        have,
        [1, 1],
        "the old root and the new one each have a signature"
    );
    project.repo("sign --yes --accept swapped-key,concentration,replaced-target");
    project.publish();
    fs::copy(
        project.directory().join("new.txt"),
        project.original("new.txt"),
    )
    .unwrap();
    assert_eq!(
        house.accepted(),
        "root 2, targets 2, snapshot 4, timestamp 4"
    );
}

#[test]
fn a_timer_does_not_publish_what_people_had_signed() {
    let Some(house) = House::published() else {
        return;
    };
    house.project.add(&[("new.txt", b"new\n")], "");
    house.project.repo("sign --yes");
    let (drafts, published) = (house.files("draft"), house.files("repository"));
    let refused = house.renew();
    assert_eq!(refused.status, 3, "{refused:#?}");
    assert!(
        refused
            .stderr
            .contains("that people had signed waits to be published")
    );
    assert_eq!(
        (house.files("draft"), house.files("repository")),
        (drafts, published)
    );
    house.project.publish();
    done(&house.renew());
    assert_eq!(
        house.accepted(),
        "root 1, targets 2, snapshot 3, timestamp 3"
    );
}

#[test]
fn a_timer_renews_only_what_is_due_and_only_what_says_nothing_new() {
    let Some(house) = House::published() else {
        return;
    };
    let project = &house.project;
    let early = project.repo("renew snapshot timestamp --due --publish");
    assert_eq!(early, "nothing to renew yet\n");
    let targets = project.try_repo("renew targets --publish");
    assert_eq!(targets.status, 1, "{targets:#?}");
    assert!(targets.stderr.contains("not targets"), "{targets:#?}");

    // Somebody plants a snapshot where the timer looks for its own: it is not signed.
    let planted = project.metadata("1.snapshot.json");
    let mut json: Value = serde_json::from_slice(&fs::read(planted).unwrap()).unwrap();
    json["signed"]["version"] = 2.into();
    json["signed"]["meta"]["planted.json"] = serde_json::json!({ "version": 1 });
    json["signatures"] = serde_json::json!([]);
    let renewal = project.directory().join("renewal");
    fs::create_dir_all(&renewal).unwrap();
    fs::write(
        renewal.join("snapshot.json"),
        serde_json::to_vec(&json).unwrap(),
    )
    .unwrap();
    let within = project.repo("renew timestamp --within 2d --publish");
    assert!(within.contains("timestamp 2 expires"), "{within}");
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 1, timestamp 2"
    );
}

#[test]
fn a_renewal_goes_on_where_it_was_interrupted() {
    let Some(mut house) = House::published() else {
        return;
    };
    assert!(house.stage.agent.stop().success());
    let published = house.files("repository");
    let failed = house.renew();
    assert_ne!(failed.status, 0, "{failed:#?}");
    assert_eq!(house.files("repository"), published);
    house.stage.agent.start();

    // And where it could not be published: the versions that the agent signed are not given up.
    let in_the_way = house.project.metadata("2.snapshot.json");
    fs::write(&in_the_way, "somebody else's").unwrap();
    let failed = house.renew();
    assert_eq!(failed.status, 3, "{failed:#?}");
    let signed = house.files("renewal");
    assert_eq!(signed.len(), 2, "{signed:?}");
    fs::remove_file(in_the_way).unwrap();
    done(
        &house
            .project
            .try_repo("renew snapshot timestamp --due --publish"),
    );
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 2, timestamp 2"
    );
}

#[test]
fn a_clock_that_is_a_year_off_is_noticed_here_and_at_the_agent() {
    let Some(house) = House::published().filter(|_| require::program("faketime")) else {
        return;
    };
    for (off, says, reason) in [
        ("-365d", "the clock is slow", "EXPIRY_PAST"),
        (
            "+400d",
            "everything that is published has expired",
            "EXPIRY_TOO_FAR",
        ),
    ] {
        let drafts = house.files("draft");
        let year = if off.starts_with('-') {
            year() - 1
        } else {
            year() + 1
        };
        for words in [
            "renew",
            "renew snapshot --publish",
            "add Cargo.toml",
            "sign --yes",
        ] {
            let refused = house.at(off, words);
            assert_eq!(refused.status, 3, "{off} {words}: {refused:#?}");
            for expected in [says, "date -u", reason, &format!("the clock says {year}-")] {
                assert!(
                    refused.stderr.contains(expected),
                    "{expected}: {refused:#?}"
                );
            }
        }
        assert_eq!(house.files("draft"), drafts);
        let status = house.at(off, "status");
        assert!(done(&status).contains(says), "{status:#?}");

        // Whoever insists is refused by an agent whose clock is right.
        let drafted = house.at(off, "--clock-is-right renew timestamp");
        done(&drafted);
        let dangers = "--accept expiry";
        let refused = house.at(off, &format!("--clock-is-right sign --yes {dangers}"));
        refused.assert_refused(4, reason);
        fs::remove_file(house.project.directory().join("draft/timestamp.json")).unwrap();
    }
    done(&house.renew());
}

fn year() -> i32 {
    let said = Command::new("date").args(["-u", "+%Y"]).output().unwrap();
    String::from_utf8(said.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn a_calendar_has_an_event_for_each_role_that_moves_with_its_renewal() {
    let (Some(house), Some(python)) = (House::published(), Python::find()) else {
        return;
    };
    let file = house.project.directory().join("expiry.ics");
    let write = format!("status --calendar {}", file.display());
    let read = || {
        house.project.repo(&write);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.ends_with("END:VCALENDAR\r\n"), "{text}");
        let said = python.script("ics.py", [""; 0], &text);
        assert_eq!(said.status, 0, "{said:#?}");
        let events: Value = serde_json::from_str(&said.stdout).unwrap();
        events.as_array().unwrap().clone()
    };
    let before = read();
    let status = house.status();
    assert_eq!(before.len(), 4);
    for (event, role) in before.iter().zip(status["roles"].as_array().unwrap()) {
        let (name, published) = (role["role"].as_str().unwrap(), &role["published"]);
        assert_eq!(event["summary"], format!("{name} of {NAME} expires"));
        assert_eq!(event["start"], published["expires_seconds"]);
        let notice = published["expires_seconds"].as_i64().unwrap()
            - published["due_seconds"].as_i64().unwrap();
        assert_eq!(event["alarms"], serde_json::json!([notice]));
    }
    // A month before a root, a third of a day before a timestamp.
    assert_eq!(before[0]["alarms"][0], 30 * 86_400);
    assert_eq!(before[3]["alarms"][0], 8 * 3600);

    done(&house.renew());
    let after = read();
    let uids = |events: &[Value]| {
        events
            .iter()
            .map(|event| event["uid"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(uids(&after), uids(&before));
    let sequences: Vec<_> = after
        .iter()
        .map(|event| event["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, [1, 1, 2, 2]);
    let stdout = house.project.repo("status --calendar -");
    assert!(stdout.starts_with("BEGIN:VCALENDAR\r\n"), "{stdout}");
}

#[test]
fn a_monitor_learns_by_the_exit_status_what_expires() {
    let Some(house) = House::published() else {
        return;
    };
    // A timestamp lives for a day, a snapshot for a week.
    for (within, status) in [("23h", 0), ("2d", 3), ("400d", 3)] {
        let said = house.project.try_repo(&format!("status --within {within}"));
        assert_eq!(said.status, status, "{within}: {said:#?}");
    }
    let timestamp = read(&house.project.metadata("timestamp.json"));
    let said = house.project.repo("status");
    let expires = timestamp.timestamp().unwrap().header.expires;
    assert!(said.contains(expires.as_str()), "{said}");
    assert!(said.contains("next: nothing before "), "{said}");
}

fn read(path: &Path) -> Document {
    Document::parse(&fs::read(path).unwrap()).unwrap()
}
