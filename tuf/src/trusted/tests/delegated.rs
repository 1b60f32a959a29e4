//! Delegated roles: what leads to them, and who finds what.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::{DelegatedRole, RoleKeys, RoleName, Scope, SuccinctRoles, Target, TargetPath};

/// A role: its targets and its delegations.
#[derive(Clone, Default)]
struct Node {
    targets: Vec<&'static str>,
    /// Name, patterns, whether it is terminating.
    listed: Vec<(&'static str, &'static [&'static str], bool)>,
    bins: Option<u32>,
    keys: Option<u8>,
}

#[derive(Clone)]
struct Tree {
    roles: BTreeMap<String, Node>,
    /// The key with which all delegated roles are signed.
    key: u8,
    /// Changes the snapshot.
    leave_out: Option<&'static str>,
}

impl Tree {
    fn of<const N: usize>(roles: [(&str, Node); N]) -> Self {
        let roles = roles.map(|(name, node)| (name.to_owned(), node));
        Self {
            roles: roles.into(),
            key: 7,
            leave_out: None,
        }
    }

    fn document(&self, name: &str) -> Vec<u8> {
        let node = &self.roles[name];
        let mut draft = targets(1);
        for target in &node.targets {
            // The content tells which role it came from.
            let content = format!("{target} of {name}");
            draft.set_target(&path(target), &Target::of(content.as_bytes()));
        }
        let key = TestKey::ed25519(node.keys.unwrap_or(7));
        if !node.listed.is_empty() || node.bins.is_some() {
            draft.add_delegation_key(&key.key());
        }
        let keys = RoleKeys {
            keyids: vec![key.keyid()],
            threshold: 1,
        };
        let listed = node
            .listed
            .iter()
            .map(|(name, paths, terminating)| DelegatedRole {
                name: role_name(name),
                keys: keys.clone(),
                terminating: *terminating,
                scope: Scope::Paths(paths.iter().map(|path| (*path).into()).collect()),
            });
        if !node.listed.is_empty() {
            draft.set_delegations(&listed.collect::<Vec<_>>());
        }
        if let Some(bits) = node.bins {
            let bins = SuccinctRoles::new(keys, bits, role_name("bin")).unwrap();
            draft.set_succinct_roles(&bins);
        }
        let signer = match name {
            "targets" => online(),
            _ => TestKey::ed25519(self.key),
        };
        signed(draft.finish().unwrap(), &[&signer]).to_bytes()
    }

    fn trusted(&self) -> TrustedRepository {
        let targets = self.document("targets");
        let mut draft = snapshot(1, &targets, 1);
        for name in self.roles.keys() {
            if name != "targets" && self.leave_out != Some(name) {
                draft.set_meta(&format!("{name}.json"), &meta(&self.document(name), 1));
            }
        }
        let snapshot = finish(draft);
        let mut trusted = TrustedRepository::new(&files(1).root, NOW).unwrap();
        let timestamp = finish(timestamp(1, &snapshot, 1));
        trusted.update_timestamp(&timestamp).unwrap();
        trusted.update_snapshot(&snapshot).unwrap();
        trusted.update_targets(&targets).unwrap();
        trusted
    }

    fn find(&self, target: &str) -> Result<Option<Found>, FindError<Infallible>> {
        let fetch = |role: &Role, _: &MetaFile| Ok(self.document(role.as_str()));
        self.trusted().find_target(&path(target), fetch)
    }

    fn finder(&self, target: &str) -> Option<String> {
        let found = self.find(target).unwrap()?;
        let content = format!("{target} of {}", found.role);
        assert!(found.target.matches(content.as_bytes()));
        Some(found.role.to_string())
    }

    /// Every link that a walk gives out, as `delegator>role`, and what becomes of every entry.
    fn walk(&self) -> (Vec<String>, Vec<(String, String, Finding)>) {
        let trusted = self.trusted();
        let mut walk = trusted.walk().unwrap();
        let (mut links, mut holders) = (Vec::new(), BTreeMap::<TargetPath, Vec<Role>>::new());
        for path in trusted.targets().unwrap().targets.keys() {
            holders.entry(path.clone()).or_default().push(Role::TARGETS);
        }
        while let Some(link) = walk.next() {
            let link = link.unwrap();
            links.push(format!("{}>{}", link.delegator(), link.role()));
            let verified = link.verify(&self.document(link.role().as_str())).unwrap();
            if walk.enter(&link, &verified) {
                for path in verified.targets.targets.keys() {
                    let holders = holders.entry(path.clone()).or_default();
                    holders.push(link.role().clone().into());
                }
            }
        }
        let searches = walk.searches();
        let mut findings = Vec::new();
        for (path, holders) in &holders {
            let order = searches.order(path);
            for role in holders {
                let finding = searches.judge(&order, role, holders);
                // What a search finds is what is said to be found.
                let found = self.finder(path.as_str());
                assert_eq!(found == Some(role.to_string()), finding == Finding::Found);
                findings.push((path.to_string(), role.to_string(), finding));
            }
        }
        (links, findings)
    }
}

fn path(text: &str) -> TargetPath {
    text.parse().unwrap()
}

fn role_name(text: &str) -> RoleName {
    text.parse().unwrap()
}

fn node(targets: &[&'static str]) -> Node {
    Node {
        targets: targets.to_vec(),
        ..Node::default()
    }
}

fn with(
    targets: &[&'static str],
    listed: &[(&'static str, &'static [&'static str], bool)],
) -> Node {
    Node {
        listed: listed.to_vec(),
        ..node(targets)
    }
}

#[test]
fn roles_are_asked_depth_first_in_their_order() {
    let tree = Tree::of([
        (
            "targets",
            with(
                &["top"],
                &[("a", &["x/*", "y/*"], false), ("b", &["x/*"], false)],
            ),
        ),
        ("a", with(&["x/1"], &[("c", &["x/*"], false)])),
        ("b", node(&["x/1", "x/2", "x/3", "y/1"])),
        ("c", node(&["x/2", "z"])),
    ]);
    for (target, role) in [
        ("top", Some("targets")),
        ("x/1", Some("a")),
        ("x/2", Some("c")),
        ("x/3", Some("b")),
        ("y/1", None),
        ("z", None),
        ("x/4", None),
    ] {
        assert_eq!(tree.finder(target).as_deref(), role, "{target}");
    }
    let (links, findings) = tree.walk();
    assert_eq!(links, ["targets>a", "targets>b", "a>c"]);
    let lost: Vec<_> = findings
        .into_iter()
        .filter(|(.., finding)| *finding != Finding::Found)
        .collect();
    let lost_entry = |path: &str, role: &str, finding| (path.to_owned(), role.to_owned(), finding);
    let expected = [
        lost_entry("x/1", "b", Finding::Shadowed(role_name("a").into())),
        lost_entry("x/2", "b", Finding::Shadowed(role_name("c").into())),
        lost_entry("y/1", "b", Finding::OutOfScope),
        lost_entry("z", "c", Finding::OutOfScope),
    ];
    assert_eq!(lost, expected);
}

#[test]
fn a_terminating_delegation_ends_the_search() {
    let tree = |terminating| {
        Tree::of([
            (
                "targets",
                with(&[], &[("a", &["*"], false), ("b", &["*"], false)]),
            ),
            (
                "a",
                with(&[], &[("c", &["x"], terminating), ("d", &["x"], false)]),
            ),
            ("b", node(&["x", "y"])),
            ("c", node(&[])),
            ("d", node(&["x"])),
        ])
    };
    assert_eq!(tree(false).finder("x").as_deref(), Some("d"));
    assert_eq!(tree(true).finder("x"), None);
    assert_eq!(tree(true).finder("y").as_deref(), Some("b"));
    let (_, findings) = tree(true).walk();
    for role in ["b", "d"] {
        let cut = ("x".to_owned(), role.to_owned(), Finding::CutOff);
        assert!(findings.contains(&cut), "{findings:?}");
    }
}

#[test]
fn circles_end_and_every_link_is_verified_once() {
    let tree = Tree::of([
        ("targets", with(&[], &[("a", &["*"], false)])),
        (
            "a",
            with(&["x"], &[("a", &["*"], false), ("b", &["*"], false)]),
        ),
        ("b", with(&["y"], &[("a", &["*"], false)])),
    ]);
    let (links, _) = tree.walk();
    assert_eq!(links, ["targets>a", "a>a", "a>b", "b>a"]);
    assert_eq!(tree.finder("y").as_deref(), Some("b"));
    assert_eq!(tree.finder("z"), None);
}

#[test]
fn a_role_counts_only_over_the_delegation_that_covers_the_path() {
    // c is reached over a for x, and over b, which comes later, for y.
    let tree = Tree::of([
        (
            "targets",
            with(&[], &[("a", &["*"], false), ("b", &["*"], false)]),
        ),
        ("a", with(&[], &[("c", &["x"], false)])),
        ("b", with(&["x", "y"], &[("c", &["y", "z"], false)])),
        ("c", node(&["x", "y", "z"])),
    ]);
    for (target, role) in [("x", "c"), ("y", "b"), ("z", "c")] {
        assert_eq!(tree.finder(target).as_deref(), Some(role), "{target}");
    }
    tree.walk();
}

#[test]
fn every_bin_is_found_and_missing_ones_are_named() {
    let mut roles = BTreeMap::from([("targets".to_owned(), node(&[]))]);
    roles.get_mut("targets").unwrap().bins = Some(3);
    for bin in 0..8 {
        roles.insert(format!("bin-{bin}"), Node::default());
    }
    let names = ["a", "b", "c", "dir/d", "e", "f"];
    let bins = SuccinctRoles::new(
        RoleKeys {
            keyids: Vec::new(),
            threshold: 1,
        },
        3,
        role_name("bin"),
    )
    .unwrap();
    for name in names {
        let bin = bins.name_of(&path(name)).to_string();
        roles.get_mut(&bin).unwrap().targets.push(name);
    }
    let mut tree = Tree {
        roles,
        ..Tree::of([])
    };
    let (links, findings) = tree.walk();
    assert_eq!(links.len(), 8);
    assert_eq!(findings.len(), names.len());
    tree.leave_out = Some("bin-5");
    let trusted = tree.trusted();
    let mut walk = trusted.walk().unwrap();
    let missing = walk.next().unwrap().unwrap_err();
    let expected = VerifyError::MissingBins {
        first: role_name("bin-5"),
        delegator: Role::TARGETS,
        listed: 7,
        bins: 8,
    };
    assert_eq!(missing, expected);
    let searches = tree.trusted().walk().unwrap().searches();
    let order = searches.order(&path("a"));
    let bin = Role::from(bins.name_of(&path("a")));
    assert_eq!(
        (&order.roles[..], order.blocked.as_ref()),
        (&[Role::TARGETS][..], Some(&bin))
    );
    let finding = searches.judge(&order, &bin, std::slice::from_ref(&bin));
    assert_eq!(finding, Finding::Blocked(bin));
    assert_eq!(std::iter::from_fn(|| walk.next()).count(), 7);
}

#[test]
fn a_delegated_document_is_what_its_delegator_and_the_snapshot_say() {
    let good = Tree::of([
        ("targets", with(&[], &[("a", &["*"], false)])),
        ("a", node(&["x"])),
    ]);
    let trusted = good.trusted();
    let link = trusted.walk().unwrap().next().unwrap().unwrap();
    let verified = link.verify(&good.document("a")).unwrap();
    assert_eq!(verified.tally.count, 1);
    assert_eq!(link.delegator(), &Role::TARGETS);

    let stranger = Tree {
        key: 8,
        ..good.clone()
    };
    let error = stranger.find("x").unwrap_err();
    let text = "a: the document has 0 of 1 signatures: ask other keys of the role to sign (keys of \
                the delegation by targets version 1)";
    assert_eq!(error.to_string(), text);

    let error = link.verify(&stranger.document("a")).unwrap_err();
    assert_eq!(error, VerifyError::Content(role_name("a").into()));

    let unlisted = Tree {
        leave_out: Some("a"),
        ..good.clone()
    };
    let error = unlisted.find("x").unwrap_err();
    let text = "a: the snapshot does not list it, and targets delegates to it";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_delegated_document_of_another_version_or_of_the_past_is_refused() {
    let tree = Tree::of([
        ("targets", with(&[], &[("a", &["*"], false)])),
        ("a", node(&[])),
    ]);
    let key = TestKey::ed25519(7);
    let mut draft = targets(2);
    let second = signed(draft.clone().finish().unwrap(), &[&key]).to_bytes();
    draft.set_expires(&past());
    let expired = signed(draft.finish().unwrap(), &[&key]).to_bytes();
    let error = |bytes: &[u8], version| {
        let top = tree.document("targets");
        let mut draft = snapshot(1, &top, 1);
        draft.set_meta("a.json", &MetaFile::of_version(version));
        let snapshot = finish(draft);
        let mut trusted = TrustedRepository::new(&files(1).root, NOW).unwrap();
        let timestamp = finish(timestamp(1, &snapshot, 1));
        trusted.update_timestamp(&timestamp).unwrap();
        trusted.update_snapshot(&snapshot).unwrap();
        trusted.update_targets(&top).unwrap();
        let link = trusted.walk().unwrap().next().unwrap().unwrap();
        link.verify(bytes).map(drop)
    };
    assert_eq!(error(&second, 2), Ok(()));
    let role: Role = role_name("a").into();
    let version = VerifyError::Version {
        role: role.clone(),
        expected: 3,
        found: 2,
    };
    assert_eq!(error(&second, 3), Err(version));
    let expires = past();
    assert_eq!(
        error(&expired, 2),
        Err(VerifyError::Expired { role, expires })
    );
}

#[test]
fn a_search_gives_up_after_so_many_roles() {
    let chain = |length: usize| {
        let names: Vec<&'static str> = (0..length).map(|at| &*format!("r{at:02}").leak()).collect();
        let mut roles = BTreeMap::new();
        let mut above = "targets";
        for name in names {
            roles.insert(above.to_owned(), with(&[], &[(name, &["*"], false)]));
            above = name;
        }
        roles.insert(above.to_owned(), node(&["x"]));
        Tree {
            roles,
            ..Tree::of([])
        }
    };
    assert_eq!(chain(MAX_SEARCHED).finder("x").as_deref(), Some("r31"));
    let error = chain(MAX_SEARCHED + 1).find("x").unwrap_err();
    assert!(matches!(error, FindError::TooManyRoles(_)), "{error}");
}
