use super::*;

/// Settings with one key for each role, and two for root.
pub(crate) fn example() -> Settings {
    let key = |name: &str, digit: &str| KeySettings {
        agent: "default".to_owned(),
        name: name.to_owned(),
        keyid: KeyId::from(digit.repeat(64)),
    };
    let role = |threshold, expires: &str, keys| RoleSettings {
        threshold,
        expires: expires.parse().unwrap(),
        keys,
    };
    Settings {
        authority: "production".to_owned(),
        repository: "example.org/packages".to_owned(),
        output: default_output(),
        agents: Vec::new(),
        roles: Roles {
            root: role(2, "365d", vec![key("root-1", "1"), key("root-2", "2")]),
            targets: role(1, "90d", vec![key("targets", "3")]),
            snapshot: role(1, "7d", vec![key("online", "4")]),
            timestamp: role(1, "1d", vec![key("online", "4")]),
        },
    }
}

#[test]
fn rendered_settings_are_read_back() {
    let text = render(&example());
    assert_eq!(Settings::parse(&text).unwrap(), example(), "{text}");
    assert!(text.starts_with("# A TUF repository"), "{text}");
    assert!(
        text.contains("  { agent = \"default\", name = \"root-1\", keyid = \"1111"),
        "{text}"
    );
}

#[test]
fn owners_are_known_by_keyid() {
    let settings = example();
    assert_eq!(
        settings.owner(&KeyId::from("2".repeat(64))).unwrap(),
        "default:root-2"
    );
    assert_eq!(settings.owner(&KeyId::from("9".repeat(64))), None);
}

#[test]
fn editing_a_role_keeps_comments() {
    let text = render(&example()).replace("[targets]", "[targets] # ask Ada");
    let mut role = example().roles.targets;
    role.keys.push(example().roles.root.keys[0].clone());
    role.threshold = 2;
    let edited = set_role(&text, RoleType::Targets, &role).unwrap();
    assert!(
        edited.contains("# ask Ada") && edited.contains("# A TUF repository"),
        "{edited}"
    );
    assert_eq!(Settings::parse(&edited).unwrap().roles.targets, role);
    role.threshold = 3;
    assert!(set_role(&text, RoleType::Targets, &role).is_err());
}

#[test]
fn mistakes_are_refused() {
    let text = render(&example());
    let refused = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from}");
        let error = Settings::parse(&text.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    refused("output", "outputs", "unknown field");
    refused(
        "threshold = 2",
        "threshold = 3",
        "root has a threshold of 3 with 2 different keys",
    );
    refused("threshold = 2", "threshold = 0", "threshold of 0");
    refused("\"365d\"", "\"365\"", "no period");
    refused(&"2".repeat(64), &"1".repeat(64), "twice");
    refused("\"repository\"", "\"../elsewhere\"", "inside the project");
    refused("\"repository\"", "\"/srv\"", "inside the project");
    refused("\"production\"", "\"\"", "authority is empty");
    let agent = "[[agent]]\nname = \"a\"\naddress = \"https://host\"\n";
    assert!(Settings::parse(&format!("{text}\n{agent}")).is_err());
}
