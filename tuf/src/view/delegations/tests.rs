use super::*;
use crate::view::Targets;
use crate::{Document, Sha256Digest};

fn targets(delegations: &str) -> Result<Targets, String> {
    let text = format!(
        r#"{{"signatures":[],"signed":{{"_type":"targets","spec_version":"1.0.34","version":1,
        "expires":"2040-01-02T03:04:05Z","targets":{{}},"delegations":{delegations}}}}}"#
    );
    let document = Document::parse(text.as_bytes()).unwrap();
    document.targets().map_err(|error| error.to_string())
}

const KEY: &str = r#"{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"x"}}"#;

fn listed(roles: &str) -> Result<Delegations, String> {
    let text = format!(r#"{{"keys":{{"k":{KEY}}},"roles":[{roles}]}}"#);
    targets(&text).map(|targets| targets.delegations.unwrap())
}

fn role(name: &str, rest: &str) -> String {
    format!(r#"{{"name":"{name}","keyids":["k"],"threshold":1,"terminating":false,{rest}}}"#)
}

#[test]
fn reads_listed_roles_in_their_order() {
    let roles = [
        role("b", r#""paths":["x/*"]"#),
        role("a", r#""paths":["*/*"]"#),
        role("../c", r#""path_hash_prefixes":["0","1a"]"#),
    ];
    let delegations = listed(&roles.join(",")).unwrap();
    let names: Vec<String> = delegations.names().map(|name| name.to_string()).collect();
    assert_eq!(names, ["b", "a", "../c"]);
    let asked = delegations.of(&"x/y".parse().unwrap());
    assert_eq!(asked.first().unwrap().name.as_str(), "b");
    assert_eq!(asked.get(1).unwrap().name.as_str(), "a");
    assert!(delegations.role(&"nobody".parse().unwrap()).is_none());
}

#[test]
fn refuses_what_is_ambiguous() {
    let both = r#""paths":["*"],"path_hash_prefixes":["0"]"#;
    let twice = [role("a", r#""paths":[]"#), role("a", r#""paths":[]"#)].join(",");
    for (roles, problem) in [
        (role("a", both), "both \"paths\" and \"path_hash_prefixes\""),
        (role("a", r#""x":1"#), "is missing"),
        (role("root", r#""paths":[]"#), "top-level role root"),
        (role("", r#""paths":[]"#), "is empty"),
        (role("a", r#""path_hash_prefixes":["0G"]"#), "hex digits"),
        (twice, "a stands twice"),
    ] {
        let error = listed(&roles).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
    let both = format!(r#"{{"keys":{{"k":{KEY}}},"roles":[],"succinct_roles":{{}}}}"#);
    assert!(targets(&both).unwrap_err().contains("succinct_roles"));
}

#[test]
fn bins_are_named_and_filled_as_tap_15_says() {
    let succinct = |bits: i64| {
        let text = format!(
            r#"{{"keys":{{"k":{KEY}}},"succinct_roles":{{"keyids":["k"],"threshold":1,
            "bit_length":{bits},"name_prefix":"bins"}}}}"#
        );
        targets(&text).map(|targets| targets.delegations.unwrap())
    };
    for bits in [0, 33, -1] {
        assert!(succinct(bits).unwrap_err().contains("bit_length"));
    }
    for (bits, bins, last) in [
        (1, 2, "bins-1"),
        (4, 16, "bins-f"),
        (5, 32, "bins-1f"),
        (14, 16_384, "bins-3fff"),
    ] {
        let delegations = succinct(bits).unwrap();
        let names: Vec<RoleName> = delegations.names().collect();
        assert_eq!(names.len(), bins);
        assert_eq!(names.last().unwrap().as_str(), last);
        let path: TargetPath = "some/file.txt".parse().unwrap();
        let holders = delegations.of(&path);
        let [holder] = holders.as_slice() else {
            panic!("{holders:?}");
        };
        assert!(holder.scope.covers(&path) && names.contains(&holder.name));
        // Every hash is in one bin, and in no other.
        let first = Sha256Digest::of(path.as_str().as_bytes()).to_string();
        let mut covering = names.iter().filter(|name| {
            let role = delegations.role(name).unwrap();
            let Scope::HashPrefixes(prefixes) = role.scope else {
                panic!("a bin has prefixes");
            };
            prefixes
                .iter()
                .any(|prefix| first.starts_with(prefix.as_str()))
        });
        assert_eq!(covering.next(), Some(&holder.name));
        assert_eq!(covering.next(), None);
    }
    let delegations = succinct(5).unwrap();
    for name in [
        "bins-20", "bins-1F", "bins-001", "bins-", "bins", "other-01",
    ] {
        assert!(delegations.role(&name.parse().unwrap()).is_none(), "{name}");
    }
}
