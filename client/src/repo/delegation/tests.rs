use privyseal_tuf::RoleType;

use super::*;
use crate::repo::settings::Settings;
use crate::repo::testing::{Bench, Signer};
use crate::repo::{Homes, bins};

fn role(name: &str) -> Role {
    name.parse().unwrap()
}

struct Given<'a> {
    name: &'a str,
    by: &'a str,
    seeds: &'a [u8],
    paths: &'a [&'a str],
}

fn given<'a>(name: &'a str, by: &'a str, seeds: &'a [u8], paths: &'a [&'a str]) -> Given<'a> {
    Given {
        name,
        by,
        seeds,
        paths,
    }
}

/// Delegates, and goes on with the settings that this wrote.
fn make(bench: &mut Bench, given: &Given<'_>) -> anyhow::Result<Vec<String>> {
    let known: BTreeMap<KeyId, Key> = given
        .seeds
        .iter()
        .map(|seed| Signer::new(*seed).key)
        .map(|key| (key.keyid().clone(), key))
        .collect();
    let keys: Vec<KeySettings> = given
        .seeds
        .iter()
        .map(|seed| bench.key(*seed, &format!("key-{seed}")))
        .collect();
    let (name, by) = (given.name.parse().unwrap(), role(given.by));
    let patterns = given.paths.iter().map(|text| (*text).into()).collect();
    let new = NewDelegation {
        name: &name,
        by: &by,
        keys: &keys,
        threshold: None,
        scope: (!given.paths.is_empty()).then_some(Scope::Paths(patterns)),
        terminating: None,
        expires: None,
        place: None,
        known: &known,
    };
    let notes = delegate(&bench.project, &bench.work(), &new)?;
    bench.reload();
    Ok(notes)
}

fn versions(bench: &Bench) -> Vec<(String, u64)> {
    let work = bench.work();
    let version = |role: Role| {
        let document = work.current(&role).unwrap().unwrap();
        (
            role.to_string(),
            document.view(role.kind()).unwrap().version(),
        )
    };
    work.order()
        .unwrap()
        .into_iter()
        .filter(|role| work.draft(role).is_some())
        .map(version)
        .collect()
}

#[test]
fn a_delegated_role_is_signed_before_the_snapshot_lists_it() {
    let mut bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    make(&mut bench, &given("app", "targets", &[6], &["app/*"])).unwrap();
    make(&mut bench, &given("beta", "app", &[7], &["app/beta-*"])).unwrap();
    // Nobody signed for them yet, so nothing of it can be published.
    bench.sign(&[1, 2, 3, 4]);
    let targets = |bench: &Bench| bench.work().settled(&Role::TARGETS).unwrap().unwrap();
    assert_eq!(targets(&bench).targets().unwrap().header.version, 1);
    bench.sign(&[1, 2, 3, 4, 6]);
    assert_eq!(targets(&bench).targets().unwrap().header.version, 1);
    bench.sign(&[1, 2, 3, 4, 6, 7]);
    bench.sign(&[1, 2, 3, 4, 6, 7]);
    assert_eq!(targets(&bench).targets().unwrap().header.version, 2);
    let snapshot = bench
        .work()
        .settled(&RoleType::Snapshot.into())
        .unwrap()
        .unwrap();
    let listed: Vec<String> = snapshot.snapshot().unwrap().meta.into_keys().collect();
    assert_eq!(listed, ["app.json", "beta.json", "targets.json"]);
    let names: Vec<String> = versions(&bench).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["targets", "app", "beta", "snapshot", "timestamp"]);
}

