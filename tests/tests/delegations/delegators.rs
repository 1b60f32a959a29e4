//! What a document that delegates may say.

use privyseal_tests::delegation::{delegating, into_bins, to, to_hashes};
use privyseal_tests::metadata::{RoleOf, edited, targets};
use privyseal_tests::rpc::{Answer, Rpc};
use serde_json::{Value, json};
use tonic::Code;

use super::{assert_refused, assert_unknown, key, listing, stage};

fn assert_malformed<T: std::fmt::Debug>(answer: Answer<T>, reason: &str) {
    assert_refused(answer, Code::InvalidArgument, reason);
}

/// Targets metadata whose one delegation was changed as JSON.
fn changed(document: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    edited(document, |signed| change(&mut signed["delegations"]))
}

#[test]
fn a_delegation_that_clients_could_not_follow_is_refused() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let good = delegating(&targets(1, &[]), &[to("team", &team, &["a/*"])]);
    let sign = |document: &[u8]| app.sign(&rpc, "targets", document);
    for pattern in [
        "",
        "/a",
        "a//b",
        "a/",
        "../a",
        "./a",
        "a\\b",
        "a\u{7}",
        "e\u{301}/*",
    ] {
        let bad = changed(&good, |all| {
            all["roles"][0]["paths"] = json!(["a/*", pattern])
        });
        assert_malformed(sign(&bad), "TARGET_PATH_INVALID");
    }
    let short = changed(&good, |all| all["roles"][0]["threshold"] = 2.into());
    assert_malformed(sign(&short), "THRESHOLD_INVALID");
    let bins = into_bins(&targets(1, &[]), &RoleOf::new(2, &team.keys), 4, "bins");
    assert_malformed(sign(&bins), "THRESHOLD_INVALID");
    let none = changed(&good, |all| all["roles"][0]["threshold"] = 0.into());
    assert_malformed(sign(&none), "THRESHOLD_INVALID");

    let renamed = changed(&good, |all| {
        let key = all["keys"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .clone();
        all["keys"] = json!({ "my-key": key });
        all["roles"][0]["keyids"] = json!(["my-key"]);
    });
    assert_malformed(sign(&renamed), "KEYID_MISMATCH");
    // A key whose keyid is right, of a type that the agent can't verify.
    let foreign = json!({ "keytype": "new", "scheme": "newer", "keyval": { "public": "00" } });
    let parsed = privyseal_tuf::json::Value::parse(foreign.to_string().as_bytes()).unwrap();
    let keyid = privyseal_tuf::Key::parse(&parsed)
        .unwrap()
        .keyid()
        .to_string();
    let unsupported = changed(&good, |all| all["keys"][&keyid] = foreign.clone());
    assert_malformed(sign(&unsupported), "KEY_UNSUPPORTED");
    // What names no delegated role at all.
    for name in ["targets", ""] {
        let bad = changed(&good, |all| all["roles"][0]["name"] = name.into());
        assert_malformed(sign(&bad), "METADATA_INVALID");
    }
    sign(&good).unwrap();
}

#[test]
fn nothing_leads_back_to_where_it_came_from() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let chain = |from: &str, to_: &str, version| {
        let document = delegating(&targets(version, &[]), &[to(to_, &team, &["*"])]);
        match from {
            "targets" => app.sign(&rpc, from, &document),
            from => rpc.sign(app.request(from, "team", &document)),
        }
    };
    chain("targets", "a-0", 1).unwrap();
    assert_malformed(chain("a-0", "a-0", 1), "DELEGATION_CYCLE");
    chain("a-0", "b", 1).unwrap();
    assert_malformed(chain("b", "b", 1), "DELEGATION_CYCLE");
    assert_malformed(chain("b", "a-0", 1), "DELEGATION_CYCLE");
    chain("b", "c", 1).unwrap();
    assert_malformed(chain("c", "a-0", 1), "DELEGATION_CYCLE");
    // Bins are roles too.
    let bins = |prefix| {
        let bins = into_bins(&targets(1, &[]), &team, 3, prefix);
        rpc.sign(app.request("c", "team", &bins))
    };
    assert_malformed(bins("a"), "DELEGATION_CYCLE");
    bins("a-").unwrap();
    // It counts what delegates now, not what did once.
    chain("targets", "c", 2).unwrap();
    assert_unknown(chain("b", "other", 2));
    for cyclic in ["c", "b"] {
        assert_malformed(chain("c", cyclic, 2), "DELEGATION_CYCLE");
    }
    chain("c", "new", 2).unwrap();
}

