use privyseal_proto::ledger::v1::{
    Decision, EnrollmentPart, Observed, Outcome, Refusals, RepositoryEnrolled, refusals::Count,
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
