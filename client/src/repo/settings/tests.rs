use super::*;

/// Settings with one key for each role, and two for root.
pub(crate) fn example() -> Settings {
    let key = |name: &str, digit: &str| KeySettings {
        keyid: KeyId::from(digit.repeat(64)),
        holder: Some(Holder {
            agent: "default".to_owned(),
            name: name.to_owned(),
        }),
        owner: None,
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
        publishing: Publishing::default(),
        agents: Vec::new(),
        roles: Roles {
            root: role(2, "365d", vec![key("root-1", "1"), key("root-2", "2")]),
            targets: role(1, "90d", vec![key("targets", "3")]),
            snapshot: role(1, "7d", vec![key("online", "4")]),
            timestamp: role(1, "1d", vec![key("online", "4")]),
        },
        delegated: Delegated::default(),
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

#[test]
fn delegated_roles_are_written_and_read() {
    let mut settings = example();
    let by = |name: &str| DelegatedSettings {
        by: vec![name.parse().unwrap()],
        expires: "30d".parse().unwrap(),
        keys: vec![KeySettings {
            keyid: KeyId::from("7".repeat(64)),
            holder: None,
            owner: Some("alice".to_owned()),
        }],
    };
    settings.delegated.insert("app/../x", by("targets"));
    settings.delegated.insert("bins-*", by("app/../x"));
    let text = render(&settings);
    assert_eq!(Settings::parse(&text).unwrap(), settings, "{text}");
    let role = |name: &str| name.parse().unwrap();
    assert_eq!(settings.delegators(&role("bins-0f")), [role_of("app/../x")]);
    assert_eq!(settings.delegators(&role("bins-zz")), []);
    assert_eq!(settings.delegators(&role("other")), []);
    assert_eq!(
        settings.owner(&KeyId::from("7".repeat(64))).unwrap(),
        "alice"
    );
    let edited = set_delegated(&render(&example()), "bins-*", &by("targets")).unwrap();
    assert!(edited.contains("[delegated.\"bins-*\"]"), "{edited}");
    let removed = remove_delegated(&edited, "bins-*").unwrap();
    assert_eq!(Settings::parse(&removed).unwrap(), example());
    assert!(
        edited
            .replace("[\"targets\"]", "[]")
            .parse::<toml::Table>()
            .is_ok()
    );
    assert!(Settings::parse(&edited.replace("[\"targets\"]", "[]")).is_err());
}

fn role_of(name: &str) -> Role {
    name.parse().unwrap()
}

#[test]
fn a_key_has_a_holder_or_an_owner() {
    let text = render(&example());
    let holder = "agent = \"default\", name = \"root-1\", ";
    for (instead, ok) in [
        ("owner = \"alice\", ", true),
        ("", false),
        ("agent = \"a\", ", false),
        ("owner = \"\", ", false),
        ("owner = \"a\", agent = \"x\", name = \"y\", ", true),
    ] {
        let text = text.replace(holder, instead);
        assert_eq!(Settings::parse(&text).is_ok(), ok, "{instead}");
    }
}
