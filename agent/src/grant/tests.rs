use privyseal_tuf::{
    DelegatedRole, Draft, Expires, Key, PathPattern, PublicKey, RoleKeys, Scope, Target,
};

use super::*;

fn parse(text: &str) -> Result<Vec<Grant>, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        grant: Vec<Grant>,
    }
    toml::from_str::<File>(text).map(|file| file.grant)
}

fn grants(text: &str) -> Grants {
    Grants::new(parse(text).unwrap(), vec![], vec![CallerSpec::User(0)])
}

fn wanted<'a>(repository: &'a str, role: &'a Role, key: &'a str) -> Use<'a> {
    Use {
        authority: "production",
        repository,
        role,
        key,
    }
}

#[test]
fn a_grant_covers_what_it_names_and_nothing_else() {
    let grants = grants(
        r#"[[grant]]
        callers = ["uid:1000"]
        authority = "production"
        repositories = ["example.org/*"]
        roles = ["snapshot", "timestamp"]
        keys = ["online-*"]"#,
    );
    let build = Caller::process(1000, 1000, vec![]);
    let [snapshot, root] = [RoleType::Snapshot, RoleType::Root].map(Role::from);
    let allow = |use_| grants.allow(&build, use_).is_some();
    assert!(allow(wanted("example.org/a", &snapshot, "online-1")));
    assert!(!allow(wanted("example.org/a", &root, "online-1")));
    assert!(!allow(wanted("example.org/a", &snapshot, "root-1")));
    assert!(!allow(wanted("example.org/a/b", &snapshot, "online-1")));
    assert!(!allow(wanted("example.com/a", &snapshot, "online-1")));
    let staging = Use {
        authority: "staging",
        ..wanted("example.org/a", &snapshot, "online-1")
    };
    assert!(!allow(staging));
}

#[test]
fn an_operator_does_not_sign_by_being_one() {
    let grants = grants("grant = []");
    let operator = Caller::process(0, 0, vec![]);
    let root = Role::from(RoleType::Root);
    assert!(grants.is_operator(&operator) && grants.knows(&operator));
    assert!(grants.allow(&operator, wanted("a", &root, "k")).is_none());
    assert!(!grants.knows(&Caller::process(1, 1, vec![])));
}

const ROLE_AND_PATH: &str = r#"[[grant]]
    callers = ["uid:1000"]
    authority = "production"
    repositories = ["a"]
    delegations = ["app", "bins-*"]
    paths = ["app/*", "app/*/?"]
    keys = ["*"]"#;

