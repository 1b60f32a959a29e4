use std::fs;

use tempfile::TempDir;

use super::*;

/// A home directory.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(self, path: &str, text: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn environment(&self) -> Environment {
        let mut environment = Environment::below(self.0.path(), self.path("config.toml"));
        environment.registry_certificates = self.path("certs.d");
        environment
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self) -> Settings {
        Settings::read(self.environment(), Overrides::default()).unwrap()
    }
}

fn gun(text: &str) -> Gun {
    text.parse().unwrap()
}

fn server(settings: &Settings) -> ServerSettings {
    settings
        .server_for(&gun("reg.example.com:5000/app"))
        .unwrap()
}

const CONFIG: &str = "[trust]\nserver = \"https://config.test\"\nca = \"ca.pem\"\n";
const NOTARY: &str = r#"{"trust_dir": "~/.docker/trust", "trust_pinning": {"disable_tofu": true},
    "remote_server": {"url": "https://notary.test:4443", "root_ca": "roots/ca.crt",
                      "tls_client_cert": "me.crt", "tls_client_key": "/me.key"}}"#;

#[test]
fn the_server_is_the_first_that_somebody_named() {
    let home = Home::new()
        .write("config.toml", CONFIG)
        .write(".notary/config.json", NOTARY);
    let mut environment = home.environment();
    environment.content_trust_server = Some("https://variable.test".to_owned());
    let overrides = Overrides {
        server: Some("https://flag.test".to_owned()),
        ..Overrides::default()
    };
    let url = |settings: &Settings| {
        let found = server(settings);
        (found.url.to_string(), found.origin)
    };
    let all = Settings::read(environment.clone(), overrides).unwrap();
    assert_eq!(
        url(&all),
        ("https://flag.test/".to_owned(), Origin::CommandLine)
    );
    let all = Settings::read(environment, Overrides::default()).unwrap();
    assert_eq!(
        url(&all),
        ("https://variable.test/".to_owned(), Origin::Environment)
    );
    assert_eq!(
        url(&home.read()),
        ("https://config.test/".to_owned(), Origin::Config)
    );
    let home = home.write("config.toml", "");
    assert_eq!(
        url(&home.read()),
        ("https://notary.test:4443/".to_owned(), Origin::Notary)
    );
    let nothing = Home::new().read();
    let found = ("https://reg.example.com:5000/".to_owned(), Origin::Registry);
    assert_eq!(url(&nothing), found);
    let hub = nothing.server_for(&gun("docker.io/library/app")).unwrap();
    assert_eq!(hub.url.as_str(), "https://notary.docker.io/");
    let error = nothing.server_for(&gun("collection")).unwrap_err();
    assert!(error.to_string().contains("--server"), "{error}");
}

#[test]
fn certificates_go_with_the_server_that_they_are_named_for() {
    let home = Home::new()
        .write("config.toml", CONFIG)
        .write(".notary/config.json", NOTARY)
        .write(".docker/tls/config.test/x.crt", "")
        .write(".docker/tls/other.test:4443/b.crt", "")
        .write(".docker/tls/other.test:4443/a.crt", "")
        .write(".docker/tls/other.test:4443/me.cert", "")
        .write(".docker/tls/other.test:4443/me.key", "");
    let tls = server(&home.read()).tls;
    assert_eq!(tls.authorities, Authorities::Only(home.path("ca.pem")));
    assert_eq!(tls.identity, None);
    let with = |url: &str| {
        let overrides = Overrides {
            server: Some(url.to_owned()),
            ..Overrides::default()
        };
        server(&Settings::read(home.environment(), overrides).unwrap()).tls
    };
    let tls = with("https://notary.test:4443");
    let ca = home.path(".notary/roots/ca.crt");
    assert_eq!(tls.authorities, Authorities::Only(ca));
    let identity = ClientCertificate {
        certificate: home.path(".notary/me.crt"),
        key: "/me.key".into(),
    };
    assert_eq!(tls.identity, Some(identity));
    let tls = with("https://other.test:4443");
    let directory = home.path(".docker/tls/other.test:4443");
    let both = vec![directory.join("a.crt"), directory.join("b.crt")];
    assert_eq!(tls.authorities, Authorities::SystemAnd(both));
    assert_eq!(tls.identity.unwrap().key, directory.join("me.key"));
    // Neither another port's nor somebody else's.
    assert_eq!(with("https://other.test"), Tls::default());
    let overrides = Overrides {
        ca: Some("/flag.pem".into()),
        ..Overrides::default()
    };
    let tls = server(&Settings::read(home.environment(), overrides).unwrap()).tls;
    assert_eq!(tls.authorities, Authorities::Only("/flag.pem".into()));
}

