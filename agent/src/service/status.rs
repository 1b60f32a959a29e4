//! Denials and faults as gRPC statuses: the one place where reason codes meet the wire.
//!
//! Every status carries a `google.rpc.ErrorInfo` with the stable reason code, the domain
//! `privyseal`, and in its metadata `remedy` (what to do) and `retry` (`safe` or `unsafe`).

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{
    denial::{Denial, Reason},
    fault::Fault,
};

/// The domain of every reason code.
pub const DOMAIN: &str = "privyseal";

/// The gRPC code of a refusal.
#[must_use]
pub fn code(reason: Reason) -> Code {
    use Reason as R;
    match reason {
        R::NoGrant | R::OperatorOnly | R::PathNotGranted => Code::PermissionDenied,
        R::CertificateExpired | R::CertificateRevoked => Code::Unauthenticated,
        R::UnknownKey | R::UnknownAuthority | R::UnknownKeystore | R::UnknownLineage => {
            Code::NotFound
        }
        R::DocumentTooLarge | R::DelegationsTooLarge | R::LedgerRange => Code::OutOfRange,
        R::TooManyRequests | R::UnusedKeysFull | R::KeysFull | R::CertificatesFull => {
            Code::ResourceExhausted
        }
        // What notary-signer answers.
        R::AlgorithmUnsupported => Code::Unknown,
        R::RequestTimeout => Code::DeadlineExceeded,
        R::NameTaken | R::LineageKnown => Code::AlreadyExists,
        R::UnknownRole
        | R::RequestMalformed
        | R::JsonInvalid
        | R::JsonDuplicateKey
        | R::JsonNumber
        | R::JsonTooDeep
        | R::JsonTrailing
        | R::DialectMismatch
        | R::NotAsGoPrints
        | R::TypeMismatch
        | R::MetadataInvalid
        | R::ExpiryMalformed
        | R::ThresholdInvalid
        | R::KeyidMismatch
        | R::KeyUnsupported
        | R::TargetPathInvalid
        | R::DelegationNotBelow
        | R::DelegationCycle => Code::InvalidArgument,
        R::ExpiryPast
        | R::ExpiryTooFar
        | R::ThresholdTooLow
        | R::KeyNotInRole
        | R::TargetOutsideDelegation
        | R::AttestationRequired
        | R::KeyOfOtherLineage
        | R::KeyOfOtherRole
        | R::KeyNotShared
        | R::ImportNotAllowed
        | R::VersionRollback
        | R::VersionReused
        | R::VersionSkipped
        | R::RootNotFinal
        | R::ConsistentSnapshotChanged
        | R::SnapshotDropped
        | R::SnapshotLowered
        | R::SnapshotAhead
        | R::SnapshotIncomplete
        | R::SnapshotContradicts
        | R::TimestampContradicts
        | R::SnapshotUnknown
        | R::SnapshotFileUnknown
        | R::TimestampOfServer
        | R::RootNeedsCertificate
        | R::RootCertificateName
        | R::RootCertificateDate
        | R::RootCertificateUnfit
        | R::Incomplete
        | R::NotSupersedable
        | R::KeyUsed
        | R::NotRemovable
        | R::KeystoreNotForRoot => Code::FailedPrecondition,
    }
}

/// A refusal as a status.
#[must_use]
pub fn from_denial(denial: &Denial) -> Status {
    let reason = denial.reason();
    status(
        code(reason),
        reason.code(),
        denial.message(),
        denial.remedy(),
        matches!(reason, Reason::TooManyRequests | Reason::RequestTimeout),
    )
}

/// A fault as a status.
#[must_use]
pub fn from_fault(fault: &Fault) -> Status {
    status(
        fault.code(),
        fault.reason(),
        &fault.to_string(),
        &fault.remedy(),
        fault.retry_safe(),
    )
}

fn status(code: Code, reason: &str, message: &str, remedy: &str, retry_safe: bool) -> Status {
    let retry = if retry_safe { "safe" } else { "unsafe" };
    let metadata = HashMap::from([
        ("remedy".to_owned(), remedy.to_owned()),
        ("retry".to_owned(), retry.to_owned()),
    ]);
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, DOMAIN, metadata);
    Status::with_error_details(code, message, details)
}
