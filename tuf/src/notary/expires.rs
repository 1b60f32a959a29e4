use crate::Expires;

/// Not a time as Go prints it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no expiry: notary writes a real date and time in UTC, without offset or trailing \
     zeros in its fraction, as in 2030-01-31T00:00:00.12Z"
)]
pub struct NotAnExpiry(pub String);

/// Reads when a document expires, exactly as Go prints a time in UTC.
///
/// # Errors
/// Where Go would have printed it otherwise.
pub(crate) fn parse(text: &str) -> Result<Expires, NotAnExpiry> {
    Expires::from_go(text).ok_or_else(|| NotAnExpiry(text.chars().take(64).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_go_prints() {
        for (text, seconds) in [
            ("2029-11-21T09:02:05.869786705Z", 1_889_946_125),
            ("2026-12-06T00:34:08.582048Z", 1_796_517_248),
            ("2030-01-31T12:34:56.5Z", 1_896_093_296),
            ("2030-01-31T12:34:56Z", 1_896_093_296),
            ("1969-12-31T23:59:59.5Z", -1),
        ] {
            let expires = parse(text).unwrap();
            assert_eq!((expires.seconds(), &*expires.to_string()), (seconds, text));
        }
    }

    #[test]
    fn refuses_what_go_would_print_otherwise() {
        for text in [
            "",
            "2030-01-31",
            "2030-01-31T12:34:56",
            "2030-01-31t12:34:56z",
            "2030-01-31 12:34:56Z",
            "2030-01-31T12:34:56.0Z",
            "2030-01-31T12:34:56.120Z",
            "2030-01-31T12:34:56.1234567891Z",
            "2030-01-31T12:34:56,5Z",
            "2030-01-31T12:34:56+00:00",
            "2030-01-31T13:34:56+01:00",
            "2030-02-30T00:00:00Z",
            "2030-01-31T24:00:00Z",
            "2030-01-31T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "-00001-01-01T00:00:00Z",
            "+002030-01-31T00:00:00Z",
            " 2030-01-31T12:34:56Z",
            "2030-01-31T12:34:56Z[UTC]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn expires_in_its_very_second() {
        let expires = parse("1970-01-01T00:16:40.9Z").unwrap();
        assert!(!expires.is_past(999));
        assert!(expires.is_past(1_000));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_kept(text in "[-+0-9TZtz:.,]{0,40}|\\PC*") {
            if let Ok(expires) = parse(&text) {
                prop_assert_eq!(expires.to_string(), text);
            }
        }
    }
}
