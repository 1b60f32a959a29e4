//! Where private keys are, and what they can do: by the token's word, and by outside judges.

#[cfg(test)]
mod suite {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use privyseal_proto::v1::{EnrollKeyRequest, Key};
    use privyseal_tests::repository::Repository;
    use privyseal_tests::setup::AUTHORITY;
    use privyseal_tests::shim_stage::ShimStage;
    use privyseal_tests::token::Token;
    use privyseal_tests::{metadata, openssl, pkcs11_tool};
    use serde_json::Value;
    use tonic::Code;

    const REPOSITORY: &str = "example.org/app";

    /// The token's own description of the private key with this CKA_ID.
    fn private_key(token: &Token, object_id: &str) -> String {
        let id = format!("ID:         {object_id}\n");
        let keys = pkcs11_tool::private_keys(token);
        let mut matching = keys.into_iter().filter(|key| key.contains(&id));
        let key = matching.next().unwrap();
        assert!(
            matching.next().is_none(),
            "two keys have CKA_ID {object_id}"
        );
        key
    }

    /// What follows a name in such a description.
    fn field<'a>(key: &'a str, name: &str) -> &'a str {
        let mut lines = key.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(name));
        value.unwrap_or_default().trim()
    }

    fn existing(name: &str, object_id: &str) -> EnrollKeyRequest {
        EnrollKeyRequest {
            keystore: "hsm".to_owned(),
            name: name.to_owned(),
            object_id: object_id.to_owned(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: REPOSITORY.to_owned(),
            first_root: String::new(),
            role: String::new(),
        }
    }

    /// `key list` as a script reads it, and as a person does.
    fn listed(stage: &ShimStage, client: &str, key: &str) -> (Value, String) {
        let client = stage.client(client);
        let all: Vec<Value> = serde_json::from_str(&client.ok("key list --json")).unwrap();
        let json = all.into_iter().find(|entry| entry["name"] == key).unwrap();
        let text = client.ok("key list");
        let cell = format!(":{key} ");
        let line = text.lines().find(|line| line.contains(&cell)).unwrap();
        (json, line.to_owned())
    }

    #[test]
    fn a_generated_key_can_sign_and_never_leave() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let client = stage.client("operator");
        let mut ids = BTreeSet::new();
        for algorithm in ["ecdsa-p256", "ed25519", "rsa-pss-2048"] {
            let name = format!("made-{algorithm}");
            let made = client.ok(&format!(
                "key generate {name} --keystore hsm --algorithm {algorithm} \
                 --authority {AUTHORITY} --repository {REPOSITORY} --json"
            ));
            let made: Value = serde_json::from_str(&made).unwrap();
            let id = made["object_id"].as_str().unwrap().to_owned();
            assert_eq!(hex::decode(&id).unwrap().len(), 16);
            let judged = private_key(&stage.token, &id);
            assert_eq!(field(&judged, "label:"), name);
            assert_eq!(field(&judged, "Usage:"), "sign");
            let access = "sensitive, always sensitive, never extractable, local";
            assert_eq!(field(&judged, "Access:"), access, "{judged}");
            assert!(ids.insert(id));

            let (json, line) = listed(&stage, &format!("lister-{algorithm}"), &name);
            assert_eq!(json, made);
            let protection = serde_json::json!({
                "sensitive": true, "extractable": false, "always_sensitive": true,
                "never_extractable": true, "local": true,
            });
            assert_eq!(json["protection"], protection);
            let facts = [
                ("algorithm", algorithm),
                ("purpose", "tuf"),
                ("authority", AUTHORITY),
                ("repository", REPOSITORY),
                ("token_label", stage.token.label()),
                ("token_serial", stage.token.serial()),
            ];
            for (field, value) in facts {
                assert_eq!(json[field], value, "{field}");
            }
            assert_eq!(json["keyid"].as_str().unwrap().len(), 64);
            assert_eq!(json["usable"], true);
            assert!(
                line.contains("sensitive, never extractable, made on device"),
                "{line}"
            );
        }
    }

    #[test]
    fn the_ledger_key_is_protected_as_well() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let keys = pkcs11_tool::private_keys(&stage.token);
        assert_eq!(keys.len(), 1, "{keys:?}");
        assert_eq!(field(&keys[0], "label:"), "ledger");
        assert_eq!(field(&keys[0], "Usage:"), "sign");
        let access = "sensitive, always sensitive, never extractable, local";
        assert_eq!(field(&keys[0], "Access:"), access);
    }

    #[test]
    fn a_key_that_could_leave_is_refused_unless_the_config_names_it() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let new = ["--keypairgen", "--key-type", "EC:prime256v1"];
        let extractable = ["--id", "0a", "--label", "old", "--extractable"];
        pkcs11_tool::run(&stage.token, &[&new[..], &extractable].concat());
        let refusal = stage.rpc().enroll_key(existing("old", "0a")).unwrap_err();
        let expected = (Code::FailedPrecondition, "KEY_EXTRACTABLE");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert!(refusal.remedy.contains("accept_extractable"), "{refusal:?}");
        let words = format!(
            "key enroll old --keystore hsm --id 0a --authority {AUTHORITY} \
             --repository {REPOSITORY}"
        );
        let refused = stage.client("operator").run(&words);
        assert!(
            refused.status != 0 && refused.stderr.contains("KEY_EXTRACTABLE"),
            "{refused:#?}"
        );
        assert!(
            stage
                .rpc()
                .keys()
                .unwrap()
                .iter()
                .all(|key| key.name != "old")
        );

        stage.reconfigure("accept_extractable = [\"old\"]");
        stage.agent.restart();
        // It is accepted by this name alone.
        let other = stage.rpc().enroll_key(existing("other", "0a")).unwrap_err();
        assert_eq!(other.reason, "KEY_EXTRACTABLE", "{other:?}");
        stage.client("operator").ok(&words);
        let (json, line) = listed(&stage, "lister", "old");
        assert_eq!(json["protection"]["extractable"], true);
        assert_eq!(json["protection"]["never_extractable"], false);
        assert_eq!(json["usable"], true);
        assert!(line.contains("EXTRACTABLE"), "{line}");
        assert!(!line.contains("never extractable"), "{line}");

        // The config no longer accepts it: it is there, and can't be used.
        stage.reconfigure("");
        stage.agent.restart();
        let (json, _) = listed(&stage, "later", "old");
        assert_eq!(json["usable"], false);
    }

    #[test]
    fn a_key_that_was_imported_is_shown_as_not_made_on_the_device() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let pem = stage.sandbox.join("outside.pem");
        let curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-out"];
        let made = [&["genpkey", "-algorithm", "EC"][..], &curve].concat();
        assert!(openssl::agrees(
            &[&made[..], &[pem.to_str().unwrap()]].concat()
        ));
        let imported = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", stage.token.conf())
            .arg("--import")
            .arg(&pem)
            .args(["--token", stage.token.label(), "--pin", stage.token.pin()])
            .args(["--label", "outside", "--id", "0b0c"])
            .output()
            .unwrap();
        assert!(imported.status.success(), "{imported:?}");
        stage.rpc().enroll_key(existing("outside", "0b0c")).unwrap();
        let (json, line) = listed(&stage, "lister", "outside");
        assert_eq!(json["protection"]["local"], false);
        assert_eq!(json["protection"]["never_extractable"], false);
        assert!(line.contains("NOT MADE ON DEVICE"), "{line}");
        assert!(line.contains("WAS ONCE"), "{line}");
    }

    #[test]
    fn a_key_has_one_name_and_a_name_one_key() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let made = rpc.generate("one", "ecdsa-p256", REPOSITORY).unwrap();
        let before = pkcs11_tool::private_keys(&stage.token).len();
        for restart in [false, true] {
            if restart {
                stage.agent.restart();
            }
            let rpc = stage.rpc();
            let attempts = [
                rpc.generate("one", "ed25519", REPOSITORY),
                rpc.generate("one", "ecdsa-p256", "example.org/other"),
                rpc.generate("ledger", "ecdsa-p256", REPOSITORY),
                rpc.enroll_key(existing("one", &made.object_id)),
                rpc.enroll_key(existing("two", &made.object_id)),
            ];
            for attempt in attempts {
                let refusal = attempt.unwrap_err();
                let expected = (Code::AlreadyExists, "NAME_TAKEN");
                assert_eq!(refusal.codes(), expected, "{refusal:?}");
            }
            assert_same(&rpc.keys().unwrap(), &made);
        }
        // Nothing was made for nothing.
        let after = pkcs11_tool::private_keys(&stage.token).len();
        assert_eq!(after, before);
    }

    /// The ledger's key signs checkpoints and nothing else: it is not enrolled under another name.
    #[test]
    fn the_ledger_key_is_not_enrolled_for_metadata() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let keys = pkcs11_tool::private_keys(&stage.token);
        let id = field(&keys[0], "ID:").to_owned();
        let refusal = stage.rpc().enroll_key(existing("mine", &id)).unwrap_err();
        let expected = (Code::AlreadyExists, "NAME_TAKEN");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
    }

    fn assert_same(keys: &[Key], made: &Key) {
        let mut enrolled = keys.iter().filter(|key| key.purpose == "tuf");
        let key = enrolled.next().unwrap();
        assert_eq!((&key.name, &key.keyid), (&made.name, &made.keyid));
        assert!(enrolled.next().is_none());
    }

    #[test]
    fn no_private_key_is_a_file_outside_the_token() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::complete(&rpc, "app");
        rpc.generate("ed", "ed25519", REPOSITORY).unwrap();
        rpc.generate("rsa", "rsa-pss-2048", REPOSITORY).unwrap();
        let document = metadata::targets(2, &[("a", b"a")]);
        repository.sign(&rpc, "targets", &document).unwrap();
        stage.client("lister").ok("key list");
        assert!(stage.agent.stop().success());
        let mut files = Vec::new();
        files_in(stage.sandbox.path(), &mut files);
        files.retain(|file| !file.starts_with(stage.token.objects()));
        assert!(files.len() > 5, "{files:?}");
        for file in files {
            assert!(!holds_private_key(&file), "{}", file.display());
        }
        // The search finds what it looks for.
        let pem = stage.sandbox.join("found.pem");
        let pem = pem.to_str().unwrap();
        let der = stage.sandbox.join("found.der");
        let der = der.to_str().unwrap();
        assert!(openssl::agrees(&[
            "genpkey",
            "-algorithm",
            "ed25519",
            "-out",
            pem
        ]));
        assert!(openssl::agrees(&[
            "pkey", "-in", pem, "-outform", "DER", "-out", der
        ]));
        assert!(holds_private_key(pem.as_ref()) && holds_private_key(der.as_ref()));
    }

    fn holds_private_key(file: &Path) -> bool {
        let content = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&content);
        text.contains("PRIVATE KEY") || openssl::reads_private_key(file)
    }

    fn files_in(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                files_in(&entry.path(), files);
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
}
