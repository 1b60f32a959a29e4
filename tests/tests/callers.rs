//! Who may ask what, by the kernel's word, and where they connect.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::{LineageRef, ListKeysReply, SignRequest};
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::require;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::somebody::{STRANGER, Somebody};
use privyseal_tests::stage::Stage;
use prost::Message;
use serde_json::Value;

/// A user, a group and supplementary groups.
type Identity<'a> = (u32, u32, &'a [u32]);

const BUILDER: Identity<'_> = (65_501, 65_501, &[]);
const RELEASER: Identity<'_> = (65_502, 4_242, &[]);
const MEMBER: Identity<'_> = (65_503, 65_503, &[4_343, 4_344]);
const NOBODY: Identity<'_> = (STRANGER, STRANGER, &[]);

fn grant(callers: &str, role: &str, keys: &str) -> String {
    format!(
        "[[grant]]\ncallers = [\"{callers}\"]\nauthority = \"{AUTHORITY}\"\n\
         repositories = [\"example.org/app\"]\nroles = [\"{role}\"]\nkeys = [\"{keys}\"]\n"
    )
}

/// An agent for everybody on this machine to ask, with a complete repository `example.org/app`.
fn open_house() -> Option<(Stage, Repository, Somebody)> {
    let stage = Stage::with(|_, setup| {
        setup
            .agent("mode = \"0666\"")
            .section(&grant("uid:65501", "snapshot", "app-snap*"))
            .section(&grant("gid:4242", "targets", "app-targets"))
            .section(&grant("gid:4343", "timestamp", "app-timestamp"))
    })?;
    let somebody = Somebody::calls(&stage.sandbox, &stage.agent.socket())?;
    let repository = Repository::complete(&stage.rpc(), "app");
    Some((stage, repository, somebody))
}

fn reason(answer: &Value) -> &str {
    assert_eq!(answer["connected"], true, "{answer}");
    answer["reason"].as_str().unwrap_or("answered")
}

#[test]
fn grants_name_users_groups_and_supplementary_groups() {
    let Some((_stage, app, somebody)) = open_house() else {
        return;
    };
    let snapshot = app.request("snapshot", "app-snapshot", &metadata::snapshot(2, 1));
    let targets = app.request("targets", "app-targets", &metadata::targets(2, &[]));
    let timestamp = app.request("timestamp", "app-timestamp", &metadata::timestamp(2, 1));
    let without_group = (MEMBER.0, MEMBER.1, &[4_344][..]);
    for (who, request, expected) in [
        (BUILDER, &targets, "NO_GRANT"),
        (BUILDER, &timestamp, "NO_GRANT"),
        (RELEASER, &snapshot, "NO_GRANT"),
        (MEMBER, &targets, "NO_GRANT"),
        (without_group, &timestamp, "NO_GRANT"),
        (MEMBER, &timestamp, "answered"),
        (BUILDER, &snapshot, "answered"),
        (RELEASER, &targets, "answered"),
    ] {
        let answer = somebody.ask(who, "sign", request);
        assert_eq!(
            reason(&answer),
            expected,
            "{who:?} {}: {answer}",
            request.role
        );
    }
    // They see the keys that they may use, and no others.
    for (who, key) in [(BUILDER, "app-snapshot"), (MEMBER, "app-timestamp")] {
        let answer = somebody.ask(who, "keys", &LineageRef::default());
        let message = hex::decode(answer["message"].as_str().unwrap()).unwrap();
        let listed = ListKeysReply::decode(message.as_slice()).unwrap();
        let names: Vec<_> = listed.keys.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, [key]);
    }
    // A grant makes no operator.
    for method in ["lock", "records"] {
        let answer = somebody.ask(RELEASER, method, &LineageRef::default());
        assert_eq!(reason(&answer), "OPERATOR_ONLY", "{answer}");
    }
}

