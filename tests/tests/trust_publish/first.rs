//! The first tag, and the way back.

use crate::stage::{Stage, hex};

#[test]
fn a_first_tag_is_signed_and_revoked_as_docker_and_notary_see_it() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/web");
    let (v1, name) = stage.push("demo/web", "v1");
    stage.ok(&format!("init {gun}"));
    stage.ok(&format!("sign {name}"));
    let repo = |signers: &[&str]| {
        signers
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        stage.signed(&gun),
        [("v1".to_owned(), hex(&v1), repo(&["Repo Admin"]))]
    );
    let notary = stage.notary();
    let listed = notary.ok(&["list", &gun]);
    assert!(
        listed.contains(&hex(&v1)) && listed.contains("targets"),
        "{listed}"
    );

    let (v2, name2) = stage.push("demo/web", "v2");
    stage.ok(&format!("sign {name2}"));
    assert_eq!(stage.signed(&gun).len(), 2);
    assert!(notary.ok(&["lookup", &gun, "v2"]).contains(&hex(&v2)));

    stage.ok(&format!("revoke {name}"));
    assert_eq!(
        stage.signed(&gun),
        [("v2".to_owned(), hex(&v2), repo(&["Repo Admin"]))]
    );
    let gone = stage.run(&format!("revoke {name}"));
    assert_eq!(gone.status, 1, "{gone:?}");
    assert!(gone.stderr.contains("has no signed tag v1"), "{gone:?}");
}
