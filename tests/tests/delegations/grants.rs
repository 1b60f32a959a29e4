//! Grants of delegated roles, and of paths.

use privyseal_tests::delegation::{delegating, into_bins, to, to_hashes};
use privyseal_tests::metadata::{RoleOf, targets};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use tonic::Code;

use super::{assert_refused, key, listing, stage};

fn grant(lines: &str) -> String {
    let user = nix::unistd::geteuid();
    format!(
        "[[grant]]\ncallers = [\"uid:{user}\"]\nauthority = \"{AUTHORITY}\"\n\
         repositories = [\"example.org/app\"]\n{lines}\n"
    )
}

/// From now on these are all grants.
fn regrant(stage: &mut Stage, grants: &[&str]) -> Rpc {
    assert!(stage.agent.stop().success(), "{}", stage.agent.log());
    stage.agent.configure(|setup| {
        let authority = format!("[[authority]]\nname = \"{AUTHORITY}\"\n");
        let setup = setup.without_sections().section(&authority);
        grants
            .iter()
            .fold(setup, |setup, lines| setup.section(&grant(lines)))
    });
    stage.agent.start();
    stage.rpc()
}

fn assert_denied<T: std::fmt::Debug>(answer: Answer<T>, reason: &str) {
    assert_refused(answer, Code::PermissionDenied, reason);
}

fn open(rpc: &Rpc, app: &Repository, delegations: &[(&str, &RoleOf)]) {
    let all = delegations
        .iter()
        .map(|(name, keys)| to(name, keys, &["*", "*/*"]));
    let delegator = delegating(&targets(1, &[]), &all.collect::<Vec<_>>());
    app.sign(rpc, "targets", &delegator).unwrap();
}

#[test]
fn a_grant_names_delegated_roles() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let delegations = [("team", &team), ("bins-0", &team), ("other", &team)];
    open(&stage.rpc(), &app, &delegations);
    let of_roles = "delegations = [\"team\", \"bins-?\"]\nkeys = [\"team\"]";
    let rpc = regrant(&mut stage, &[of_roles]);
    let sign = |rpc: &Rpc, role: &str| rpc.sign(app.request(role, "team", &targets(1, &[])));
    for role in ["team", "bins-0"] {
        sign(&rpc, role).unwrap();
    }
    for role in ["other", "targets", "root", "bins-00", "unheard-of"] {
        assert_denied(sign(&rpc, role), "NO_GRANT");
    }
    let wrong_key = rpc.sign(app.request("team", "app-targets", &targets(1, &[])));
    assert_denied(wrong_key, "NO_GRANT");

    // And one of the top-level targets is of nothing else.
    let rpc = regrant(&mut stage, &["roles = [\"targets\"]\nkeys = [\"*\"]"]);
    assert_denied(sign(&rpc, "team"), "NO_GRANT");
    app.sign(&rpc, "targets", &targets(2, &[])).unwrap();
}

#[test]
fn a_grant_is_limited_to_paths() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    open(&stage.rpc(), &app, &[("team", &team)]);
    let limited =
        "delegations = [\"team\"]\npaths = [\"app/*\", \"docs/[a-z]\"]\nkeys = [\"team\"]";
    let rpc = regrant(&mut stage, &[limited]);
    let sign = |rpc: &Rpc, document: &[u8]| rpc.sign(app.request("team", "team", document));
    for path in ["lib/x", "app", "docs/1", "docs/aa"] {
        let document = listing(1, &["app/x", path]);
        assert_denied(sign(&rpc, &document), "PATH_NOT_GRANTED");
    }
    let of = |all: &[_]| delegating(&listing(1, &["app/x"]), all);
    let outside = [
        of(&[to("deep", &team, &["app/x", "*/x"])]),
        of(&[to("deep", &team, &["app/*"]), to("er", &team, &["docs/?"])]),
        of(&[to_hashes("deep", &team, &["0"])]),
        into_bins(&targets(1, &[]), &team, 4, "bins"),
    ];
    for document in &outside {
        assert_denied(sign(&rpc, document), "PATH_NOT_GRANTED");
    }
    let within = of(&[to("deep", &team, &["app/x-*", "docs/b"])]);
    sign(&rpc, &within).unwrap();

    // Of several grants one must allow all of it.
    let more = limited.replace("\"app/*\", \"docs/[a-z]\"", "\"lib/*\"");
    let rpc = regrant(&mut stage, &[limited, &more]);
    assert_denied(
        sign(&rpc, &listing(2, &["app/x", "lib/x"])),
        "PATH_NOT_GRANTED",
    );
    sign(&rpc, &listing(2, &["lib/x"])).unwrap();
}

#[test]
fn the_top_level_targets_may_be_limited_to_paths_too() {
    let Some((mut stage, app, _)) = stage() else {
        return;
    };
    let limited = "roles = [\"targets\", \"snapshot\"]\npaths = [\"app/*\"]\nkeys = [\"*\"]";
    let rpc = regrant(&mut stage, &[limited]);
    let outside = app.sign(&rpc, "targets", &listing(1, &["app/x", "y"]));
    assert_denied(outside, "PATH_NOT_GRANTED");
    app.sign(&rpc, "targets", &listing(1, &["app/x"])).unwrap();
    let snapshot = privyseal_tests::metadata::snapshot(1, 1);
    app.sign(&rpc, "snapshot", &snapshot).unwrap();
}

#[test]
fn a_key_of_targets_does_not_sign_for_those_who_may_not_sign_targets() {
    let Some((mut stage, mut app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let second = key(&rpc, "second");
    let shared = RoleOf::new(1, &[team.keys[0].clone(), second.keys[0].clone()]);
    app.roles.targets = RoleOf::new(1, &team.keys);
    let root = privyseal_tests::metadata::root(2, &app.roles);
    for key in ["app-root-1", "app-root-2"] {
        rpc.sign(app.request("root", key, &root)).unwrap();
    }
    open(&rpc, &app, &[("team", &shared)]);
    let sign = |rpc: &Rpc, key: &str, document: &[u8]| rpc.sign(app.request("team", key, document));
    // Its signature would hold for targets.json of that version as well.
    let of_role = "delegations = [\"team\"]\nkeys = [\"*\"]";
    let rpc = regrant(&mut stage, &[of_role]);
    assert_denied(sign(&rpc, "team", &targets(1, &[])), "NO_GRANT");
    sign(&rpc, "second", &targets(1, &[])).unwrap();

    let of_paths = "roles = [\"targets\"]\npaths = [\"app/*\"]\nkeys = [\"team\"]";
    let rpc = regrant(&mut stage, &[of_role, of_paths]);
    assert_denied(sign(&rpc, "team", &listing(2, &["x"])), "NO_GRANT");
    sign(&rpc, "team", &listing(2, &["app/x"])).unwrap();
}