#[test]
fn a_stranger_learns_nothing() {
    let Some((stage, app, somebody)) = open_house() else {
        return;
    };
    let good = app.request("targets", "app-targets", &metadata::targets(2, &[]));
    let mut questions = vec![good.clone()];
    let other = |change: &dyn Fn(&mut SignRequest, &mut LineageRef)| {
        let mut request = good.clone();
        let mut lineage = app.lineage.clone();
        change(&mut request, &mut lineage);
        request.lineage = Some(lineage);
        request
    };
    questions.push(other(&|request, _| request.key = "nobody".into()));
    questions.push(other(&|request, _| request.key = "no body".into()));
    questions.push(other(&|request, _| request.role = "mirrors".into()));
    questions.push(other(&|request, _| request.document = b"{".into()));
    questions.push(other(&|_, lineage| lineage.repository = "nowhere".into()));
    questions.push(other(&|_, lineage| lineage.authority = "staging".into()));
    questions.push(other(&|_, lineage| lineage.first_root = "ab".repeat(32)));
    let answers: Vec<_> = questions
        .iter()
        .map(|request| somebody.ask(NOBODY, "sign", request))
        .collect();
    assert_eq!(reason(&answers[0]), "NO_GRANT");
    for answer in &answers {
        assert_eq!(answer, &answers[0], "the same for all");
    }
    let known = somebody.ask(NOBODY, "lineage", &app.lineage);
    let unknown = LineageRef {
        first_root: "ab".repeat(32),
        ..app.lineage.clone()
    };
    assert_eq!(known, somebody.ask(NOBODY, "lineage", &unknown));
    assert_eq!(reason(&known), "NO_GRANT");
    for method in ["keys", "status", "head", "records", "lock"] {
        let answer = somebody.ask(NOBODY, method, &LineageRef::default());
        assert_eq!(reason(&answer), "NO_GRANT", "{method}: {answer}");
    }
    // Strangers fill no disk: their refusals are not recorded.
    for _ in 0..5 {
        let answer = somebody.ask(NOBODY, "sign", &good);
        assert_eq!(reason(&answer), "NO_GRANT");
    }
    let of_strangers = |event: &Event| match event {
        Event::Refusals(refusals) => refusals
            .caller
            .as_ref()
            .is_some_and(|by| by.uid == STRANGER),
        _ => false,
    };
    assert!(!records::events(&stage.rpc()).iter().any(of_strangers));
}

#[test]
fn the_socket_has_the_mode_and_group_of_the_config() {
    if !require::root() {
        return;
    }
    let Some(stage) = Stage::with(|_, setup| setup.agent("mode = \"0660\"\ngroup = \"daemon\""))
    else {
        return;
    };
    let socket = fs::metadata(stage.agent.socket()).unwrap();
    let group = nix::unistd::Group::from_name("daemon").unwrap().unwrap();
    assert_eq!(socket.mode() & 0o777, 0o660);
    assert_eq!(socket.gid(), group.gid.as_raw());
    let Some(somebody) = Somebody::calls(&stage.sandbox, &stage.agent.socket()) else {
        return;
    };
    let ask = |who| somebody.ask(who, "status", &LineageRef::default());
    assert_eq!(ask(NOBODY)["connected"], false);
    let member = (STRANGER, STRANGER, &[group.gid.as_raw()][..]);
    assert_eq!(reason(&ask(member)), "NO_GRANT");
}

#[test]
fn a_socket_is_the_owners_alone_where_the_config_says_nothing() {
    let Some(stage) = Stage::new() else { return };
    let mode = fs::metadata(stage.agent.socket()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn a_stale_socket_is_replaced_and_a_foreign_file_is_not() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let socket = stage.agent.socket();
    stage.agent.kill();
    assert!(socket.exists(), "a killed agent leaves its socket");
    stage.agent.start();
    stage.rpc().try_status().unwrap();

    // Another agent's socket, while it listens, is left alone.
    let mut second = Agent::new(
        &stage.sandbox,
        "second",
        &Setup::new(&stage.token).ledger_key("second"),
    );
    let taken = fs::read_to_string(second.config()).unwrap().replace(
        second.socket().to_str().unwrap(),
        stage.agent.socket().to_str().unwrap(),
    );
    fs::write(second.config(), taken).unwrap();
    let (status, said) = second.refused();
    assert!(
        !status.success() && said.contains("another process listens"),
        "{said}"
    );
    stage.rpc().try_status().unwrap();

    assert!(stage.agent.stop().success());
    assert!(
        !socket.exists(),
        "an agent that ends removes its own socket"
    );
    fs::write(&socket, "a letter").unwrap();
    let (status, said) = stage.agent.refused();
    assert!(!status.success() && said.contains("is no socket"), "{said}");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "a letter");
}
