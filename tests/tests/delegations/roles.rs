//! One delegated role, and roles below it.

use privyseal_proto::v1::role_memory::State;
use privyseal_tests::delegation::{delegating, to};
use privyseal_tests::metadata::{RoleOf, digest, targets, with_signatures};
use privyseal_tests::records;
use privyseal_tests::software_key::SoftwareKey;

use super::{assert_unfit, assert_unknown, key, listing, memory, other, stage, supersede, version};

#[test]
fn a_role_is_signed_by_its_own_keys_for_its_own_paths() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let document = listing(1, &["app/one", "app/two"]);
    let sign = |rpc: &_, key: &str, document: &[u8]| {
        privyseal_tests::rpc::Rpc::sign(rpc, app.request("team/app", key, document))
    };
    assert_unknown(sign(&rpc, "team", &document));
    let delegator = delegating(&targets(1, &[]), &[to("team/app", &team, &["app/*"])]);
    app.sign(&rpc, "targets", &delegator).unwrap();
    assert_eq!(memory(&rpc, &app, "team/app"), None);

    for key in ["app-targets", "app-snapshot", "app-root-1"] {
        assert_unfit(sign(&rpc, key, &document), "KEY_NOT_IN_ROLE");
    }
    for outside in ["app", "lib/one", "app/one/two"] {
        let document = listing(1, &["app/one", outside]);
        assert_unfit(sign(&rpc, "team", &document), "TARGET_OUTSIDE_DELEGATION");
    }
    assert_unfit(sign(&rpc, "team", &listing(2, &[])), "VERSION_SKIPPED");
    assert_unknown(rpc.sign(app.request("team/ap", "team", &document)));
    let signed = sign(&rpc, "team", &document).unwrap();
    assert_eq!((signed.version, signed.recorded), (1, false));
    let recorded = records::decisions(&rpc).pop().unwrap();
    assert_eq!((&*recorded.role, recorded.completes), ("team/app", true));

    stage.agent.restart();
    let rpc = stage.rpc();
    assert_eq!(version(&rpc, &app, "team/app"), (1, State::Final));
    let again = sign(&rpc, "team", &document).unwrap();
    assert_eq!((&again.sig, again.recorded), (&signed.sig, true));
    assert_unfit(sign(&rpc, "team", &other(&document)), "VERSION_REUSED");
    sign(&rpc, "team", &listing(2, &["app/one"])).unwrap();
    for old in [&document, &other(&document)] {
        assert_unfit(sign(&rpc, "team", old), "VERSION_ROLLBACK");
    }
    let wide = listing(3, &["lib/one"]);
    assert_unfit(sign(&rpc, "team", &wide), "TARGET_OUTSIDE_DELEGATION");
    // The top-level targets are as they were.
    assert_eq!(app.version(&rpc, "targets"), (1, State::Final));
}

#[test]
fn below_a_role_every_delegation_on_the_way_must_cover_the_path() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let deep = key(&rpc, "deep");
    let sign = |rpc: &privyseal_tests::rpc::Rpc, role: &str, document: &[u8]| {
        let key = if role == "deep" { "deep" } else { "team" };
        rpc.sign(app.request(role, key, document))
    };
    let top = |version, names: &[&str]| {
        let all = names.iter().map(|name| to(name, &team, &["a/*", "b/1"]));
        delegating(&targets(version, &[]), &all.collect::<Vec<_>>())
    };
    app.sign(&rpc, "targets", &top(1, &["team"])).unwrap();
    let middle = |version| delegating(&targets(version, &[]), &[to("deep", &deep, &["?/1", "c"])]);
    assert_unknown(sign(&rpc, "deep", &listing(1, &[])));
    sign(&rpc, "team", &middle(1)).unwrap();
    let outside = |rpc: &_, version| {
        for path in ["a/2", "c/1", "c"] {
            let document = listing(version, &["a/1", path]);
            assert_unfit(sign(rpc, "deep", &document), "TARGET_OUTSIDE_DELEGATION");
        }
    };
    outside(&rpc, 1);
    let first = listing(1, &["a/1", "b/1"]);
    sign(&rpc, "deep", &first).unwrap();

    // Without the delegation in the middle nothing leads there any more.
    app.sign(&rpc, "targets", &top(2, &["elsewhere"])).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    for role in ["team", "deep"] {
        assert_unknown(sign(&rpc, role, &listing(2, &[])));
        assert_eq!(version(&rpc, &app, role), (1, State::Final));
    }
    // Whoever comes back goes on where it was.
    app.sign(&rpc, "targets", &top(3, &["elsewhere", "team"]))
        .unwrap();
    assert_unfit(sign(&rpc, "deep", &other(&first)), "VERSION_REUSED");
    outside(&rpc, 2);
    sign(&rpc, "deep", &listing(2, &["b/1"])).unwrap();
    assert_unfit(sign(&rpc, "deep", &first), "VERSION_ROLLBACK");
}

