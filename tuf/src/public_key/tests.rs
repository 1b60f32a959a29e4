use super::*;
use crate::SignatureError;
use crate::testing::TestKey;

/// RFC 8032, section 7.1, test 2.
#[test]
fn verifies_the_rfc_8032_vector() {
    let key = hex::decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let key = PublicKey::ed25519(&key.unwrap().try_into().unwrap());
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let signature = Signature::from_hex(Algorithm::Ed25519, signature).unwrap();
    assert_eq!(key.verify(&[0x72], &signature), Ok(()));
    assert_eq!(key.verify(&[0x73], &signature), Err(BadSignature));
}

/// RFC 6979, appendix A.2.5, SHA-256 over "sample".
#[test]
fn verifies_the_rfc_6979_vector() {
    let point = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    let key = PublicKey::ecdsa_p256(&hex::decode(point).unwrap()).unwrap();
    let raw = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
               f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    let raw = hex::decode(raw).unwrap();
    let signature = Signature::from_raw(Algorithm::EcdsaP256, &raw).unwrap();
    assert_eq!(key.verify(b"sample", &signature), Ok(()));
    assert_eq!(key.verify(b"Sample", &signature), Err(BadSignature));
    let written = signature.to_hex();
    assert!(written.starts_with("3046022100efd48b2a"), "{written}");
    assert_eq!(
        Signature::from_hex(Algorithm::EcdsaP256, &written),
        Ok(signature)
    );
}

/// RFC 6979, appendix A.2.6, SHA-256 over "sample".
#[test]
fn verifies_p384_with_sha_256() {
    let point = "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64\
                 def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c62189\
                 6708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720";
    let key = PublicKey::ecdsa_p384(&hex::decode(point).unwrap()).unwrap();
    assert_eq!(key.algorithm(), Algorithm::EcdsaP384);
    let raw = "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33\
               bde1e888e63355d92fa2b3c36d8fb2cdf3aa443fb107745bf4bd77cb38916746\
               32068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0";
    let raw = hex::decode(raw).unwrap();
    let signature = Signature::from_raw(Algorithm::EcdsaP384, &raw).unwrap();
    assert_eq!(key.verify(b"sample", &signature), Ok(()));
    assert_eq!(key.verify(b"Sample", &signature), Err(BadSignature));
    for bit in 0..768 {
        let mut flipped = raw.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let flipped = Signature::from_raw(Algorithm::EcdsaP384, &flipped).unwrap();
        assert_eq!(key.verify(b"sample", &flipped), Err(BadSignature));
    }
    let der = signature.to_der().unwrap();
    let read = Signature::from_der(Algorithm::EcdsaP384, &der);
    assert_eq!(read, Ok(signature));
    assert_eq!(
        Signature::from_der(Algorithm::EcdsaP256, &der),
        Err(SignatureError::Der)
    );
    assert_eq!(
        PublicKey::from_spki_der(&key.to_spki_der()),
        Ok(key.clone())
    );
    let mut off = hex::decode(point).unwrap();
    off[96] ^= 1;
    assert_eq!(
        PublicKey::ecdsa_p384(&off),
        Err(PublicKeyError::Point("P-384"))
    );
}

#[test]
fn no_spec_key_is_of_p384() {
    let key = p384::SecretKey::from_slice(&[7; 48]).unwrap();
    let point = p384::Sec1Point::from(key.public_key());
    let key = PublicKey::ecdsa_p384(point.as_bytes()).unwrap();
    let object = crate::Key::from_public(&key);
    assert!(object.public().is_err());
    assert!(crate::Key::parse(object.value()).unwrap().public().is_err());
}

#[test]
fn every_flipped_bit_of_a_signature_is_noticed() {
    for key in [TestKey::p256(1), TestKey::ed25519(1)] {
        let (public, signature) = (key.public(), key.sign(b"message"));
        assert_eq!(public.verify(b"message", &signature), Ok(()));
        for bit in 0..512 {
            let mut raw = signature.as_raw().to_vec();
            raw[bit / 8] ^= 1 << (bit % 8);
            let flipped = Signature::from_raw(public.algorithm(), &raw).unwrap();
            assert_eq!(
                public.verify(b"message", &flipped),
                Err(BadSignature),
                "bit {bit}"
            );
        }
    }
}

#[test]
fn a_signature_of_another_algorithm_never_verifies() {
    let (p256, ed25519) = (TestKey::p256(1), TestKey::ed25519(1));
    assert_eq!(
        p256.public().verify(b"m", &ed25519.sign(b"m")),
        Err(BadSignature)
    );
    assert_eq!(
        ed25519.public().verify(b"m", &p256.sign(b"m")),
        Err(BadSignature)
    );
    assert_eq!(
        p256.public().verify(b"m", &Signature::RsaPss(vec![0; 256])),
        Err(BadSignature)
    );
}

