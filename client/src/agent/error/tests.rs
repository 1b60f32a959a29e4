use std::collections::HashMap;

use tonic_types::ErrorDetails;

use super::*;
use crate::agent::tls::TlsFiles;

fn entry(address: &str) -> AgentEntry {
    AgentEntry {
        name: "a".parse().unwrap(),
        address: address.parse().unwrap(),
        genesis: None,
        tls: TlsFiles::default(),
    }
}

fn status(code: Code, reason: &str, retry: Option<&str>) -> Status {
    let mut metadata = HashMap::from([("remedy".to_owned(), "do this".to_owned())]);
    metadata.extend(retry.map(|retry| ("retry".to_owned(), retry.to_owned())));
    let details = ErrorDetails::with_error_info(reason, "privyseal", metadata);
    Status::with_error_details(code, "what happened", details)
}

#[test]
fn a_denial_keeps_its_reason_and_remedy() {
    let status = status(Code::FailedPrecondition, "VERSION_ROLLBACK", None);
    let error = AgentError::from_status("a", &status);
    assert_eq!(
        error.to_string(),
        "refused (VERSION_ROLLBACK): what happened"
    );
    assert_eq!(error.remedy(), "do this");
    assert!(matches!(error, AgentError::Refused { .. }));
}

#[test]
fn a_fault_says_whether_to_ask_again() {
    let safe = AgentError::from_status("a", &status(Code::Unavailable, "X", Some("safe")));
    assert!(matches!(safe, AgentError::Failed { .. }));
    assert_eq!(safe.remedy(), "do this (asking again is safe)");
    let not = AgentError::from_status("a", &status(Code::Internal, "X", Some("unsafe")));
    assert_eq!(not.remedy(), "do this (do not just ask again)");
}

#[test]
fn a_bare_status_is_a_failure_with_grpcs_own_code() {
    let error = AgentError::from_status("a", &Status::unimplemented("no such method"));
    assert_eq!(error.to_string(), "failed (UNIMPLEMENTED): no such method");
    assert!(error.remedy().contains("update the agent"));
}

#[test]
fn connection_errors_say_what_to_do() {
    let entry = entry("/run/x.sock");
    let remedy =
        |kind: io::ErrorKind| AgentError::unreachable(&entry, &io::Error::from(kind)).remedy();
    assert!(remedy(io::ErrorKind::NotFound).contains("start the agent"));
    assert!(remedy(io::ErrorKind::PermissionDenied).contains("group"));
    assert!(remedy(io::ErrorKind::ConnectionRefused).contains("has ended"));
}

#[test]
fn each_breach_names_the_one_way_out() {
    for breach in [Breach::Shorter, Breach::Forked, Breach::Replaced] {
        let breach = HeadError {
            breach,
            message: "m".to_owned(),
        };
        let error = AgentError::Breach {
            agent: "a".to_owned(),
            breach,
        };
        assert!(error.remedy().contains("privyseal ledger forget a"));
    }
}