#[test]
fn a_role_of_two_delegators_has_the_paths_of_those_that_list_the_key() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let second = key(&rpc, "second");
    let common = |keys| to("common", keys, &["*"]);
    let top = [to("a", &team, &["a", "ab"]), to("b", &team, &["b", "ab"])];
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &top))
        .unwrap();
    let sign = |role: &str, key: &str, document: &[u8]| rpc.sign(app.request(role, key, document));
    sign("a", "team", &delegating(&targets(1, &[]), &[common(&team)])).unwrap();
    sign(
        "b",
        "team",
        &delegating(&targets(1, &[]), &[common(&second)]),
    )
    .unwrap();

    assert_unfit(
        sign("common", "team", &listing(1, &["a", "b"])),
        "TARGET_OUTSIDE_DELEGATION",
    );
    assert_unfit(
        sign("common", "second", &listing(1, &["a"])),
        "TARGET_OUTSIDE_DELEGATION",
    );
    let both = listing(1, &["ab"]);
    sign("common", "second", &both).unwrap();
    sign("common", "team", &both).unwrap();
    assert_eq!(version(&rpc, &app, "common"), (1, State::Final));
}

#[test]
fn a_delegator_counts_once_it_is_finished() {
    let Some((mut stage, mut app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = SoftwareKey::generate();
    app.roles.targets = RoleOf::new(2, &[app.key("targets").clone(), elsewhere.key.clone()]);
    let app = {
        let keys = app.roles.root.keys.clone();
        let root = privyseal_tests::metadata::root(2, &app.roles);
        for key in &keys[..2] {
            rpc.sign(app.request("root", &key.name, &root)).unwrap();
        }
        app
    };
    let delegator = delegating(&targets(1, &[]), &[to("team", &team, &["*"])]);
    let document = listing(1, &["x"]);
    let signed = app.sign(&rpc, "targets", &delegator).unwrap();
    assert_unknown(rpc.sign(app.request("team", "team", &document)));
    assert_unknown(rpc.observe(app.observation("team", &document)));
    let complete = elsewhere.signed(&with_signatures(&delegator, [&signed]));
    assert!(
        rpc.observe(app.observation("targets", &complete))
            .unwrap()
            .recorded
    );
    rpc.sign(app.request("team", "team", &document)).unwrap();

    // A draft of the next one changes nothing until it is finished too.
    let next = delegating(&targets(2, &[]), &[to("other", &team, &["*"])]);
    let signed = app.sign(&rpc, "targets", &next).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_unknown(rpc.sign(app.request("other", "team", &document)));
    rpc.sign(app.request("team", "team", &listing(2, &[])))
        .unwrap();
    let complete = elsewhere.signed(&with_signatures(&next, [&signed]));
    rpc.observe(app.observation("targets", &complete)).unwrap();
    assert_unknown(rpc.sign(app.request("team", "team", &listing(3, &[]))));
    rpc.sign(app.request("other", "team", &document)).unwrap();
}

#[test]
fn a_role_of_several_keys_is_finished_superseded_and_contradicted_like_the_four() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = [SoftwareKey::generate(), SoftwareKey::generate()];
    let [b, c] = &elsewhere;
    let three = RoleOf::new(2, &[team.keys[0].clone(), b.key.clone(), c.key.clone()]);
    let delegations = [to("team", &three, &["x"]), to("single", &team, &["y"])];
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &delegations))
        .unwrap();
    let sign = |rpc: &privyseal_tests::rpc::Rpc, document: &[u8]| {
        rpc.sign(app.request("team", "team", document))
    };

    // One signature is not enough, and a draft may be given up as long as it is not.
    let draft = listing(1, &["x"]);
    let better = other(&draft);
    let signed = sign(&rpc, &draft).unwrap();
    assert_eq!(version(&rpc, &app, "team"), (1, State::Committed));
    let incomplete = with_signatures(&draft, [&signed]);
    assert_unfit(
        rpc.observe(app.observation("team", &incomplete)),
        "INCOMPLETE",
    );
    assert_unfit(sign(&rpc, &better), "VERSION_REUSED");
    supersede(&rpc, &app, "team", 1, [&draft, &better]).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_unfit(sign(&rpc, &draft), "VERSION_REUSED");
    let signed = sign(&rpc, &better).unwrap();
    let complete = b.signed(&with_signatures(&better, [&signed]));
    assert!(
        rpc.observe(app.observation("team", &complete))
            .unwrap()
            .recorded
    );
    assert!(
        !rpc.observe(app.observation("team", &complete))
            .unwrap()
            .recorded
    );
    assert_eq!(version(&rpc, &app, "team"), (1, State::Final));
    let late = supersede(&rpc, &app, "team", 1, [&better, &draft]);
    assert_unfit(late, "NOT_SUPERSEDABLE");

    // Where one key completes the role, its signature may be in use.
    let alone = listing(1, &["y"]);
    rpc.sign(app.request("single", "team", &alone)).unwrap();
    let given_up = supersede(&rpc, &app, "single", 1, [&alone, &other(&alone)]);
    assert_unfit(given_up, "NOT_SUPERSEDABLE");

    // What was completed elsewhere against our own decision is not signed too.
    let (ours, theirs) = (listing(2, &["x"]), other(&listing(2, &["x"])));
    sign(&rpc, &ours).unwrap();
    let complete = c.signed(&b.signed(&theirs));
    rpc.observe(app.observation("team", &complete)).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    for document in [&ours, &theirs] {
        assert_unfit(sign(&rpc, document), "VERSION_REUSED");
    }
    let remembered = memory(&rpc, &app, "team").unwrap();
    assert_eq!(remembered.digest, digest(&theirs).to_string());
    sign(&rpc, &listing(3, &["x"])).unwrap();
}

