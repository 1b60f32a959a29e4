use privyseal_tuf::{Dialect, Role, RoleType};

use super::*;

const WHOLE: &str = r#"
[agent]
socket = "/run/privyseal/agent.sock"
operators = ["uid:0"]

[ledger]
directory = "/var/lib/privyseal/ledger"
keystore = "hsm"
key = "ledger"

[[keystore]]
name = "hsm"
kind = "pkcs11"
module = "/usr/lib/softhsm/libsofthsm2.so"
token = "pkcs11:token=demo"
pin = "operator"

[[authority]]
name = "production"
root = { max_expiry = "400d", min_threshold = 2 }

[[grant]]
callers = ["uid:1000"]
authority = "production"
repositories = ["example.org/*"]
roles = ["targets"]
keys = ["*"]
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("privyseald.toml"), text)
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_whole_config_is_read() {
    let config = parse(WHOLE).unwrap();
    let production = &config.authorities["production"];
    assert_eq!(
        production
            .limits(&RoleType::Root.into())
            .min_threshold
            .get(),
        2
    );
    assert_eq!(
        production.limits(&RoleType::Timestamp.into()).max_expiry,
        Period::from_days(32)
    );
    assert_eq!(config.limits.request_time, Period::from_seconds(30));
    assert_eq!(config.agent.mode, Mode(0o600));
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_with_their_line() {
    for (from, to, line) in [
        ("operators =", "operator =", "line 4"),
        ("\"production\"\nroot", "\"production\"\nroots", "line 20"),
        ("max_expiry = \"400d\"", "max_expiry = 400", "line 20"),
        (
            "name = \"hsm\"",
            "name = \"hsm\"\nname = \"hsm\"",
            "line 13",
        ),
        ("[\"uid:1000\"]", "[\"1000\"]", "line 23"),
        ("[\"targets\"]", "[\"target\"]", "line 26"),
    ] {
        let error = refused(&WHOLE.replace(from, to));
        assert!(error.contains(line), "{to}: {error}");
    }
}

#[test]
fn a_pin_in_the_config_is_refused_without_being_shown() {
    let error = refused(&WHOLE.replace("pin = \"operator\"", "pin = \"98765432\""));
    assert!(error.contains("credential"), "{error}");
    assert!(
        !error.lines().any(|line| line.contains("98765432")),
        "{error}"
    );
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let twice = format!("{WHOLE}\n[[authority]]\nname = \"production\"\n");
    assert!(refused(&twice).contains("two [[authority]] named `production`"));
    let other = WHOLE.replace("authority = \"production\"", "authority = \"staging\"");
    assert!(refused(&other).contains("no [[authority]] of that name"));
    let (_, keystore) = WHOLE.split_once("[[keystore]]").unwrap();
    let (keystore, _) = keystore.split_once("[[authority]]").unwrap();
    let second = format!(
        "{WHOLE}\n[[keystore]]{}",
        keystore.replace("\"hsm\"", "\"card\"")
    );
    assert!(refused(&second).contains("use the same module"));
    let nowhere = WHOLE.replace("keystore = \"hsm\"", "keystore = \"card\"");
    assert!(refused(&nowhere).contains("no [[keystore]] of that name"));
}

const NOTARY: &str = r#"
[[notary]]
callers = ["dns:notary-server.example.test"]
authority = "production"
repositories = ["reg.example.test/**"]
keystore = "hsm"
"#;

#[test]
fn a_notary_server_is_a_certificate_with_an_authority_and_a_keystore() {
    let notary = format!("{WHOLE}{NOTARY}");
    parse(&notary).unwrap();
    let refused = |from, to| refused(&format!("{WHOLE}{}", NOTARY.replace(from, to)));
    let local = refused("dns:notary-server.example.test", "uid:0");
    assert!(local.contains("uid:0 is no notary-server"), "{local}");
    assert!(refused("\"production\"", "\"staging\"").contains("no [[authority]]"));
    assert!(refused("\"hsm\"", "\"card\"").contains("no [[keystore]]"));
    let root = refused("keystore", "roles = [\"root\"]\nkeystore");
    assert!(root.contains("unknown variant `root`"), "{root}");
}

const IMAGES: &str = r#"
[[authority]]
name = "images"
dialect = "notary"
shared_keys = ["root-*"]
targets = { max_expiry = "90d" }

[[grant]]
callers = ["uid:1001"]
authority = "images"
repositories = ["reg.example.test/**"]
roles = ["targets"]
keys = ["*"]
generate_in = "hsm"
"#;

#[test]
fn an_authority_of_images_has_shared_keys_and_limits_of_its_own() {
    let config = parse(&format!("{WHOLE}{IMAGES}")).unwrap();
    let images = &config.authorities["images"];
    assert_eq!(images.dialect, Dialect::Notary);
    assert!(images.shares("root-a") && !images.shares("targets-a"));
    let days = |role: &str| images.limits(&role.parse::<Role>().unwrap()).max_expiry;
    assert_eq!(days("root"), Period::from_days(3660));
    assert_eq!(days("targets"), Period::from_days(90));
    assert_eq!(days("targets/releases"), Period::from_days(1100));
    let production = &config.authorities["production"];
    assert_eq!(production.dialect, Dialect::Spec);
    assert!(!production.shares("root-a"));
}

#[test]
fn what_is_for_images_alone_stands_nowhere_else() {
    let refused = |from: &str, to: &str| {
        let changed = IMAGES.replace(from, to);
        assert_ne!(changed, IMAGES);
        refused(&format!("{WHOLE}{changed}"))
    };
    assert!(refused("dialect = \"notary\"\n", "").contains("shared_keys"));
    assert!(refused("\"notary\"", "\"docker\"").contains("unknown variant"));
    let spec = "dialect = \"notary\"\nshared_keys = [\"root-*\"]\n";
    assert!(refused(spec, "").contains("generate_in"));
    assert!(refused("[\"targets\"]", "[\"root\"]").contains("generate_in"));
    assert!(refused("\"hsm\"", "\"card\"").contains("no [[keystore]]"));
    assert!(refused("[\"root-*\"]", "[\"root-[\"]").contains("line"));
}

#[test]
fn no_grant_has_keys_made_in_a_yubikey() {
    let piv = "[[keystore]]\nname = \"root-a\"\nkind = \"piv\"\nserial = 12345678\n\
               pin = \"operator\"\n";
    let whole = format!("{WHOLE}{IMAGES}{piv}");
    parse(&whole).unwrap();
    let error = refused(&whole.replace("generate_in = \"hsm\"", "generate_in = \"root-a\""));
    assert!(error.contains("which is a YubiKey"), "{error}");
}

#[test]
fn lengths_of_time_are_read_or_refused() {
    let period = |text: &str| Period::try_from(text.to_owned());
    assert_eq!(period("400d"), Ok(Period::from_days(400)));
    assert_eq!(period("90m"), Ok(Period::from_seconds(5400)));
    for bad in ["", "0s", "400", "-1d", "1000000d", "soon"] {
        assert!(period(bad).is_err(), "{bad}");
    }
}
