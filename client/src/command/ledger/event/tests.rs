use privyseal_proto::ledger::v1::{
    Caller, ConfigReloaded, Decision, DeviceChanged, EnrollmentPart, KeyAttested, KeyCertified,
    KeyEnrolled, KeyRemoved, Lineage, LoginOpened, NotaryDecision, NotaryRestored, Observed,
    Outcome, Refusals, RepositoryEnrolled, refusals::Count,
};

use super::*;

fn row(event: Event) -> Vec<String> {
    RecordView::new(
        7,
        &Record {
            time: 1_795_316_295_999,
            event: Some(event),
        },
    )
    .row()
}

#[test]
fn a_decision_names_who_what_and_with_which_key() {
    let decision = Decision {
        caller: Some(Caller {
            uid: 1000,
            gid: 1000,
            name: "ci".to_owned(),
            ..Caller::default()
        }),
        lineage: Some(Lineage {
            authority: "prod".to_owned(),
            repository: "example.org".to_owned(),
            first_root: vec![1; 32],
        }),
        role: "targets".to_owned(),
        version: 3,
        digest: vec![0xab; 32],
        key: "targets-1".to_owned(),
        completes: true,
        ..Decision::default()
    };
    let expected = [
        "7",
        "2026-11-22T02:58:15Z",
        "will sign",
        "ci (1000)",
        "prod/example.org targets 3",
        "targets-1",
        "abababab, completes the document",
    ];
    assert_eq!(row(Event::Decision(decision)), expected);
}

#[test]
fn a_delegated_roles_name_is_not_trusted() {
    let observed = Observed {
        lineage: Some(Lineage {
            authority: "prod".to_owned(),
            repository: "example.org".to_owned(),
            first_root: vec![1; 32],
        }),
        role: "app\u{1b}[2J\u{202e}\n".to_owned(),
        version: 3,
        ..Observed::default()
    };
    let shown = row(Event::Observed(observed));
    assert_eq!(shown[4], "prod/example.org app\\u{1b}[2J\\u{202e}\\n 3");
}

#[test]
fn parts_of_an_enrolment_are_counted() {
    let enrolled = RepositoryEnrolled {
        roots: 2,
        documents: vec![Observed::default()],
        parts: 3,
        ..RepositoryEnrolled::default()
    };
    let shown = row(Event::RepositoryEnrolled(enrolled));
    assert_eq!(shown[6], "1 documents, and those of 3 parts before");
    let part = EnrollmentPart {
        number: 2,
        documents: vec![Observed::default(); 4],
        ..EnrollmentPart::default()
    };
    let shown = row(Event::EnrollmentPart(part));
    assert_eq!(
        (&*shown[2], &*shown[6]),
        ("enrollment part", "2: 4 documents")
    );
}

#[test]
fn faults_and_refusals_stand_out() {
    let outcome = Outcome {
        decision: 5,
        signature: vec![],
        fault: "CKR_DEVICE_REMOVED\u{7}".to_owned(),
    };
    let fault = row(Event::Outcome(outcome));
    assert_eq!(fault[2], "NOT signed");
    assert_eq!(fault[6], "decision 5: CKR_DEVICE_REMOVED\\u{7}");
    let counts = vec![Count {
        reason: "NO_GRANT".to_owned(),
        count: 12,
    }];
    let refusals = Refusals {
        caller: None,
        counts,
    };
    assert_eq!(row(Event::Refusals(refusals))[6], "12 × NO_GRANT");
}

fn holder(name: &str) -> Option<Caller> {
    Some(Caller {
        name: name.to_owned(),
        certificate: vec![0xce; 32],
        ..Caller::default()
    })
}

#[test]
fn the_holder_of_a_certificate_is_not_root() {
    let removed = |operator| {
        let key = KeyRemoved {
            name: "k".to_owned(),
            operator,
        };
        row(Event::KeyRemoved(key))[3].clone()
    };
    assert_eq!(
        removed(holder("dns:ci.test")),
        "dns:ci.test (cert:cececece)"
    );
    let nameless = format!("cert:{}", "ce".repeat(32));
    assert_eq!(removed(holder(&nameless)), "cert:cececece");
    assert_eq!(removed(Some(Caller::default())), "uid 0");
    assert_eq!(removed(None), "-");
    let decision = Decision {
        caller: holder("uri:x"),
        ..Decision::default()
    };
    let record = Record {
        time: 0,
        event: Some(Event::Decision(decision)),
    };
    let json = serde_json::to_value(RecordView::new(0, &record)).unwrap();
    assert_eq!(json["certificate"], "ce".repeat(32));
    assert!(json.get("keys").is_none());
}

#[test]
fn nobody_is_the_pin_source() {
    let login = |operator| {
        let login = LoginOpened {
            operator,
            ..LoginOpened::default()
        };
        row(Event::LoginOpened(login))[3].clone()
    };
    assert_eq!(login(None), "PIN source");
    assert_eq!(login(holder("")), "cert:cececece");
}

