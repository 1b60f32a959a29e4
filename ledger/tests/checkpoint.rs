//! The checkpoint's text and signature, against one that OpenSSL signed.

use privyseal_ledger::{Hash, Head, checkpoint, checkpoint::CheckpointError};
use proptest::prelude::*;

const TEXT: &str = "privyseal checkpoint v1\n\
    7b5eabeb1bbd49abd8e501115a1867dd6e979b244839adf2b727a017e4454507\n\
    42\n\
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
/// `openssl ec -pubout -outform DER`.
const SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004bffedab2926476e99d105fe6b1\
    c8243d478bea992e356575701f3b846a0b3fb588f2fb481e4a5250904ca2c8d5315c8bba20b767ed4f82a4b8e8fd68\
    398d7fb1";
/// `openssl dgst -sha256 -sign`, its DER turned into r‖s.
const SIGNATURE: &str = "2c289e09ac9944c8c6bb83955b89da0be6e6fc79d04ee3d02611e919a3da4956\
    17323d76221c8a0238ab840722183023e4ee9b3c7ecc3f95c0af4a3da5a7f5eb";

fn genesis() -> Hash {
    Hash::leaf(b"genesis")
}

fn head() -> Head {
    Head {
        size: 42,
        root: Hash::empty(),
    }
}

#[test]
fn text_is_exact() {
    assert_eq!(checkpoint::text(&genesis(), &head()), TEXT);
    assert_eq!(checkpoint::parse(TEXT), Ok((genesis(), head())));
}

#[test]
fn a_signature_by_openssl_verifies() {
    let (spki, signature) = (hex::decode(SPKI).unwrap(), hex::decode(SIGNATURE).unwrap());
    assert_eq!(checkpoint::verify(&spki, TEXT, &signature), Ok(()));
    let other = TEXT.replace("42", "43");
    assert_eq!(
        checkpoint::verify(&spki, &other, &signature),
        Err(CheckpointError::Signature)
    );
    assert_eq!(
        checkpoint::verify(&spki, TEXT, &signature[..63]),
        Err(CheckpointError::Signature)
    );
}

#[test]
fn only_one_form_of_key_is_taken() {
    let signature = hex::decode(SIGNATURE).unwrap();
    let spki = hex::decode(SPKI).unwrap();
    let mut compressed = spki.clone();
    compressed[26] = 2;
    let longer = [&spki[..], &[0]].concat();
    for bad in [
        &spki[1..],
        &spki[..90],
        &spki[26..],
        &compressed,
        &longer,
        &[],
    ] {
        assert_eq!(
            checkpoint::verify(bad, TEXT, &signature),
            Err(CheckpointError::Key)
        );
    }
}

#[test]
fn nearly_the_text_is_refused() {
    let bad = [
        TEXT.trim_end().to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}more\n"),
        TEXT.replace('\n', "\r\n"),
        TEXT.replace("v1", "v2"),
        TEXT.replace("\n42", "\n042"),
        TEXT.replace("\n42", "\n+42"),
        TEXT.replace("7b5eabeb", "7B5EABEB"),
        TEXT.replace("SuFU=", "SuFV="),
        TEXT.replace("SuFU=", "SuFU"),
        String::new(),
    ];
    for text in bad {
        assert_eq!(
            checkpoint::parse(&text),
            Err(CheckpointError::Text),
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn text_and_parse_are_inverse(genesis: [u8; 32], size: u64, root: [u8; 32]) {
        let head = Head { size, root: Hash(root) };
        let text = checkpoint::text(&Hash(genesis), &head);
        prop_assert_eq!(checkpoint::parse(&text), Ok((Hash(genesis), head)));
    }

    #[test]
    fn parse_takes_anything(text in ".*\n.*\n[0-9]*\n.*\n") {
        prop_assert_eq!(checkpoint::parse(&text), Err(CheckpointError::Text));
    }
}
