use super::*;
use crate::repo::testing::Bench;

fn nodes(bench: &Bench) -> Vec<RoleNode> {
    tree(bench.project.settings(), &bench.work()).unwrap()
}

#[test]
fn roles_stand_below_their_delegators_in_their_order() {
    let mut bench = Bench::new();
    bench.delegate("app", "targets", &[6], &["app/*"]);
    bench.delegate("docs", "targets", &[6, 7], &["docs/*", "*.md"]);
    bench.delegate("beta", "app", &[7], &["app/beta-*"]);
    let nodes = nodes(&bench);
    let places: Vec<_> = nodes
        .iter()
        .map(|node| (node.role.as_str(), node.by.as_str(), node.depth, node.place))
        .collect();
    let expected = [
        ("root", "root", 0, None),
        ("targets", "root", 0, None),
        ("app", "targets", 1, Some(1)),
        ("beta", "app", 2, Some(1)),
        ("docs", "targets", 1, Some(2)),
        ("snapshot", "root", 0, None),
        ("timestamp", "root", 0, None),
    ];
    assert_eq!(places, expected);
    let docs = nodes.iter().find(|node| node.role == "docs").unwrap();
    assert_eq!(docs.paths.as_ref().unwrap(), &["docs/*", "*.md"]);
    assert_eq!(
        (docs.threshold, docs.keys.len(), docs.draft),
        (1, 2, Some(1))
    );
    assert_eq!(docs.keys[0].held.as_deref(), Some("a:key-6"));
    assert!(nodes.iter().all(|node| node.in_settings));
}

#[test]
fn what_the_settings_do_not_know_is_marked() {
    let mut bench = Bench::new();
    bench.delegate("app", "targets", &[6], &["app/*"]);
    let (_, text) = bench.project.with_delegated("app", None).unwrap();
    bench.project.write_settings(&text).unwrap();
    bench.reload();
    let nodes = nodes(&bench);
    let app = nodes.iter().find(|node| node.role == "app").unwrap();
    assert!(!app.in_settings);
    assert_eq!(
        (app.keys[0].owner.as_deref(), app.keys[0].held.as_deref()),
        (None, None)
    );
}

#[test]
fn bins_are_one_node() {
    for listed in [true, false] {
        let mut bench = Bench::new();
        bench.add("a.txt", "a");
        bench.bins(5, &[6], listed);
        let nodes = nodes(&bench);
        let bins = nodes.iter().find(|node| node.role == "bins-*").unwrap();
        let found = bins.bins.as_ref().unwrap();
        assert_eq!((found.count, found.drafts, found.published), (32, 32, 0));
        assert_eq!((found.succinct, bins.in_settings), (!listed, true));
        assert_eq!(nodes.len(), 5, "{nodes:#?}");
    }
}