#[test]
fn a_ca_without_a_server_is_for_any() {
    let home = Home::new().write("config.toml", "[trust]\nca = \"/ca.pem\"\n");
    let tls = server(&home.read()).tls;
    assert_eq!(tls.authorities, Authorities::Only("/ca.pem".into()));
}

#[test]
fn notary_s_directory_is_found() {
    let home = Home::new();
    assert_eq!(home.read().notary_directory(), home.path(".notary"));
    let home = home.write(".notary/config.json", NOTARY);
    assert_eq!(home.read().notary_directory(), home.path(".docker/trust"));
}

#[test]
fn what_can_not_be_followed_is_refused() {
    let server_of = |text: &str| {
        let overrides = Overrides {
            server: Some(text.to_owned()),
            ..Overrides::default()
        };
        let settings = Settings::read(Home::new().environment(), overrides).unwrap();
        settings.server_for(&gun("reg.test/a"))
    };
    for (text, reason) in [
        ("http://notary.test", "is not https"),
        ("notary.test", "is no URL"),
        ("https://", "is no URL"),
        ("https://a.test/?x", "has a"),
        ("ftp://localhost", "is not https"),
    ] {
        let error = server_of(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let error = server_of("https://ada:secret@notary.test").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
    for text in ["http://localhost:1", "http://127.9.9.9", "http://[::1]:1"] {
        server_of(text).unwrap();
    }
    // docker takes no http from its variable, wherever it leads.
    let mut environment = Home::new().environment();
    environment.content_trust_server = Some("http://localhost:1".to_owned());
    let settings = Settings::read(environment, Overrides::default()).unwrap();
    settings.server_for(&gun("reg.test/a")).unwrap_err();
    let skipping = NOTARY.replace("\"root_ca\"", "\"skipTLSVerify\": true, \"root_ca\"");
    let home = Home::new().write(".notary/config.json", &skipping);
    let error = home.read().server_for(&gun("reg.test/a")).unwrap_err();
    assert!(error.to_string().contains("root_ca"), "{error}");
}

#[test]
fn mistakes_in_files_are_shown() {
    let refused = |path: &str, text: &str| {
        let home = Home::new().write(path, text);
        let read = Settings::read(home.environment(), Overrides::default());
        let server = read.and_then(|settings| settings.server_for(&gun("reg.test/a")));
        server.unwrap_err().to_string()
    };
    assert!(refused("config.toml", "[trust]\nservr = \"x\"\n").contains("line 2"));
    assert!(
        refused("config.toml", "[trust]\nkey = \"x\"\n").contains("certificate of [trust] is not")
    );
    assert!(refused(".notary/config.json", "{").contains("config.json"));
    assert!(refused(".docker/tls/reg.test/a.key", "").contains("a.cert is not"));
    assert!(refused(".docker/tls/reg.test/a.cert", "").contains("a.key is not"));
    // What agents need stands in the same file.
    let home = Home::new().write("config.toml", "[[agent]]\nname = \"a\"\naddress = \"/1\"\n");
    home.read();
}

#[test]
fn a_registry_is_spoken_to_without_tls_on_this_machine_or_where_it_is_listed() {
    let home = Home::new()
        .write(
            "config.toml",
            "[trust]\ninsecure_registries = [\"plain.test:5000\"]\n",
        )
        .write("certs.d/reg.test:5000/ca.crt", "");
    let settings = home.read();
    let registry = |text| settings.registry_for(&gun(text)).unwrap().unwrap();
    for (text, plain) in [
        ("localhost:5000/a", true),
        ("127.0.0.1/a", true),
        ("plain.test:5000/a", true),
        ("plain.test/a", false),
        ("localhost.test/a", false),
    ] {
        assert_eq!(registry(text).plain, plain, "{text}");
    }
    let believed = Authorities::SystemAnd(vec![home.path("certs.d/reg.test:5000/ca.crt")]);
    assert_eq!(registry("reg.test:5000/a").tls.authorities, believed);
    assert_eq!(
        registry("docker.io/library/a").url.host_str(),
        Some("registry-1.docker.io")
    );
    assert!(settings.registry_for(&gun("collection")).unwrap().is_none());
}

#[test]
fn content_trust_is_on_unless_it_is_plainly_off() {
    for (text, yes) in [
        ("1", true),
        ("0", false),
        ("true", true),
        ("False", false),
        ("on", true),
    ] {
        assert_eq!(environment::is_yes(text), yes, "{text}");
    }
}