#[test]
fn keys_round_trip_through_der_and_pem() {
    let mut modulus = [0xc5; 384];
    modulus[383] = 1;
    let rsa = PublicKey::rsa(&modulus, &[1, 0, 1]).unwrap();
    assert_eq!(rsa.algorithm(), Algorithm::RsaPss { bits: 3072 });
    for key in [TestKey::p256(9).public(), TestKey::ed25519(9).public(), rsa] {
        assert_eq!(
            PublicKey::from_spki_der(&key.to_spki_der()),
            Ok(key.clone())
        );
        let pem = key.to_spki_pem();
        assert_eq!(PublicKey::from_spki_pem(&pem), Ok(key.clone()));
        assert_eq!(
            PublicKey::from_spki_pem(pem.trim_end()),
            Ok(key.clone()),
            "as tough writes it"
        );
        assert_eq!(
            PublicKey::from_spki_pem(&pem.replace('\n', "\r\n")),
            Ok(key.clone())
        );
        assert!(
            pem.lines().all(|line| line.len() <= 64) && pem.ends_with("-----\n"),
            "{pem}"
        );
        let mut longer = key.to_spki_der();
        longer.push(0);
        assert_eq!(PublicKey::from_spki_der(&longer), Err(PublicKeyError::Spki));
    }
}

/// What `openssl pkey -pubin -pubout` writes for the generator of P-256.
#[test]
fn pem_is_what_openssl_writes() {
    let generator = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let key = PublicKey::ecdsa_p256(&hex::decode(generator).unwrap()).unwrap();
    assert_eq!(
        key.to_spki_pem(),
        "-----BEGIN PUBLIC KEY-----\n\
         MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n\
         6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n\
         -----END PUBLIC KEY-----\n"
    );
}

#[test]
fn refuses_points_off_the_curve() {
    let public = TestKey::p256(3).public().to_spki_der();
    let mut point = public[26..].to_vec();
    assert!(PublicKey::ecdsa_p256(&point).is_ok());
    assert_eq!(
        PublicKey::ecdsa_p256(&point[1..]),
        Err(PublicKeyError::Point("P-256"))
    );
    point[64] ^= 1;
    assert_eq!(
        PublicKey::ecdsa_p256(&point),
        Err(PublicKeyError::Point("P-256"))
    );
    point[0] = 2;
    assert_eq!(
        PublicKey::ecdsa_p256(&point[..33]),
        Err(PublicKeyError::Point("P-256"))
    );
    assert_eq!(
        PublicKey::ecdsa_p256(&[0]),
        Err(PublicKeyError::Point("P-256"))
    );
}

#[test]
fn refuses_rsa_keys_that_are_too_weak_or_odd() {
    let modulus = |bits: usize| {
        let mut bytes = vec![0u8; bits.div_ceil(8)];
        bytes[0] = 1 << ((bits - 1) % 8);
        *bytes.last_mut().unwrap() |= 1;
        bytes
    };
    for bits in [1024, 2040, 2047, 2049, 4095, 4104, 8192] {
        let refused = PublicKey::rsa(&modulus(bits), &[1, 0, 1]);
        assert_eq!(refused, Err(PublicKeyError::Modulus(bits)));
    }
    for bits in [2048, 2056, 3072, 4096] {
        assert!(PublicKey::rsa(&modulus(bits), &[1, 0, 1]).is_ok(), "{bits}");
    }
    let mut even = modulus(2048);
    *even.last_mut().unwrap() &= 0xfe;
    assert_eq!(
        PublicKey::rsa(&even, &[1, 0, 1]),
        Err(PublicKeyError::Modulus(2048))
    );
    for exponent in [&[][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1; 9]] {
        let refused = PublicKey::rsa(&modulus(2048), exponent);
        assert_eq!(refused, Err(PublicKeyError::Exponent), "{exponent:?}");
    }
    assert!(PublicKey::rsa(&[&[0, 0], &*modulus(2048)].concat(), &[0, 3]).is_ok());
}

#[test]
fn signatures_have_exactly_their_length() {
    let rsa = Algorithm::RsaPss { bits: 2048 };
    for (algorithm, length) in [
        (Algorithm::EcdsaP256, 64),
        (Algorithm::EcdsaP384, 96),
        (Algorithm::Ed25519, 64),
        (rsa, 256),
    ] {
        assert!(Signature::from_raw(algorithm, &vec![1; length]).is_ok());
        for actual in [0, length - 1, length + 1] {
            let refused = Signature::from_raw(algorithm, &vec![1; actual]);
            assert_eq!(refused, Err(SignatureError::Length { algorithm, actual }));
        }
    }
}

#[test]
fn refuses_signatures_that_are_not_in_the_documents_form() {
    use SignatureError::{Der, Hex};
    let der = TestKey::p256(1).sign(b"m").to_hex();
    let refused = |text: &str| Signature::from_hex(Algorithm::EcdsaP256, text).unwrap_err();
    assert_eq!(refused("zz"), Hex);
    assert_eq!(refused("abc"), Hex);
    assert_eq!(refused(""), Der);
    assert_eq!(refused(&"11".repeat(64)), Der, "raw r and s");
    assert_eq!(refused(&format!("{der}00")), Der, "trailing bytes");
    assert_eq!(refused("3006020100020100"), Der, "zeros");
    assert!(Signature::from_hex(Algorithm::EcdsaP256, &der.to_uppercase()).is_ok());
}

#[test]
fn curves_and_algorithms_that_nobody_verifies_are_named() {
    let p521 = "30819b301006072a8648ce3d020106052b8104002303818600";
    let der = hex::decode(format!("{p521}{}", "04".repeat(133))).unwrap();
    let refused = PublicKey::from_spki_der(&der);
    assert_eq!(
        refused,
        Err(PublicKeyError::Unsupported("1.3.132.0.35".into()))
    );
}
