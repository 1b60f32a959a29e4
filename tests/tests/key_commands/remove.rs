use privyseal_tests::{pkcs11_tool, require};
use serde_json::Value;

use crate::stage::{Stage, on_terminal};

#[test]
fn a_key_is_removed_once_somebody_typed_the_word() {
    let Some(stage) = Stage::new() else { return };
    let used = stage.used("reg.test/app", "timestamp", &[1, 2]);
    let remove = format!("key remove {used}");
    // Nobody is there to ask.
    let said = stage.operator.run(&remove);
    said.assert_refused(3, "nothing was removed: there is no terminal");
    assert!(said.stdout.contains(&used), "{said:#?}");
    for (typed, status) in [("y", 3), ("yes", 0)] {
        let Some(said) = on_terminal(&stage.operator, &remove, "Type \"yes\":", typed) else {
            return;
        };
        assert_eq!(said.status, status, "{said:#?}");
        let shown = said.stdout;
        assert!(shown.contains("version 2, expires"), "{shown}");
        assert!(shown.contains("!! 1 of them signed"), "{shown}");
        assert!(shown.contains("notary key rotate GUN ROLE -r"), "{shown}");
        assert!(shown.contains("Destroy this key on its token?"), "{shown}");
        assert_eq!(shown.contains("removed default:"), status == 0, "{shown}");
        assert_eq!(stage.names("").contains(&used), status != 0);
    }
    if require::program("pkcs11-tool") {
        let keys = pkcs11_tool::private_keys(&stage.tls.stage.token);
        assert_eq!(keys.len(), 1, "the ledger's: {keys:?}");
    }
    let shown = stage.operator.ok("ledger show");
    let removed = shown.lines().find(|line| line.contains("key REMOVED"));
    assert!(removed.unwrap().contains(&used), "{shown}");
    stage.operator.ok("ledger verify");
    // Once more is nothing new, though no list has it.
    let again = stage.operator.ok(&format!("{remove} --yes"));
    assert!(again.contains("not listed"), "{again}");
}

#[test]
fn unused_keys_are_removed_by_their_repositories() {
    let Some(stage) = Stage::new() else { return };
    let used = stage.used("reg.test/app", "timestamp", &[1]);
    let keep = stage.key("reg.test/keep/app", "snapshot");
    let mut old = Vec::new();
    for number in 0..12 {
        old.push(stage.key(&format!("reg.test/old/{number}"), "snapshot"));
    }
    let said = stage
        .operator
        .ok("key remove --unused --repository reg.test/old/* --yes");
    assert!(said.ends_with("removed 12 keys\n"), "{said}");
    assert!(old.iter().all(|name| said.contains(name)), "{said}");
    let mut left = stage.names("--purpose notary");
    left.sort();
    let mut expected = [used.clone(), keep];
    expected.sort();
    assert_eq!(left, expected);
    let shown = stage.operator.ok("key remove --unused --yes --json");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["removed"], true);
    assert!(shown[0]["record"].as_u64().unwrap() > 0);
    // The key that signed is still there, and there is nothing more.
    assert_eq!(stage.names("--purpose notary"), [used]);
    let said = stage.operator.ok("key remove --unused");
    assert!(said.contains("nothing to remove"), "{said}");
    assert_eq!(
        stage.operator.ok("key remove --unused --json --yes"),
        "[]\n"
    );
}

#[test]
fn what_is_refused_is_shown_with_its_remedy_and_the_rest_goes_on() {
    let Some(stage) = Stage::new() else { return };
    let fresh = stage.key("reg.test/app", "snapshot");
    stage
        .tls
        .stage
        .rpc()
        .generate("root", "ecdsa-p256", "example.org/app")
        .unwrap();
    let said = stage
        .operator
        .run(&format!("key remove {fresh} root --yes"));
    assert_eq!(said.status, 1, "{said:#?}");
    assert!(
        said.stderr.contains("default:root is a tuf key"),
        "{said:#?}"
    );
    assert_eq!(
        stage.names("--unused"),
        [fresh.as_str()],
        "nothing was removed"
    );

    let unknown = "notary-snapshot-0000000000000000 notary-snapshot-0000000000000001";
    let said = stage
        .operator
        .run(&format!("key remove {unknown} {fresh} --yes"));
    said.assert_refused(4, "UNKNOWN_KEY");
    assert!(
        said.stdout.contains(&format!("removed default:{fresh}")),
        "{said:#?}"
    );
    assert!(said.stderr.contains("to do: "), "{said:#?}");
    assert!(
        said.stderr.contains("the same was said of 1 more"),
        "{said:#?}"
    );

    // With the token away nothing can be done, and one key after the other is not tried.
    let names = [
        stage.key("reg.test/a", "snapshot"),
        stage.key("reg.test/b", "snapshot"),
    ];
    stage.operator.ok("agent lock hsm");
    let said = stage.operator.run("key remove --unused --yes");
    assert_ne!(said.status, 0, "{said:#?}");
    assert!(said.stdout.contains("no key was removed"), "{said:#?}");
    assert!(
        said.stderr.contains("LOCKED") && said.stderr.contains("unlock"),
        "{said:#?}"
    );
    assert!(names.iter().all(|name| stage.names("").contains(name)));

    for words in [
        "key remove",
        "key remove x --unused",
        "key remove x --json",
        "key remove x --repository y",
    ] {
        let said = stage.operator.run(words);
        assert_eq!(said.status, 2, "{words}: {said:#?}");
    }
}
