//! An authority that demands of each root key what only a YubiKey can prove.

use privyseal_tests::project::Project;
use privyseal_tests::ykman::Ykman;
use privyseal_tests::{openssl, records};

use crate::person::UNFINISHED;
use crate::stage::{A, B, FACTORY_MANAGEMENT_KEY, Stage};

const NAME: &str = "strict.example.org/app";

/// The agents' word for a refusal.
const REFUSED: i32 = 4;

fn strict() -> String {
    let user = nix::unistd::geteuid();
    format!(
        "[[authority]]\nname = \"strict\"\n[authority.root]\nmax_expiry = \"400d\"\n\
         attestation = {{ pin = \"always\", touch = \"always\", firmware = \"5.7.0\" }}\n\
         [[grant]]\ncallers = [\"uid:{user}\"]\nauthority = \"strict\"\nrepositories = [\"**\"]\n\
         roles = [\"root\", \"targets\", \"snapshot\", \"timestamp\"]\nkeys = [\"*\"]\nopen = true\n"
    )
}

#[test]
fn a_root_key_signs_only_where_its_device_proved_what_is_demanded() {
    let (Some(stage), Some(ykman)) = (
        Stage::with("allow_import = true\n", &strict()),
        Ykman::find(),
    ) else {
        return;
    };
    // Before the management key is one that nobody knows.
    stage.imports(&ykman, "83");
    let place = format!("--authority strict --repository {NAME}");
    stage.sets_up_from_files(A, &place);
    stage.sets_up_from_files(B, &place);
    let pin = stage.secret_file("pin", A.pin);
    let on = format!("--keystore root-a {place}");
    let make =
        format!("key generate untouched {on} --slot 82 --touch-policy never --pin-file {pin}");
    stage.client.ok(&make);
    stage
        .client
        .ok(&format!("key enroll imported {on} --id 83"));
    for key in ["token", "online"] {
        stage
            .client
            .ok(&format!("key generate {key} --keystore hsm {place}"));
    }

    let project = Project::new(&stage.sandbox, "project", stage.client.clone());
    project.repo(&format!(
        "init {place} --root root-a root-b untouched imported token --root-threshold 1 \
         --targets online --snapshot online --timestamp online"
    ));
    let sign = |key: &str| format!("sign --yes --role root --key {key}");
    stage.a.clear_journal();
    stage.b.clear_journal();
    for (key, why) in [
        (
            "root-b",
            "its device has firmware 5.4.3, and 5.7.0 or later is demanded",
        ),
        (
            "untouched",
            "its touch policy is `never`, and `always` is demanded",
        ),
        ("imported", "none is recorded"),
        ("token", "none is recorded"),
    ] {
        let refused = project.try_repo(&sign(key));
        refused.assert_refused(REFUSED, "ATTESTATION_REQUIRED");
        assert!(refused.stderr.contains(why), "{key}: {refused:#?}");
    }
    assert!(records::decisions(&stage.agent.rpc()).is_empty());
    for yubikey in [&stage.a, &stage.b] {
        let asked = yubikey.journal();
        let signed = asked
            .iter()
            .any(|event| event.is(0x87) || event.is_pin_try());
        assert!(!signed, "a refused key was asked to sign: {asked:#?}");
    }

    let words = format!(
        "repo -C {} {}",
        project.directory().display(),
        sign("root-a")
    );
    stage.signs(A, &words, &[&format!("root v1 of {NAME}")], UNFINISHED);
    let [decision] = &records::decisions(&stage.agent.rpc())[..] else {
        panic!("one decision");
    };
    assert_eq!(
        (decision.role.as_str(), decision.key.as_str()),
        ("root", "root-a")
    );
}

impl Stage {
    /// Somebody puts a key into a slot of the newer YubiKey that was made elsewhere, as strict as any.
    fn imports(&self, ykman: &Ykman, slot: &str) {
        let key = self.sandbox.join("key.pem").display().to_string();
        assert!(openssl::agrees(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            &key,
        ]));
        let policies = "--pin-policy ALWAYS --touch-policy ALWAYS";
        let words = format!("piv keys import -m {FACTORY_MANAGEMENT_KEY} {policies} {slot} {key}");
        ykman.ok(&self.sandbox, &self.plugboard.socket(), A.serial, &words);
    }
}
