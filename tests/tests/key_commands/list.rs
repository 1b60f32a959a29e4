use privyseal_tests::setup::AUTHORITY;
use serde_json::Value;

use crate::stage::Stage;

#[test]
fn notary_keys_are_listed_with_what_they_signed_last() {
    let Some(stage) = Stage::new() else { return };
    let used = stage.used("reg.test/app", "timestamp", &[7, 8]);
    let fresh = stage.key("reg.test/team/app", "snapshot");
    stage
        .tls
        .stage
        .rpc()
        .generate("root", "ecdsa-p256", "example.org/app")
        .unwrap();

    let table = stage.operator.ok("key list");
    let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap();
    assert!(
        table.lines().next().unwrap().contains("LAST SIGNED"),
        "{table}"
    );
    assert!(line(&used).contains("notary timestamp"), "{table}");
    assert!(
        line(&used).contains(&format!("{AUTHORITY}/reg.test/app ")),
        "{table}"
    );
    assert!(line(&used).contains("version 8, expires 20"), "{table}");
    assert!(line(&fresh).contains("UNUSED"), "{table}");
    assert!(line("root").contains("(no root yet)"), "{table}");

    let shown = stage.operator.ok("key list --json --purpose notary");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let of = |name: &str| {
        let mut keys = shown.as_array().unwrap().iter();
        keys.find(|key| key["name"] == name).unwrap()
    };
    assert_eq!(of(&used)["role"], "timestamp");
    assert_eq!(of(&used)["notary_use"]["version"], 8);
    assert_eq!(of(&used)["notary_use"]["restored"], false);
    assert!(of(&fresh)["notary_use"].is_null());

    let shown = stage.operator.ok(&format!("key show {used}"));
    assert!(shown.contains("last signed"), "{shown}");
}

#[test]
fn filters_find_some_among_many() {
    let Some(stage) = Stage::new() else { return };
    let used = stage.used("reg.test/app", "timestamp", &[1]);
    let fresh = stage.key("reg.test/team/app", "snapshot");
    stage
        .tls
        .stage
        .rpc()
        .generate("root", "ecdsa-p256", "example.org/app")
        .unwrap();
    let mut notary = [used.clone(), fresh.clone()];
    notary.sort();
    let sorted = |words: &str| {
        let mut names = stage.names(words);
        names.sort();
        names
    };
    assert_eq!(sorted("--purpose notary"), notary);
    assert_eq!(sorted("--purpose tuf"), ["root"]);
    assert_eq!(sorted("--purpose ledger"), ["ledger"]);
    assert_eq!(sorted("--unused"), [fresh.as_str()]);
    assert_eq!(sorted("--repository reg.test/*"), [used.as_str()]);
    assert_eq!(sorted("--repository reg.test/**"), notary);
    let said = stage.operator.ok("key list --repository nobody/*");
    assert_eq!(said, "none of 4 keys is meant\n");
    let said = stage.operator.run("key list --repository a[b");
    assert_eq!(said.status, 2, "{said:#?}");
    // A notary-server's key is for nothing else.
    let said = stage.operator.run(&format!(
        "repo -C nowhere init --authority {AUTHORITY} --repository example.org/x --root {used} \
         --targets root --snapshot root --timestamp root"
    ));
    assert_eq!(said.status, 1, "{said:#?}");
    assert!(said.stderr.contains("is a notary key"), "{said:#?}");
}