#[test]
fn delegations_that_can_not_be_recorded_are_refused() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let too_large =
        |answer| assert_refused::<()>(answer, Code::OutOfRange, "DELEGATIONS_TOO_LARGE");
    let wild: Vec<String> = (0..=1_000).map(|at| format!("a/{at}-*")).collect();
    let wild: Vec<&str> = wild.iter().map(String::as_str).collect();
    let plain: Vec<String> = (0..5_000).map(|at| format!("a/{at}")).collect();
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let of = |patterns: &[&str]| delegating(&targets(1, &[]), &[to("team", &team, patterns)]);
    too_large(app.sign(&rpc, "targets", &of(&wild)).map(drop));

    let long: Vec<String> = (0..6_000)
        .map(|at| format!("{at}-{}", "x".repeat(200)))
        .collect();
    let all: Vec<_> = long.iter().map(|name| to(name, &team, &["a/*"])).collect();
    let document = delegating(&targets(1, &[]), &all);
    too_large(app.sign(&rpc, "targets", &document).map(drop));
    let signed = rpc.observe(app.observation("targets", &document));
    assert_eq!(signed.unwrap_err().reason, "INCOMPLETE");

    // Plain paths are found at once, so there may be many of them.
    let all = [&plain[..], &wild[..1_000]].concat();
    app.sign(&rpc, "targets", &of(&all)).unwrap();
    let document = listing(1, &["a/0", "a/4999", "a/7-x"]);
    rpc.sign(app.request("team", "team", &document)).unwrap();
}

#[test]
fn too_many_ways_to_a_role_are_not_looked_at() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let names: Vec<String> = (0..1_025).map(|at| format!("r{at}")).collect();
    let all: Vec<_> = names
        .iter()
        .map(|name| to_hashes(name, &team, &["0"]))
        .collect();
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &all))
        .unwrap();
    let common = delegating(&targets(1, &[]), &[to("common", &team, &["*"])]);
    let requests = names.iter().zip(0..).map(|(name, id)| {
        let request = app.request(name, "team", &common);
        privyseal_proto::v1::SignRequest { id, ..request }
    });
    for answer in rpc.sign_many(requests.collect()).unwrap() {
        answer.unwrap();
    }
    let answer = rpc.sign(app.request("common", "team", &targets(1, &[])));
    assert_refused(answer, Code::OutOfRange, "DELEGATIONS_TOO_LARGE");
}

#[test]
fn a_floor_under_thresholds_holds_for_delegations() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    assert!(stage.agent.stop().success());
    stage.agent.configure(|setup| {
        let grant = privyseal_tests::setup::grant(&format!("uid:{}", nix_user()));
        setup.without_sections().section(&grant).section(
            "[[authority]]\nname = \"production\"\n\
             delegated = { max_expiry = \"30d\", min_threshold = 2 }\n",
        )
    });
    stage.agent.start();
    let rpc = stage.rpc();
    let second = key(&rpc, "second");
    let low = |answer: Answer<_>| {
        assert_refused::<()>(answer, Code::FailedPrecondition, "THRESHOLD_TOO_LOW")
    };
    let both = RoleOf::new(2, &[team.keys[0].clone(), second.keys[0].clone()]);
    let sign = |rpc: &Rpc, document: &[u8]| app.sign(rpc, "targets", document).map(drop);
    low(sign(
        &rpc,
        &delegating(&targets(1, &[]), &[to("team", &team, &["*"])]),
    ));
    low(sign(&rpc, &into_bins(&targets(1, &[]), &team, 4, "bins")));
    sign(
        &rpc,
        &delegating(&targets(1, &[]), &[to("team", &both, &["*"])]),
    )
    .unwrap();
    // And delegated roles have an expiry of their own.
    let far = rpc.sign(app.request("team", "team", &targets(1, &[])));
    assert_refused(far, Code::FailedPrecondition, "EXPIRY_TOO_FAR");
    let near = super::other(&targets(1, &[]));
    rpc.sign(app.request("team", "team", &near)).unwrap();
    assert_unknown(rpc.sign(app.request("teams", "team", &near)));
}

fn nix_user() -> u32 {
    nix::unistd::geteuid().as_raw()
}
