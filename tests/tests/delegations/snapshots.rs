//! What a snapshot lists of delegated roles.

use privyseal_proto::v1::Signed;
use privyseal_tests::delegation::{delegating, into_bins, to};
use privyseal_tests::metadata::{self, edited, targets, with_signatures};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tuf::Sha256Digest;
use serde_json::{Value, json};

use super::{assert_unfit, listing, other, stage};

/// A snapshot of these entries besides targets.json.
fn snapshot(version: u64, targets: u64, entries: &[(&str, Value)]) -> Vec<u8> {
    edited(&metadata::snapshot(version, targets), |signed| {
        for (role, entry) in entries {
            signed["meta"][format!("{role}.json")] = entry.clone();
        }
    })
}

fn of_version(version: u64) -> Value {
    json!({ "version": version })
}

fn of_file(version: u64, file: &[u8]) -> Value {
    let hash = Sha256Digest::of(file).to_string();
    json!({ "version": version, "length": file.len(), "hashes": { "sha256": hash } })
}

fn sign(rpc: &Rpc, app: &Repository, document: &[u8]) -> Answer<Signed> {
    app.sign(rpc, "snapshot", document)
}

#[test]
fn a_snapshot_lists_every_role_that_is_delegated_to() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let one = of_version(1);
    let delegator = delegating(
        &targets(1, &[]),
        &[to("a", &team, &["*"]), to("b", &team, &["*"])],
    );
    app.sign(&rpc, "targets", &delegator).unwrap();
    for entries in [&[][..], &[("a", one.clone())], &[("b", one.clone())]] {
        let incomplete = snapshot(1, 1, entries);
        assert_unfit(sign(&rpc, &app, &incomplete), "SNAPSHOT_INCOMPLETE");
    }
    // What the listed document of a delegated role delegates to belongs to it as well.
    let nested = delegating(&targets(1, &[]), &[to("deep/er", &team, &["*"])]);
    rpc.sign(app.request("a", "team", &nested)).unwrap();
    let both = [("a", one.clone()), ("b", one.clone())];
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_unfit(
        sign(&rpc, &app, &snapshot(1, 1, &both)),
        "SNAPSHOT_INCOMPLETE",
    );
    let all = [both.as_slice(), &[("deep/er", one.clone())]].concat();
    sign(&rpc, &app, &snapshot(1, 1, &all)).unwrap();

    // A delegation that is drafted later does not hold up what goes on without it; listed, it does.
    let third = to("c", &team, &["*"]);
    let delegator = delegating(
        &edited(&delegator, |signed| signed["version"] = 2.into()),
        &[third],
    );
    app.sign(&rpc, "targets", &delegator).unwrap();
    sign(&rpc, &app, &snapshot(2, 1, &all)).unwrap();
    assert_unfit(
        sign(&rpc, &app, &snapshot(3, 2, &all)),
        "SNAPSHOT_INCOMPLETE",
    );
    let more = [all.as_slice(), &[("c", one)]].concat();
    sign(&rpc, &app, &snapshot(3, 2, &more)).unwrap();
    assert_unfit(sign(&rpc, &app, &snapshot(4, 2, &all)), "SNAPSHOT_DROPPED");
}

#[test]
fn a_snapshot_lists_every_bin() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    app.sign(
        &rpc,
        "targets",
        &into_bins(&targets(1, &[]), &team, 32, "bins"),
    )
    .unwrap();
    let few = snapshot(1, 1, &[("bins-00000000", of_version(1))]);
    assert_unfit(sign(&rpc, &app, &few), "SNAPSHOT_INCOMPLETE");
    app.sign(
        &rpc,
        "targets",
        &into_bins(&targets(2, &[]), &team, 5, "bins"),
    )
    .unwrap();
    let names: Vec<String> = (0..32).map(|bin| format!("bins-{bin:02x}")).collect();
    let mut entries: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), of_version(1)))
        .collect();
    for missing in [0, 13, 31] {
        let entry = entries.remove(missing);
        assert_unfit(
            sign(&rpc, &app, &snapshot(1, 2, &entries)),
            "SNAPSHOT_INCOMPLETE",
        );
        entries.insert(missing, entry);
    }
    sign(&rpc, &app, &snapshot(1, 2, &entries)).unwrap();
}