#[test]
fn what_no_client_would_follow_is_refused() {
    let mut bench = Bench::new();
    make(&mut bench, &given("app", "targets", &[6], &["app/*"])).unwrap();
    make(&mut bench, &given("beta", "app", &[7], &["app/beta-*"])).unwrap();
    let long = "x".repeat(230);
    for (bad, says) in [
        (given("app", "app", &[6], &["app/*"]), "by itself"),
        (given("app", "beta", &[6], &["app/*"]), "by itself"),
        (given("docs", "targets", &[6], &[""]), "is empty"),
        (given("docs", "targets", &[6], &["/docs/*"]), "relative"),
        (
            given("docs", "targets", &[6], &["e\u{301}/*"]),
            "normalization",
        ),
        (given("docs", "targets", &[6], &["a/*", "a/*"]), "twice"),
        (given("docs", "targets", &[], &["docs/*"]), "needs keys"),
        (given("docs", "targets", &[6], &[]), "needs paths"),
        (given("docs", "targets", &[6, 6], &["docs/*"]), "twice"),
        (given("docs", "app", &[6], &["docs/*"]), "not trusted"),
        (given(&long, "targets", &[6], &["docs/*"]), "too long"),
        (given("a\nb", "targets", &[6], &["docs/*"]), "letters"),
        (given("a/b", "targets", &[6], &["docs/*"]), "letters"),
        (given("a b", "targets", &[6], &["docs/*"]), "letters"),
    ] {
        let error = make(&mut bench, &bad).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let notes = make(&mut bench, &given("docs", "targets", &[6], &["a*/*"])).unwrap();
    assert!(
        notes[0].contains("a*/* overlaps with app/* of app"),
        "{notes:?}"
    );
}

#[test]
fn no_listed_target_loses_its_way_by_accident() {
    let mut bench = Bench::new();
    make(
        &mut bench,
        &given("app", "targets", &[6], &["app/*", "lib/*"]),
    )
    .unwrap();
    make(&mut bench, &given("beta", "app", &[7], &["lib/*"])).unwrap();
    bench.add_to(&role("app"), "app/one", "1");
    bench.add_to(&role("beta"), "lib/two", "2");
    for (left, says) in [
        ("lib/*", "app lists app/one"),
        ("app/*", "beta lists lib/two"),
    ] {
        let error = make(&mut bench, &given("app", "targets", &[], &[left]));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    // Another role that trusts it with the path suffices.
    make(&mut bench, &given("docs", "targets", &[8], &["lib/*"])).unwrap();
    make(&mut bench, &given("beta", "docs", &[7], &["lib/*"])).unwrap();
    make(&mut bench, &given("beta", "app", &[], &["lib/x"])).unwrap();
}

#[test]
fn a_change_keeps_what_is_not_given() {
    let mut bench = Bench::new();
    make(&mut bench, &given("app", "targets", &[6], &["app/*"])).unwrap();
    make(
        &mut bench,
        &given("app", "targets", &[], &["app/*", "lib/*"]),
    )
    .unwrap();
    make(&mut bench, &given("app", "targets", &[7], &[])).unwrap();
    let delegations = delegations(&bench.work(), &Role::TARGETS).unwrap().unwrap();
    let app = delegations.role(&"app".parse().unwrap()).unwrap();
    assert_eq!(app.keys.keyids, [Signer::new(7).keyid()]);
    assert_eq!(
        delegations.keys.len(),
        1,
        "a key that nobody uses is not kept"
    );
    let Scope::Paths(paths) = app.scope else {
        panic!("it has paths");
    };
    assert_eq!(paths.len(), 2);
    assert_eq!(
        bench.project.settings().delegators(&"app".parse().unwrap()),
        [Role::TARGETS]
    );
    undelegate(
        &bench.project,
        &bench.work(),
        &"app".parse().unwrap(),
        &Role::TARGETS,
    )
    .unwrap();
    bench.reload();
    assert_eq!(
        bench.project.settings().delegated,
        Settings::parse(&bench.settings_text()).unwrap().delegated
    );
    assert!(bench.project.settings().delegated.iter().next().is_none());
    assert!(bench.work().draft(&role("app")).is_none());
}

#[test]
fn rotating_a_delegated_role_asks_for_a_new_version_of_it() {
    let mut bench = Bench::new();
    make(&mut bench, &given("app", "targets", &[6], &["app/*"])).unwrap();
    bench.sign(&[1, 2, 3, 4, 6]);
    bench.publish().unwrap();
    let key = Signer::new(7).key;
    let known = BTreeMap::from([(key.keyid().clone(), key)]);
    let added = [bench.key(7, "key-7")];
    let change = DelegationChange {
        name: "app",
        added: &added,
        removed: &["key-6".to_owned()],
        threshold: None,
        known: &known,
    };
    change_delegation(&bench.project, &bench.work(), &change).unwrap();
    bench.reload();
    bench.sign(&[1, 2, 3, 4, 7]);
    let app = ("app".to_owned(), 2);
    assert!(versions(&bench).contains(&app), "{:?}", versions(&bench));
    bench.publish().unwrap();
    assert_eq!(bench.work().published().version(&role("app")), Some(2));
}

fn place(bench: &mut Bench, bit_length: u32, listed: bool) -> usize {
    let key = Signer::new(6).key;
    let known = BTreeMap::from([(key.keyid().clone(), key)]);
    let keys = [bench.key(6, "bins")];
    let change = BinsChange {
        bit_length,
        prefix: &"bins".parse().unwrap(),
        by: &Role::TARGETS,
        keys: &keys,
        threshold: 1,
        listed,
        expires: "10d".parse().unwrap(),
        known: &known,
    };
    let targets = place_bins(&bench.project, &bench.work(), &change).unwrap();
    bench.reload();
    targets
}

#[test]
fn every_target_is_in_its_bin_however_often_bins_are_made() {
    for listed in [false, true] {
        let mut bench = Bench::new();
        for path in ["a", "b", "c/d", "e"] {
            bench.add(path, path);
        }
        for bit_length in [1, 4, 3] {
            assert_eq!(place(&mut bench, bit_length, listed), 4);
            let work = bench.work();
            assert!(
                work.current(&Role::TARGETS)
                    .unwrap()
                    .unwrap()
                    .targets()
                    .unwrap()
                    .targets
                    .is_empty()
            );
            let delegations = delegations(&work, &Role::TARGETS).unwrap().unwrap();
            assert_eq!(delegations.names().count(), 1 << bit_length);
            assert_eq!(notes(&delegations), Vec::<String>::new());
            let mut homes = Homes::of(&work);
            for path in ["a", "b", "c/d", "e"] {
                let path = path.parse().unwrap();
                let home = homes.of_listed(&path).unwrap().unwrap();
                assert_eq!(homes.of_new(&path, None).unwrap(), home);
                assert_eq!(delegations.of(&path)[0].name, *home.delegated().unwrap());
            }
            bench.sign(&[1, 2, 3, 4, 6]);
            bench.publish().unwrap();
            assert_eq!(bench.work().drafted().count(), 0);
        }
        assert!(
            bench
                .project
                .settings()
                .delegated
                .iter()
                .any(|(name, _)| name == bins("bins"))
        );
    }
}

#[test]
fn one_target_touches_one_bin() {
    let mut bench = Bench::new();
    place(&mut bench, 4, false);
    bench.sign(&[1, 2, 3, 4, 6]);
    bench.publish().unwrap();
    let path: privyseal_tuf::TargetPath = "new/file".parse().unwrap();
    let home = Homes::of(&bench.work()).of_new(&path, None).unwrap();
    bench.add_to(&home, path.as_str(), "content");
    let order = bench.work().preview().unwrap();
    let names: Vec<&str> = order.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(names, [home.as_str(), "snapshot", "timestamp"]);
}

#[test]
fn a_path_of_another_role_is_not_taken_by_accident() {
    let mut bench = Bench::new();
    make(&mut bench, &given("app", "targets", &[6], &["app/*"])).unwrap();
    let work = bench.work();
    let mut homes = Homes::of(&work);
    let path = "app/x".parse().unwrap();
    let error = homes.of_new(&path, None).unwrap_err().to_string();
    assert!(error.contains("delegated to app"), "{error}");
    assert_eq!(
        homes.of_new(&path, Some(&role("app"))).unwrap(),
        role("app")
    );
    assert_eq!(
        homes.of_new(&path, Some(&Role::TARGETS)).unwrap(),
        Role::TARGETS
    );
    let outside = "lib/x".parse().unwrap();
    let error = homes
        .of_new(&outside, Some(&role("app")))
        .unwrap_err()
        .to_string();
    assert!(error.contains("not trusted with lib/x"), "{error}");
    assert_eq!(homes.of_new(&outside, None).unwrap(), Role::TARGETS);
}

#[test]
fn bins_that_leave_a_gap_are_noticed() {
    let gap = check::first_gap;
    let digits: Vec<String> = (0..16).map(|digit| format!("{digit:x}")).collect();
    let all: Vec<&str> = digits.iter().map(String::as_str).collect();
    assert_eq!(gap(&all), None);
    assert_eq!(gap(&[]).as_deref(), Some("0"));
    assert_eq!(gap(&all[1..]).as_deref(), Some("0"));
    assert_eq!(gap(&all[..15]).as_deref(), Some("f"));
    let mut hole = all.clone();
    hole.remove(7);
    assert_eq!(gap(&hole).as_deref(), Some("7"));
    let fine: Vec<String> = (0..16).map(|digit| format!("7{digit:x}")).collect();
    hole.extend(fine.iter().map(String::as_str));
    assert_eq!(gap(&hole), None);
    let at = hole.iter().position(|prefix| *prefix == "7a").unwrap();
    hole.remove(at);
    assert_eq!(gap(&hole).as_deref(), Some("7a"));
    hole.push("7");
    assert_eq!(gap(&hole), None);
}
