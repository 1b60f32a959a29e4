//! What to do about each return value of a PKCS#11 module.

use cryptoki::error::{Error, RvError as E};

/// What a return value asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// It was a passing state of this session: once more, in a new session.
    Retry,
    /// What was cached is dead (token, session, login or handles): find it all again.
    Reconnect,
    /// Only a person can help: a PIN, an initialisation, a switch on the device.
    AskOperator,
    /// This request can't be done here; others can.
    Refuse,
    /// The module itself does not work.
    Fatal,
}

/// The table (PKCS#11 3.1, 5.1). Values that the standard does not know, and a vendor's own, are met
/// by finding everything again: a vendor's "connection lost" is the usual one.
pub(super) fn action(value: E) -> Action {
    match value {
        E::Cancel
        | E::HostMemory
        | E::FunctionFailed
        | E::DeviceMemory
        | E::FunctionCanceled
        | E::OperationActive
        | E::OperationNotInitialized
        | E::SessionCount
        | E::BufferTooSmall
        | E::StateUnsaveable => Action::Retry,

        E::SlotIdInvalid
        | E::GeneralError
        | E::DeviceError
        | E::DeviceRemoved
        | E::KeyHandleInvalid
        | E::KeyChanged
        | E::ObjectHandleInvalid
        | E::SessionClosed
        | E::SessionHandleInvalid
        | E::TokenNotPresent
        | E::TokenNotRecognized
        | E::UserNotLoggedIn
        | E::CryptokiNotInitialized
        | E::VendorDefined(_)
        | E::UnknownErrorCode(_) => Action::Reconnect,

        E::PinIncorrect
        | E::PinInvalid
        | E::PinLenRange
        | E::PinExpired
        | E::PinLocked
        | E::PinTooWeak
        | E::TokenWriteProtected
        | E::UserAlreadyLoggedIn
        | E::UserPinNotInitialized
        | E::UserAnotherAlreadyLoggedIn
        | E::UserTooManyTypes
        | E::NewPinMode
        | E::NextOtp
        | E::FunctionRejected => Action::AskOperator,

        E::ArgumentsBad
        | E::NoEvent
        | E::AttributeReadOnly
        | E::AttributeSensitive
        | E::AttributeTypeInvalid
        | E::AttributeValueInvalid
        | E::ActionProhibited
        | E::DataInvalid
        | E::DataLenRange
        | E::EncryptedDataInvalid
        | E::EncryptedDataLenRange
        | E::FunctionNotParallel
        | E::FunctionNotSupported
        | E::CurveNotSupported
        | E::KeySizeRange
        | E::KeyTypeInconsistent
        | E::KeyNotNeeded
        | E::KeyNeeded
        | E::KeyIndigestible
        | E::KeyFunctionNotPermitted
        | E::KeyNotWrappable
        | E::KeyUnextractable
        | E::MechanismInvalid
        | E::MechanismParamInvalid
        | E::SessionParallelNotSupported
        | E::SessionReadOnly
        | E::SessionExists
        | E::SessionReadOnlyExists
        | E::SessionReadWriteSoExists
        | E::SignatureInvalid
        | E::SignatureLenRange
        | E::TemplateIncomplete
        | E::TemplateInconsistent
        | E::UnwrappingKeyHandleInvalid
        | E::UnwrappingKeySizeRange
        | E::UnwrappingKeyTypeInconsistent
        | E::UserTypeInvalid
        | E::WrappedKeyInvalid
        | E::WrappedKeyLenRange
        | E::WrappingKeyHandleInvalid
        | E::WrappingKeySizeRange
        | E::WrappingKeyTypeInconsistent
        | E::RandomSeedNotSupported
        | E::RandomNoRng
        | E::DomainParamsInvalid
        | E::SavedStateInvalid
        | E::InformationSensitive
        | E::ExceededMaxIterations
        | E::PublicKeyInvalid => Action::Refuse,

        E::NeedToCreateThreads
        | E::CantLock
        | E::CryptokiAlreadyInitialized
        | E::MutexBad
        | E::MutexNotLocked
        | E::FipsSelfTestFailed
        | E::LibraryLoadFailed => Action::Fatal,
    }
}

/// The return value behind an error, where a module returned one.
pub(super) fn value(error: &Error) -> Option<E> {
    match error {
        Error::Pkcs11(value, _) => Some(*value),
        _ => None,
    }
}

/// What to do about an error. One that is no return value comes from a module that breaks the
/// standard.
pub(super) fn action_of(error: &Error) -> Action {
    value(error).map_or(Action::Fatal, action)
}

/// The call and its answer in the standard's names, such as `C_Sign: CKR_DEVICE_REMOVED`.
pub(super) fn describe(error: &Error) -> String {
    match error {
        Error::Pkcs11(value, function) => format!("C_{function:?}: {}", name(*value)),
        Error::LibraryLoading(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The return value's name in the standard, such as `CKR_PIN_INCORRECT`.
pub(super) fn name(value: E) -> String {
    if let E::VendorDefined(code) | E::UnknownErrorCode(code) = value {
        return format!("CKR {code:#x}");
    }
    let mut name = "CKR".to_owned();
    for letter in format!("{value:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cryptoki::error::Rv;

    use super::*;

    /// Every value that the standard names, by its name.
    fn values() -> BTreeMap<String, E> {
        (1..0x1000)
            .filter_map(|code| match Rv::from(code) {
                Rv::Error(E::UnknownErrorCode(_)) | Rv::Ok => None,
                Rv::Error(value) => Some((name(value), value)),
            })
            .collect()
    }

    #[test]
    fn every_value_of_the_standard_has_a_row_under_its_own_name() {
        let values = values();
        assert!(values.len() > 90, "{}", values.len());
        for (name, value) in &values {
            let _: Action = action(*value);
            assert!(name.starts_with("CKR_") && !name.contains("__"), "{name}");
        }
    }

    #[test]
    fn documented_cases() {
        use Action::{AskOperator, Fatal, Reconnect, Refuse, Retry};
        let values = values();
        for (name, expected) in [
            ("CKR_OBJECT_HANDLE_INVALID", Reconnect),
            ("CKR_KEY_HANDLE_INVALID", Reconnect),
            ("CKR_SESSION_HANDLE_INVALID", Reconnect),
            ("CKR_USER_NOT_LOGGED_IN", Reconnect),
            ("CKR_DEVICE_REMOVED", Reconnect),
            ("CKR_TOKEN_NOT_PRESENT", Reconnect),
            ("CKR_GENERAL_ERROR", Reconnect),
            ("CKR_PIN_INCORRECT", AskOperator),
            ("CKR_PIN_LOCKED", AskOperator),
            ("CKR_PIN_EXPIRED", AskOperator),
            ("CKR_USER_ALREADY_LOGGED_IN", AskOperator),
            ("CKR_OPERATION_ACTIVE", Retry),
            ("CKR_FUNCTION_FAILED", Retry),
            ("CKR_MECHANISM_INVALID", Refuse),
            ("CKR_KEY_FUNCTION_NOT_PERMITTED", Refuse),
            ("CKR_DATA_LEN_RANGE", Refuse),
            ("CKR_CRYPTOKI_ALREADY_INITIALIZED", Fatal),
        ] {
            assert_eq!(action(values[name]), expected, "{name}");
        }
        assert_eq!(action(E::VendorDefined(0x8000_0001)), Reconnect);
        assert_eq!(name(E::VendorDefined(0x8000_0001)), "CKR 0x80000001");
    }
}