#[test]
fn a_snapshot_lists_no_version_that_does_not_exist() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let delegations = [to("here", &team, &["*"]), to("elsewhere", &team, &["*"])];
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &delegations))
        .unwrap();
    for version in 1..=2 {
        let document = targets(version, &[]);
        rpc.sign(app.request("here", "team", &document)).unwrap();
    }
    let of = |version, here, elsewhere| {
        let entries = [
            ("here", of_version(here)),
            ("elsewhere", of_version(elsewhere)),
        ];
        snapshot(version, 1, &entries)
    };
    for (here, elsewhere) in [(3, 1), (1_000, 1), (2, 1_001)] {
        let ahead = of(1, here, elsewhere);
        assert_unfit(sign(&rpc, &app, &ahead), "SNAPSHOT_AHEAD");
    }
    // Of a role that the agent knows nothing of it believes what is near.
    sign(&rpc, &app, &of(1, 1, 1_000)).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    sign(&rpc, &app, &of(2, 2, 1_001)).unwrap();
    assert_unfit(sign(&rpc, &app, &of(3, 1, 1_001)), "SNAPSHOT_LOWERED");
    assert_unfit(sign(&rpc, &app, &of(3, 3, 1_001)), "SNAPSHOT_AHEAD");
    rpc.sign(app.request("here", "team", &targets(3, &[])))
        .unwrap();
    sign(&rpc, &app, &of(3, 3, 1_001)).unwrap();
}

#[test]
fn a_snapshot_lists_the_file_that_was_shown() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let delegator = delegating(&targets(1, &[]), &[to("team", &team, &["*"])]);
    let signed = app.sign(&rpc, "targets", &delegator).unwrap();
    let targets_file = with_signatures(&delegator, [&signed]);
    let document = listing(1, &["x"]);
    let signed = rpc.sign(app.request("team", "team", &document)).unwrap();
    let file = with_signatures(&document, [&signed]);
    // Nobody showed a file yet: nothing to compare with.
    let of = |version, entry| snapshot(version, 1, &[("team", entry)]);
    let wrong = of_file(1, b"wrong");
    sign(&rpc, &app, &of(1, wrong.clone())).unwrap();

    rpc.observe(app.observation("team", &file)).unwrap();
    rpc.observe(app.observation("targets", &targets_file))
        .unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    let length = json!({ "version": 1, "length": file.len() + 1 });
    let hash = json!({ "version": 1, "hashes": { "sha256": "00".repeat(32) } });
    for entry in [wrong, length, hash, of_file(1, &document)] {
        assert_unfit(sign(&rpc, &app, &of(2, entry)), "SNAPSHOT_CONTRADICTS");
    }
    let contradicts = edited(&of(2, of_file(1, &file)), |signed| {
        signed["meta"]["targets.json"] = of_file(1, &file);
    });
    assert_unfit(sign(&rpc, &app, &contradicts), "SNAPSHOT_CONTRADICTS");
    let right = edited(&of(2, of_file(1, &file)), |signed| {
        signed["meta"]["targets.json"] = of_file(1, &targets_file);
    });
    sign(&rpc, &app, &right).unwrap();
    sign(&rpc, &app, &of(3, of_version(1))).unwrap();
    // The same content in another envelope is another file.
    let spaced = [&file[..], b"\n"].concat();
    assert_unfit(
        sign(&rpc, &app, &of(4, of_file(1, &spaced))),
        "SNAPSHOT_CONTRADICTS",
    );
    rpc.observe(app.observation("team", &spaced)).unwrap();
    sign(&rpc, &app, &of(4, of_file(1, &spaced))).unwrap();
    // And a version that nobody showed has no file.
    rpc.sign(app.request("team", "team", &other(&listing(2, &[]))))
        .unwrap();
    sign(&rpc, &app, &of(5, of_file(2, b"any"))).unwrap();
}