#[test]
fn a_config_that_was_refused_stands_out() {
    let reloaded = |refused: &str| {
        row(Event::ConfigReloaded(ConfigReloaded {
            config: vec![0xcf; 32],
            refused: refused.to_owned(),
        }))
    };
    let good = reloaded("");
    assert_eq!((&*good[2], &*good[6]), ("config reloaded", "cfcfcfcf"));
    let bad = reloaded("ledger.directory can't change\u{1b}");
    assert_eq!(bad[2], "config NOT reloaded");
    assert_eq!(bad[6], "ledger.directory can't change\\u{1b}");
}

#[test]
fn what_notary_had_signed_is_shown_with_its_key() {
    let decision = |reissued| NotaryDecision {
        caller: holder("dns:notary.test"),
        key: "notary-snapshot-0123456789abcdef".to_owned(),
        authority: "prod".to_owned(),
        repository: "reg.test/app".to_owned(),
        role: "snapshot".to_owned(),
        version: 7,
        digest: vec![0xab; 32],
        expires: 1_795_316_295,
        reissued,
    };
    let expected = [
        "7",
        "2026-11-22T02:58:15Z",
        "will sign",
        "dns:notary.test (cert:cececece)",
        "prod/reg.test/app snapshot 7",
        "notary-snapshot-0123456789abcdef",
        "abababab, expires 2026-11-22T02:58:15Z",
    ];
    assert_eq!(row(Event::NotaryDecision(decision(false))), expected);
    let reissued = row(Event::NotaryDecision(decision(true)));
    assert_eq!(reissued[6], format!("{}, REISSUED", expected[6]));
}

#[test]
fn a_restored_database_names_its_keys_up_to_a_few() {
    let restored = |count: usize| NotaryRestored {
        operator: holder("dns:ops"),
        authority: "prod".to_owned(),
        keys: (0..count).map(|number| format!("k{number}")).collect(),
        reason: "disk lost".to_owned(),
    };
    let shown = row(Event::NotaryRestored(restored(3)));
    assert_eq!(
        shown[2..],
        [
            "notary RESTORED",
            "dns:ops (cert:cececece)",
            "prod",
            "k0, k1, k2",
            "any version may be next: disk lost"
        ]
    );
    let many = row(Event::NotaryRestored(restored(1000)));
    assert_eq!(many[5], "k0, k1, k2 and 997 more");
}

#[test]
fn a_certificate_names_its_subject() {
    let certified = |not_after| {
        let row = row(Event::KeyCertified(KeyCertified {
            key: "root-a".to_owned(),
            kind: "certificate".to_owned(),
            common_name: "reg.test/app\u{1b}".to_owned(),
            not_after,
            digest: vec![0xab; 32],
            ..KeyCertified::default()
        }));
        row[2..].join(" ")
    };
    assert_eq!(
        certified(1_795_316_295),
        "will certify - reg.test/app\\u{1b} root-a certificate abababab, expires \
         2026-11-22T02:58:15Z"
    );
    assert!(certified(0).ends_with("certificate abababab"));
}

#[test]
fn an_enrolled_key_has_its_purpose_and_role() {
    let key = |purpose: &str, role: &str| {
        row(Event::KeyEnrolled(KeyEnrolled {
            algorithm: "ecdsa-p256".to_owned(),
            purpose: purpose.to_owned(),
            role: role.to_owned(),
            keystore: "hsm".to_owned(),
            token_serial: "01".to_owned(),
            ..KeyEnrolled::default()
        }))[6]
            .clone()
    };
    assert_eq!(key("tuf", ""), "ecdsa-p256 for tuf, hsm, token 01");
    assert_eq!(
        key("notary", "timestamp"),
        "ecdsa-p256 for notary timestamp, hsm, token 01"
    );
}

#[test]
fn what_is_done_to_a_device_and_what_it_proves_is_told() {
    let changed = DeviceChanged {
        operator: Some(Caller {
            uid: 1000,
            name: "ops".to_owned(),
            ..Caller::default()
        }),
        keystore: "root-a".to_owned(),
        change: "change-pin".to_owned(),
        slot: String::new(),
    };
    let shown = row(Event::DeviceChanged(changed.clone()));
    assert_eq!(
        (shown[2].as_str(), shown[3].as_str()),
        ("device change", "ops (1000)")
    );
    assert_eq!(shown[6], "root-a change-pin");
    let imported = DeviceChanged {
        change: "import-certificate".to_owned(),
        slot: "9c".to_owned(),
        ..changed
    };
    assert_eq!(
        row(Event::DeviceChanged(imported))[6],
        "root-a import-certificate 9c"
    );
    let shown = row(Event::KeyAttested(KeyAttested {
        key: "root-1".to_owned(),
        lineage: Some(Lineage {
            authority: "prod".to_owned(),
            repository: "example.org".to_owned(),
            ..Lineage::default()
        }),
        serial: "12345678".to_owned(),
        firmware: "5.7.1".to_owned(),
        slot: "9c".to_owned(),
        pin_policy: "always".to_owned(),
        touch_policy: "always".to_owned(),
        ..KeyAttested::default()
    }));
    assert_eq!(
        shown[2..],
        [
            "key attested",
            "-",
            "prod/example.org",
            "root-1",
            "device 12345678, firmware 5.7.1, slot 9c, PIN always, touch always",
        ]
    );
}
