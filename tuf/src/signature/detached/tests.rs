use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;
use crate::testing::TestKey;

const MESSAGE: &[u8] = b"a message";

fn p256() -> (TestKey, [u8; 64], Vec<u8>) {
    let key = TestKey::p256(1);
    let Signature::EcdsaP256(raw) = key.sign(MESSAGE) else {
        panic!("another signature");
    };
    let der = hex::decode(Signature::EcdsaP256(raw).to_hex()).unwrap();
    (key, raw, der)
}

/// Is some reading of the file's one signature by this key over [`MESSAGE`]?
fn verifies(key: &TestKey, file: &[u8]) -> bool {
    let SignatureFile::Signatures(signatures) = SignatureFile::parse(file).unwrap() else {
        panic!("a document");
    };
    let [signature] = &signatures[..] else {
        panic!("{} signatures", signatures.len());
    };
    let public = key.public();
    let mut readings = signature.readings(public.algorithm());
    readings.any(|reading| public.verify(MESSAGE, &reading).is_ok())
}

fn texts(bytes: &[u8]) -> Vec<String> {
    let hex = hex::encode(bytes);
    let colons: Vec<&str> = (0..bytes.len())
        .map(|at| &hex[2 * at..2 * at + 2])
        .collect();
    let base64 = STANDARD.encode(bytes);
    vec![
        hex.clone(),
        hex.to_uppercase(),
        format!("  0x{hex}\r\n"),
        format!("{}\n{}\n", &hex[..64], &hex[64..]),
        colons.join(":"),
        format!("EC-SHA256(payload)= {hex}\n"),
        base64.clone(),
        format!("\n{}\n{}\n", &base64[..40], &base64[40..]),
        URL_SAFE_NO_PAD.encode(bytes),
        format!("-----BEGIN SIGNATURE-----\n{base64}\n-----END SIGNATURE-----\n"),
        format!("by me\n-----BEGIN X-----\r\n{base64}\r\n-----END X-----"),
        format!("{{\"keyid\": \"k\", \"sig\": \"{hex}\"}}"),
        format!("[{{\"sig\": \"{base64}\", \"keyid\": \"k\", \"x\": 1}}]"),
    ]
}

#[test]
fn every_encoding_of_a_signature_is_read() {
    let (key, raw, der) = p256();
    let ed25519 = TestKey::ed25519(2);
    let signature = ed25519.sign(MESSAGE);
    for (key, bytes) in [
        (&key, &raw[..]),
        (&key, &der),
        (&ed25519, signature.as_raw()),
    ] {
        assert!(verifies(key, bytes), "bare bytes");
        for text in texts(bytes) {
            assert!(verifies(key, text.as_bytes()), "{text}");
            assert!(!verifies(&TestKey::p256(9), text.as_bytes()), "{text}");
        }
    }
}

/// For every r‖s there is a second one that verifies, with n - s in the place of s.
#[test]
fn both_values_of_s_verify() {
    let (key, raw, _) = p256();
    let signature = p256::ecdsa::Signature::from_slice(&raw).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(*r, -*s).unwrap();
    assert_ne!(signature, other);
    for signature in [signature, other] {
        assert!(verifies(&key, &signature.to_bytes()));
        assert!(verifies(&key, signature.to_der().as_bytes()));
    }
}

#[test]
fn several_signatures_come_in_one_file() {
    let (_, raw, _) = p256();
    let hex = hex::encode(raw);
    let entry = format!("{{\"keyid\": \"k\", \"sig\": \"{hex}\"}}");
    let block = "-----BEGIN SIGNATURE-----\nAAAA\n-----END SIGNATURE-----\n";
    let count = |file: &str| match SignatureFile::parse(file.as_bytes()) {
        Ok(SignatureFile::Signatures(signatures)) => Ok(signatures.len()),
        Ok(SignatureFile::Document(_)) => panic!("a document"),
        Err(error) => Err(error),
    };
    assert_eq!(count(&format!("[{entry},{entry}]")), Ok(2));
    assert_eq!(count(&block.repeat(3)), Ok(3));
    let many = MAX_DETACHED + 1;
    assert_eq!(
        count(&block.repeat(many)),
        Err(SignatureFileError::TooMany(many))
    );
    let list = vec![entry; many].join(",");
    assert_eq!(
        count(&format!("[{list}]")),
        Err(SignatureFileError::TooMany(many))
    );
}

#[test]
fn a_document_is_told_from_a_signature() {
    let document = crate::testing::targets(1).finish().unwrap();
    let file = SignatureFile::parse(&document.to_bytes()).unwrap();
    assert!(matches!(file, SignatureFile::Document(read) if read.payload() == document.payload()));
}

#[test]
fn what_is_no_signature_is_named() {
    use SignatureFileError as E;
    let refused = |file: &[u8]| SignatureFile::parse(file).unwrap_err();
    assert_eq!(refused(b""), E::Empty);
    assert_eq!(refused(b" \n"), E::Empty);
    assert_eq!(refused(b"[]"), E::Empty);
    let long = vec![b'a'; MAX_SIGNATURE_BYTES + 1];
    assert_eq!(refused(&long), E::TooLong(long.len()));
    let key = TestKey::p256(1).public().to_spki_pem();
    assert_eq!(
        refused(key.as_bytes()).to_string(),
        "it holds a public key, not a signature"
    );
    let private = b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    assert_eq!(refused(private), E::Label("ec private key".to_owned()));
    for pem in [
        "-----BEGIN SIGNATURE-----\nAAAA\n",
        "-----BEGIN SIGNATURE-----\nAAAA\n-----END OTHER-----\n",
        "-----BEGIN SIGNATURE-----\n!!!!\n-----END SIGNATURE-----\n",
        "-----BEGIN SIGNATURE-----\n-----END SIGNATURE-----\n",
        "-----BEGIN ",
    ] {
        assert_eq!(refused(pem.as_bytes()), E::Pem, "{pem}");
    }
    for json in [
        "{}",
        "[1]",
        "[{\"keyid\": \"k\"}]",
        "{\"keyid\": 1, \"sig\": \"\"}",
    ] {
        assert_eq!(refused(json.as_bytes()), E::Shape, "{json}");
    }
    assert!(matches!(refused(b"{\"a\": "), E::Json(_)));
    assert!(matches!(refused(b"{\"signed\": {}}"), E::Document(_)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let Ok(SignatureFile::Signatures(signatures)) = SignatureFile::parse(&bytes) else {
            return Ok(());
        };
        for key in [TestKey::p256(1), TestKey::ed25519(2)] {
            for signature in &signatures {
                for reading in signature.readings(key.public().algorithm()) {
                    prop_assert!(key.public().verify(MESSAGE, &reading).is_err());
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(-----BEGIN |[{\\[\"]|)\\PC{0,300}") {
        drop(SignatureFile::parse(text.as_bytes()));
    }

    /// A signature with one wrong bit never verifies, whatever it is read as.
    #[test]
    fn a_damaged_signature_never_verifies(at in 0usize..64, bit in 0u8..8, form in 0usize..13) {
        let (key, mut raw, _) = p256();
        raw[at] ^= 1 << bit;
        prop_assert!(!verifies(&key, &raw));
        prop_assert!(!verifies(&key, texts(&raw)[form].as_bytes()));
    }
}
