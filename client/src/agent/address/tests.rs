use proptest::prelude::*;

use super::*;

fn list(text: &str) -> Vec<(String, String)> {
    let agents = parse_list(text).unwrap();
    agents
        .into_iter()
        .map(|(name, at)| (name.to_string(), at.to_string()))
        .collect()
}

fn pair(name: &str, address: &str) -> (String, String) {
    (name.to_owned(), address.to_owned())
}

#[test]
fn one_address_names_the_default_agent() {
    let cases = [
        ("unix:/run/a.sock", "unix:/run/a.sock"),
        ("/run/a=b.sock", "unix:/run/a=b.sock"),
        ("unix:///run/a.sock", "unix:/run/a.sock"),
        (
            "https://signer.example.test:7450",
            "https://signer.example.test:7450",
        ),
    ];
    for (text, address) in cases {
        assert_eq!(list(text), [pair("default", address)]);
    }
}

#[test]
fn several_need_names() {
    assert_eq!(
        list("a=unix:/1, b=https://h:2"),
        [pair("a", "unix:/1"), pair("b", "https://h:2")]
    );
    assert_eq!(parse_list("/1,/2"), Err(AddressError::Unnamed));
    assert_eq!(
        parse_list("a=/1,a=/2"),
        Err(AddressError::Twice("a".into()))
    );
}

#[test]
fn a_host_has_one_form() {
    let cases = [
        (
            "https://Signer.Example.TEST:07450/",
            "https://signer.example.test:7450",
        ),
        ("https://127.0.0.1:1", "https://127.0.0.1:1"),
        ("https://[0::1]:443", "https://[::1]:443"),
        (
            "https://bücher.example:1",
            "https://xn--bcher-kva.example:1",
        ),
    ];
    for (text, address) in cases {
        assert_eq!(list(text), [pair("default", address)]);
    }
}

#[test]
fn other_networks_and_relative_paths_are_refused() {
    let wrong = [
        "https://host",
        "https://host:",
        "https://host:0",
        "https://host:+1",
        "https://host:65536",
        "https://:1",
        "https://host:1/path",
        "https://user@host:1",
        "https://ho st:1",
        "https://::1:1",
        "a=http://host:1",
        "tcp://host:1",
    ];
    for text in wrong {
        let error = parse_list(text).unwrap_err();
        assert!(matches!(error, AddressError::Network(_)), "{text}: {error}");
        assert!(error.to_string().contains("https://HOST:PORT"), "{error}");
    }
    assert!(matches!(
        parse_list("unix:agent.sock"),
        Err(AddressError::Relative(_))
    ));
    assert!(matches!(
        parse_list("host:7450"),
        Err(AddressError::Relative(_))
    ));
    assert!(matches!(parse_list("a b=/x"), Err(AddressError::Name(_))));
    assert!(matches!(parse_list("-a=/x"), Err(AddressError::Name(_))));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(https://)?.{0,80}") {
        let _ = parse_list(&text);
    }

    #[test]
    fn addresses_round_trip(text in "/[a-z0-9/._-]{1,40}|https://[A-Z0-9a-z.-]{1,20}:[0-9]{1,5}") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }
}
