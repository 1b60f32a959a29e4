use super::*;
use crate::agent::tls::Identity;

fn file(text: &str) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, text).unwrap();
    read(&path)
}

fn entry(name: &str, address: &str) -> AgentEntry {
    AgentEntry {
        name: name.parse().unwrap(),
        address: address.parse().unwrap(),
        genesis: None,
        tls: TlsFiles::default(),
    }
}

fn of(person: &str) -> TlsFiles {
    TlsFiles {
        identity: Some(Identity {
            certificate: format!("/{person}.pem").into(),
            key: format!("/{person}.key").into(),
        }),
        ca: Some(format!("/{person}-ca.pem").into()),
        server_name: None,
    }
}

fn ca(path: &str) -> TlsFiles {
    TlsFiles {
        ca: Some(path.into()),
        ..TlsFiles::default()
    }
}

#[test]
fn a_config_file_names_agents() {
    let genesis = "ab".repeat(32);
    let agents = file(&format!(
        "[[agent]]\nname = \"a\"\naddress = \"unix:/1\"\ngenesis = \"{genesis}\"\n\
         [[agent]]\nname = \"b\"\naddress = \"/2\"\n"
    ))
    .unwrap();
    assert_eq!(agents.len(), 2);
    assert_eq!(agents[0].genesis.unwrap().to_string(), genesis);
    assert_eq!(agents[1].address.to_string(), "unix:/2");
}

#[test]
fn tls_files_are_read_from_the_files_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    let text = "[[agent]]\nname = \"a\"\naddress = \"https://h:1\"\ncertificate = \"tls/me.pem\"\n\
                key = \"/me.key\"\nca = \"~/ca.pem\"\nserver_name = \"signer.example.test\"\n";
    fs::write(&path, text).unwrap();
    let tls = read(&path).unwrap().remove(0).tls;
    let identity = tls.identity.unwrap();
    assert_eq!(identity.certificate, dir.path().join("tls/me.pem"));
    assert_eq!(identity.key, Path::new("/me.key"));
    assert_eq!(tls.ca.unwrap(), dir.path().join("~/ca.pem"));
    assert_eq!(tls.server_name.unwrap().to_str(), "signer.example.test");
}

#[test]
fn mistakes_are_shown_with_their_line() {
    let error = file("[[agent]]\nname = \"a\"\naddress = \"/1\"\nport = 1\n").unwrap_err();
    assert!(error.to_string().contains("line 4"), "{error}");
    assert!(error.to_string().contains("port"), "{error}");
    let error = file("[[agent]]\nname = \"a\"\naddress = \"https://x\"\n").unwrap_err();
    assert!(error.to_string().contains("https://HOST:PORT"), "{error}");
    let error = file("[[agent]]\nname = \"a\"\naddress = \"/1\"\ngenesis = \"ab\"\n").unwrap_err();
    assert!(error.to_string().contains("64"), "{error}");
    assert!(file(&"[[agent]]\nname = \"a\"\naddress = \"/1\"\n".repeat(2)).is_err());
    let error = file("[[agent]]\nname = \"a\"\naddress = \"https://h:1\"\nserver_name = \"a b\"\n");
    assert!(error.unwrap_err().to_string().contains("line 4"));
}

#[test]
fn entries_that_can_not_be_are_refused_without_showing_secrets() {
    let https = "[[agent]]\nname = \"a\"\naddress = \"https://h:1\"\n";
    let cases = [
        ("key = \"k\"\n", "certificate is missing"),
        ("certificate = \"c\"\n", "key is missing"),
        ("ca = \"\"\n", "ca must name a file"),
        (
            "certificate = \"c\"\nkey = \"\"\"-----BEGIN PRIVATE KEY-----\nMIGHAgEA\"\"\"\n",
            "key must name a file",
        ),
    ];
    for (text, expected) in cases {
        let error = file(&format!("{https}{text}")).unwrap_err();
        let error = format!("{error} {error:?}");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("MIGH"), "{error}");
    }
    let error = file("[[agent]]\nname = \"a\"\naddress = \"/1\"\nca = \"c\"\n").unwrap_err();
    assert!(error.to_string().contains("Unix socket"), "{error}");
}

#[test]
fn entries_do_not_contradict() {
    let merged = merge(
        vec![entry("a", "/1")],
        vec![entry("a", "/1"), entry("b", "/2")],
    );
    assert_eq!(merged.unwrap().len(), 2);
    assert!(merge(vec![entry("a", "/1")], vec![entry("a", "/2")]).is_err());
    assert!(
        pick(vec![entry("a", "/1")], "b")
            .unwrap_err()
            .to_string()
            .contains("a")
    );
}

#[test]
fn a_project_is_heard_where_the_person_names_no_ca() {
    let named = |ca: &str, name: &str| TlsFiles {
        server_name: Some(name.to_owned().try_into().unwrap()),
        ..self::ca(ca)
    };
    let project = named("/project/ca.pem", "signer.example.test");
    let theirs = [("https://h:1".parse().unwrap(), project.clone())];
    let heard = |tls: TlsFiles, address: &str| {
        let mut own = entry("a", address);
        own.tls = tls;
        with_project(vec![own], &theirs).remove(0).tls
    };
    let identity = TlsFiles {
        identity: of("ada").identity,
        ..TlsFiles::default()
    };
    let found = heard(identity.clone(), "https://h:1");
    assert_eq!(found.identity, identity.identity);
    assert_eq!(
        (found.ca, found.server_name),
        (project.ca, project.server_name)
    );
    // Neither beside a CA of the person's own, nor for another agent.
    assert_eq!(heard(ca("/own.pem"), "https://h:1"), ca("/own.pem"));
    assert_eq!(heard(identity.clone(), "https://h:2"), identity);
}

#[test]
fn what_is_missing_comes_from_the_entry_of_the_address_then_from_the_variables() {
    let mut known = entry("mine", "https://h:1");
    known.tls = of("ada");
    let mut partly = entry("partly", "https://h:3");
    partly.tls = ca("/project/ca.pem");
    let asked = vec![
        entry("x", "https://h:1"),
        entry("y", "https://h:2"),
        partly,
        entry("z", "/1"),
    ];
    let agents = with_tls(asked, || Ok((vec![known], of("variables")))).unwrap();
    assert_eq!(agents[0].tls, of("ada"));
    assert_eq!(agents[1].tls, of("variables"));
    assert_eq!(agents[2].tls.identity, of("variables").identity);
    assert_eq!(agents[2].tls.ca, ca("/project/ca.pem").ca);
    assert!(agents[3].tls.is_empty());
    // Nobody reads what nobody needs.
    let unasked = || Err(AgentConfigError::NoHome);
    assert!(with_tls(vec![entry("z", "/1")], unasked).is_ok());
}
