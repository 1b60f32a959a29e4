//! A root of TUF whose keys are on two YubiKeys and a token, two of which must sign.

use privyseal_proto::ledger::v1::KeyAttested;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_tests::project::Project;
use privyseal_tests::records;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::tuf_client::PythonTuf;

use crate::person::{UNFINISHED, for_repository};
use crate::stage::{A, B, Stage};

const NAME: &str = "example.org/app";

#[test]
fn two_new_yubikeys_and_a_token_sign_a_root_and_its_rotation() {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let said = stage.sets_up(A, &for_repository(NAME));
    assert!(said.contains("PIN always, touch always"), "{said}");
    let said = stage.sets_up_from_files(B, &for_repository(NAME));
    assert!(said.contains("EUCLEAK"), "{said}");

    let project = Project::new(&stage.sandbox, "project", stage.client.clone());
    let versions = || python.accepts(&project, &[], None);
    project.generate(NAME, "root-c root-d targets snapshot timestamp", "");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-a root-b root-c \
         --root-threshold 2 --targets targets --snapshot snapshot --timestamp timestamp"
    ));
    project.add(&[("hello.txt", b"hello\n")], "");
    let sign = |words: &str| {
        format!(
            "repo -C {} sign --yes {words}",
            project.directory().display()
        )
    };

    // A YubiKey and the token; then nobody is asked for the other YubiKey.
    let about = format!("root v1 of {NAME}");
    stage.signs(A, &sign("--role root --key root-a"), &[&about], UNFINISHED);
    let signed = stage.client.run(&sign("--role root --key root-c"));
    assert_eq!(signed.status, UNFINISHED, "{signed:#?}");
    project.sign_and_publish("");
    assert_eq!(versions(), "root 1, targets 1, snapshot 1, timestamp 1");

    // The token's key is lost: the two YubiKeys are enough to replace it.
    project.repo("rotate root --remove root-c --add root-d");
    let about = format!("root v2 of {NAME}");
    stage.signs(A, &sign("--role root --key root-a"), &[&about], UNFINISHED);
    stage.signs(B, &sign("--role root --key root-b"), &[&about], 0);
    project.sign_and_publish("");
    assert!(versions().starts_with("root 2,"));
    python.refuses_changes(&project, &project.newest());

    stage.remembers();
    for (named, signatures) in [(A, 2), (B, 1)] {
        let yubikey = stage.yubikey(named);
        assert_eq!(yubikey.touches_wanted(), signatures, "{}", named.name);
        assert_eq!(yubikey.pin_tries(), 3, "{}", named.name);
        assert!(!yubikey.pin_is_verified(), "{}", named.name);
    }
}

impl Stage {
    /// The ledger has what the devices proved, and what was signed, and none of the secrets.
    fn remembers(&self) {
        let events = records::events(&self.agent.rpc());
        let attested: Vec<KeyAttested> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::KeyAttested(attested) => Some(attested),
                _ => None,
            })
            .collect();
        for named in [A, B] {
            let of = attested.iter().find(|it| it.key == named.name).unwrap();
            assert_eq!(of.serial, named.serial.to_string());
            assert_eq!(of.firmware, named.firmware.to_string());
            assert_eq!(
                (of.slot.as_str(), of.root.as_slice()),
                ("9c", self.maker.root_der())
            );
            assert_eq!(
                (of.pin_policy.as_str(), of.touch_policy.as_str()),
                ("always", "always")
            );
            let lineage = of.lineage.as_ref().unwrap();
            assert_eq!(
                (&*lineage.authority, &*lineage.repository),
                (AUTHORITY, NAME)
            );
        }
        let roots: Vec<(String, u64)> = records::decisions(&self.agent.rpc())
            .into_iter()
            .filter(|decision| decision.role == "root")
            .map(|decision| (decision.key, decision.version))
            .collect();
        // The token's new key signs without anybody, so it does although it is not needed.
        let expected = [
            ("root-a", 1),
            ("root-c", 1),
            ("root-a", 2),
            ("root-b", 2),
            ("root-d", 2),
        ];
        assert_eq!(
            roots,
            expected.map(|(key, version)| (key.to_owned(), version))
        );
    }
}