#[test]
fn a_grant_of_delegated_roles_covers_those_and_none_of_the_four() {
    let limited = grants(ROLE_AND_PATH);
    let caller = Caller::process(1000, 1000, vec![]);
    let covers = |grants: &Grants, name: &str| {
        let role = name.parse::<Role>().unwrap();
        grants.allow(&caller, wanted("a", &role, "k")).is_some()
    };
    for name in ["app", "bins-", "bins-3f"] {
        assert!(covers(&limited, name), "{name}");
    }
    for name in [
        "app2", "bins", "bins-/x", "root", "targets", "snapshot", "APP",
    ] {
        assert!(!covers(&limited, name), "{name}");
    }
    // And the other way round.
    let targets = grants(&ROLE_AND_PATH.replace(
        r#"delegations = ["app", "bins-*"]"#,
        r#"roles = ["targets"]"#,
    ));
    assert!(covers(&targets, "targets"));
    assert!(!covers(&targets, "app"));
    // A delegated role that is named like the glob of one of the four is still delegated.
    let all = grants(&ROLE_AND_PATH.replace(r#"["app", "bins-*"]"#, r#"["**"]"#));
    assert!(covers(&all, "a/b/c") && !covers(&all, "targets"));
}

fn targets(paths: &[&str], delegated: &[Scope]) -> Targets {
    let expires = Expires::from_seconds(2_000_000_000).unwrap();
    let mut draft = Draft::targets(1, &expires);
    for path in paths {
        draft.set_target(&path.parse().unwrap(), &Target::of(b""));
    }
    for (number, scope) in delegated.iter().enumerate() {
        let role = DelegatedRole {
            name: format!("role-{number}").parse().unwrap(),
            keys: RoleKeys {
                keyids: vec![],
                threshold: 1,
            },
            terminating: false,
            scope: scope.clone(),
        };
        draft.set_delegations(&[role]);
    }
    // The view asks for the keys that roles name, here none.
    if !delegated.is_empty() {
        let key = Key::from_public(&PublicKey::ed25519(&[1; 32]));
        draft.add_delegation_key(&key);
    }
    draft.finish().unwrap().targets().unwrap()
}

fn paths(patterns: &[&str]) -> Scope {
    Scope::Paths(
        patterns
            .iter()
            .map(|text| PathPattern::from(*text))
            .collect(),
    )
}

#[test]
fn a_grant_of_paths_admits_what_lies_within() {
    let role = "app".parse::<Role>().unwrap();
    let caller = Caller::process(1000, 1000, vec![]);
    let granted = |text: &str| {
        grants(text)
            .allow(&caller, wanted("a", &role, "k"))
            .unwrap()
    };
    let limited = granted(ROLE_AND_PATH);
    let hashes = Scope::HashPrefixes(vec!["0".parse().unwrap()]);
    let within = [
        targets(&[], &[]),
        targets(
            &["app/x", "app/y/z"],
            &[paths(&["app/[ab]*", "app/x/?"]), paths(&[])],
        ),
    ];
    for document in &within {
        assert_eq!(limited.admits(document), Ok(()));
    }
    let outside = [
        targets(&["app/x", "lib/x"], &[]),
        targets(&["app"], &[]),
        targets(&["app/y/zz"], &[]),
        targets(&[], &[paths(&["app/*"]), paths(&["app/x", "*/x"])]),
        targets(&[], &[hashes]),
    ];
    for document in &outside {
        assert!(limited.admits(document).is_err(), "{document:?}");
    }
    // Of several grants one must admit all of it; one without paths admits everything.
    let second = ROLE_AND_PATH.replace(r#"["app/*", "app/*/?"]"#, r#"["lib/*"]"#);
    let both = granted(&format!("{ROLE_AND_PATH}\n{second}"));
    assert_eq!(both.admits(&targets(&["lib/x"], &[])), Ok(()));
    assert!(both.admits(&outside[0]).is_err());
    let free = second.replace(r#"paths = ["lib/*"]"#, "");
    let free = granted(&format!("{ROLE_AND_PATH}\n{free}"));
    for document in &outside {
        assert_eq!(free.admits(document), Ok(()));
    }
}

#[test]
fn a_grant_that_can_not_be_meant_is_no_grant() {
    let refused = |from: &str, to: &str| {
        let text = ROLE_AND_PATH.replace(from, to);
        assert_ne!(text, ROLE_AND_PATH);
        assert!(toml::from_str::<toml::Table>(&text).is_ok());
        assert!(parse(&text).is_err(), "{to}");
    };
    refused(r#"delegations = ["app", "bins-*"]"#, "");
    refused(
        r#"delegations = ["app", "bins-*"]"#,
        r#"roles = ["snapshot"]"#,
    );
    refused(r#"delegations = ["app", "bins-*"]"#, r#"roles = ["app"]"#);
    refused(r#"["app/*", "app/*/?"]"#, "[]");
    for pattern in ["", "/app", "a//b", "../x", "e\\u0301"] {
        refused("app/*/?", pattern);
    }
}

#[test]
fn keys_of_images_are_made_where_a_grant_says_so() {
    let grants = grants(
        r#"[[grant]]
        callers = ["uid:1000"]
        authority = "images"
        repositories = ["reg.test/*"]
        roles = ["root", "targets"]
        keys = ["team-*", "root-*"]
        generate_in = "hsm""#,
    );
    let caller = Caller::process(1000, 1000, vec![]);
    let hsm: KeystoreName = "hsm".parse().unwrap();
    let wanted = |repository, role, key| TrustUse {
        authority: "images",
        repository,
        role,
        key,
    };
    let app = Some("reg.test/app");
    let makes = |wanted| grants.may_generate(&caller, wanted, &hsm);
    assert!(makes(wanted(app, TrustRole::Targets, "team-1")));
    for refused in [
        wanted(app, TrustRole::Snapshot, "team-1"),
        wanted(app, TrustRole::Root, "root-1"),
        wanted(app, TrustRole::Targets, "mine"),
        wanted(Some("reg.test/a/b"), TrustRole::Targets, "team-1"),
        wanted(None, TrustRole::Targets, "team-1"),
    ] {
        assert!(!makes(refused), "{refused:?}");
    }
    let safe = "safe".parse().unwrap();
    let targets = wanted(app, TrustRole::Targets, "team-1");
    assert!(!grants.may_generate(&caller, targets, &safe));
    assert!(!grants.may_generate(&Caller::process(1, 1, vec![]), targets, &hsm));
    // A shared key is used under a grant for any of its repositories.
    assert!(grants.may_use_trust_key(&caller, wanted(None, TrustRole::Root, "root-1")));
    assert!(!grants.may_use_trust_key(&caller, wanted(None, TrustRole::Delegation, "root-1")));
}

#[test]
fn a_glob_matches_all_that_begins_so_where_two_stars_end_it() {
    for (glob, beginning, all) in [
        ("**", "", true),
        ("**", "reg.test/ap", true),
        ("reg.test/**", "reg.test/", true),
        ("reg.test/**", "reg.test/team/", true),
        ("reg.test/**", "reg.test", false),
        ("reg.test/**", "", false),
        ("reg.test/*", "reg.test/", false),
        ("reg.*/**", "reg.test/", false),
        ("reg.test**", "reg.test/", false),
        ("reg.test/app", "reg.test/app", false),
    ] {
        let glob = NameGlob::try_from(glob.to_owned()).unwrap();
        assert_eq!(
            glob.matches_all_from(beginning),
            all,
            "{glob:?} {beginning}"
        );
    }
}
