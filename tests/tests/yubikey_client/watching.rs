//! Following an agent.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

use privyseal_proto::v1::waiting::Kind;
use serde_json::Value;

use crate::stage::{ABOUT, SERIAL, Stage, answer, sign};

/// A command that goes on until it is ended.
struct Following {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn begin(stage: &Stage, words: &str) -> Self {
        let mut child = stage.begins(words);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that has this in it.
    fn line(&mut self, what: &str) -> String {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines.find(|line| line.contains(what)).unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn whoever_follows_an_agent_sees_what_it_waits_for() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let project = stage.project("--pin-policy never");
    let mut people = Following::begin(&stage, "agent status --watch");
    let mut scripts = Following::begin(&stage, "agent status --watch --json");
    people.line(&format!("safe: ready, YubiKey {SERIAL}"));
    scripts.line("\"kind\":\"piv\"");
    let signing = stage.begins(&sign(&project));
    stage.awaited(Kind::Touch);
    let wants = format!("YubiKey {SERIAL} wants a touch until");
    assert!(people.line(&wants).ends_with(&format!("to sign {ABOUT}")));
    let status: Value = serde_json::from_str(&scripts.line(ABOUT)).unwrap();
    let keystores = status["keystores"].as_array().unwrap();
    let safe = keystores.iter().find(|it| it["name"] == "safe").unwrap();
    assert_eq!(safe["waiting"][0]["kind"], "touch");
    let said = stage.operator.ok("agent status");
    assert!(said.contains(&format!("waits: {wants}")), "{said}");
    stage.touch();
    assert_eq!(answer(signing).status, 0);
    people.line("no longer: YubiKey");
    stage.plugboard.pull(&stage.yubikey);
    people.line("safe: not plugged in");
}

#[test]
fn only_operators_follow() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.without_operators();
    let refused = stage.operator.run("agent status --watch");
    refused.assert_refused(4, "OPERATOR_ONLY");
}