#[test]
fn what_one_key_completes_for_another_delegator_is_not_superseded() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = SoftwareKey::generate();
    let alone = RoleOf::new(1, std::slice::from_ref(&elsewhere.key));
    let both = RoleOf::new(2, &[team.keys[0].clone(), elsewhere.key.clone()]);
    let top = [to("a", &team, &["*"]), to("b", &team, &["*"])];
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &top))
        .unwrap();
    let sign = |role: &str, document: &[u8]| rpc.sign(app.request(role, "team", document));
    let common = |keys| delegating(&targets(1, &[]), &[to("common", keys, &["*"])]);
    sign("a", &common(&both)).unwrap();
    let draft = listing(1, &["x"]);
    sign("common", &draft).unwrap();
    assert_eq!(version(&rpc, &app, "common"), (1, State::Committed));
    let better = other(&draft);
    sign("b", &common(&alone)).unwrap();
    let given_up = supersede(&rpc, &app, "common", 1, [&draft, &better]);
    assert_unfit(given_up, "NOT_SUPERSEDABLE");
    let without = delegating(&targets(2, &[]), &[to("other", &team, &["*"])]);
    sign("b", &without).unwrap();
    supersede(&rpc, &app, "common", 1, [&draft, &better]).unwrap();
}

#[test]
fn a_request_asks_for_delegated_roles_by_name() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let delegations = [to("one", &team, &["*"]), to("two", &team, &["*"])];
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &delegations))
        .unwrap();
    for role in ["one", "two"] {
        rpc.sign(app.request(role, "team", &listing(1, &[])))
            .unwrap();
    }
    let names = |wanted: &[&str]| {
        let reply = rpc.lineage_with(&app.lineage, wanted).unwrap();
        let names = reply.roles.into_iter().map(|memory| memory.role);
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["root", "targets"]);
    assert_eq!(
        names(&["two", "three", "one"]),
        ["root", "targets", "two", "one"]
    );
    assert_eq!(names(&["targets"]), ["root", "targets"]);
    let many = |count: usize| rpc.lineage_with(&app.lineage, &vec!["x"; count]);
    assert!(many(8_192).is_ok());
    for malformed in [many(8_193), rpc.lineage_with(&app.lineage, &[""])] {
        let reason = malformed.unwrap_err().reason;
        assert!(
            ["REQUEST_MALFORMED", "UNKNOWN_ROLE"].contains(&&*reason),
            "{reason}"
        );
    }
}

#[test]
fn long_names_are_answered_too() {
    let Some((stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let name = "\u{1}".repeat(255);
    let delegator = delegating(&targets(1, &[]), &[to(&name, &team, &["a"])]);
    app.sign(&rpc, "targets", &delegator).unwrap();
    let path = "\u{e9}".repeat(2_048);
    let outside = rpc.sign(app.request(&name, "team", &listing(1, &[&path])));
    assert_unfit(outside, "TARGET_OUTSIDE_DELEGATION");
    let unknown = rpc.sign(app.request(&"\u{202e}".repeat(85), "team", &listing(1, &[])));
    assert_unknown(unknown);
    rpc.sign(app.request(&name, "team", &listing(1, &["a"])))
        .unwrap();
}
