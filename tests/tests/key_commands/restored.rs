use privyseal_tests::setup::AUTHORITY;
use serde_json::Value;

use crate::stage::{Stage, on_terminal};

#[test]
fn a_restored_database_is_accepted_after_a_look_at_its_keys() {
    let Some(stage) = Stage::new() else { return };
    let meant = stage.used("reg.test/team/app", "timestamp", &[8, 9]);
    let other = stage.used("reg.test/other", "timestamp", &[8, 9]);
    let fresh = stage.key("reg.test/team/new", "timestamp");
    assert_eq!(stage.sign(&meant, 5).unwrap_err(), "VERSION_ROLLBACK");
    let words = format!(
        "notary restored --authority {AUTHORITY} --repository reg.test/team/* --reason disk_lost"
    );
    let said = stage.operator.run(&words);
    said.assert_refused(3, "nothing was accepted");
    assert_eq!(stage.sign(&meant, 5).unwrap_err(), "VERSION_ROLLBACK");

    let accepted = match on_terminal(&stage.operator, &words, "Type \"yes\":", "yes") {
        Some(said) => said,
        None => stage.operator.run(&format!("{words} --yes")),
    };
    assert_eq!(accepted.status, 0, "{accepted:#?}");
    let shown = accepted.stdout;
    let line = shown.lines().find(|line| line.contains(&meant)).unwrap();
    assert!(line.contains("reg.test/team/app"), "{shown}");
    assert!(
        line.contains("timestamp") && line.contains(" 9 "),
        "{shown}"
    );
    assert!(
        !shown.contains(&other) && !shown.contains(&fresh),
        "{shown}"
    );
    assert!(shown.contains("accepted and recorded"), "{shown}");

    let table = stage.operator.ok("key list --purpose notary");
    let line = table.lines().find(|line| line.contains(&meant)).unwrap();
    assert!(line.contains("RESTORED"), "{table}");
    stage.sign(&meant, 5).unwrap();
    assert_eq!(stage.sign(&other, 5).unwrap_err(), "VERSION_ROLLBACK");
    let shown = stage.operator.ok("ledger show");
    let record = shown.lines().find(|line| line.contains("notary RESTORED"));
    let record = record.unwrap();
    assert!(
        record.contains(&meant) && record.contains("disk_lost"),
        "{shown}"
    );
}

#[test]
fn scripts_get_the_keys_and_mistakes_are_told() {
    let Some(stage) = Stage::new() else { return };
    let meant = stage.used("reg.test/app", "timestamp", &[3]);
    let run = |authority: &str, repository: &str| {
        let begin = [
            "notary",
            "restored",
            "--reason",
            "disk of db-2 lost",
            "--json",
            "--yes",
        ];
        let of = ["--authority", authority, "--repository", repository];
        stage.operator.run_with(begin.iter().chain(&of))
    };
    let said = run(AUTHORITY, "**");
    assert_eq!(said.status, 0, "{said:#?}");
    let shown: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(shown["keys"][0], meant);
    assert_eq!(shown["authority"], AUTHORITY);
    for (authority, repository) in [("staging", "**"), (AUTHORITY, "nobody/*")] {
        let said = run(authority, repository);
        assert_eq!(said.status, 1, "{said:#?}");
        assert!(said.stderr.contains("has signed anything"), "{said:#?}");
        assert!(
            said.stderr.contains("key list --purpose notary"),
            "{said:#?}"
        );
    }
}
