//! The forms in which tokens give out points of elliptic curves.
//!
//! CKA_EC_POINT is a DER OCTET STRING by the standard, the bare point in many modules, and a BIT
//! STRING in some. A bare Ed25519 key can begin like a DER header by chance, so the exact length
//! decides, never the first bytes alone.

use privyseal_tuf::PublicKey;

const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;

/// A P-256 point: uncompressed (SEC 1, 2.3.3), 65 bytes, on the curve.
pub(super) fn p256(attribute: &[u8]) -> Option<PublicKey> {
    PublicKey::ecdsa_p256(bare::<65>(attribute)?).ok()
}

/// A P-384 point: uncompressed, 97 bytes, on the curve.
pub(super) fn p384(attribute: &[u8]) -> Option<PublicKey> {
    PublicKey::ecdsa_p384(bare::<97>(attribute)?).ok()
}

/// An Ed25519 public key (RFC 8032, 5.1.5): 32 bytes.
pub(super) fn ed25519(attribute: &[u8]) -> Option<PublicKey> {
    Some(PublicKey::ed25519(bare::<32>(attribute)?))
}

/// The `N` bytes of a point, whichever form they came in.
fn bare<const N: usize>(attribute: &[u8]) -> Option<&[u8; N]> {
    let length = u8::try_from(N).ok()?;
    let point = if attribute.len() == N {
        attribute
    } else if attribute.len() == N + 2 {
        attribute.strip_prefix(&[OCTET_STRING, length])?
    } else {
        attribute.strip_prefix(&[BIT_STRING, length.checked_add(1)?, 0])?
    };
    point.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The base point of P-256 (SEC 2, 2.4.2).
    const BASE: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
         4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    fn forms(point: &[u8]) -> [Vec<u8>; 3] {
        let length = u8::try_from(point.len()).unwrap();
        let octets = [&[OCTET_STRING, length], point].concat();
        let bits = [&[BIT_STRING, length + 1, 0], point].concat();
        [point.to_vec(), octets, bits]
    }

    #[test]
    fn every_form_of_a_p256_point_is_the_same_key() {
        let point = hex::decode(BASE).unwrap();
        let expected = PublicKey::ecdsa_p256(&point).unwrap();
        for form in forms(&point) {
            assert_eq!(p256(&form).as_ref(), Some(&expected));
        }
    }

    /// The base point of P-384 (SEC 2, 2.5.1).
    const BASE_P384: &str = "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
         5502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113\
         b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";

    #[test]
    fn every_form_of_a_p384_point_is_the_same_key() {
        let point = hex::decode(BASE_P384).unwrap();
        let expected = PublicKey::ecdsa_p384(&point).unwrap();
        for form in forms(&point) {
            assert_eq!(p384(&form).as_ref(), Some(&expected));
            assert!(p256(&form).is_none());
        }
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let mut point = hex::decode(BASE).unwrap();
        point[64] ^= 1;
        for form in forms(&point) {
            assert!(p256(&form).is_none());
        }
    }

    #[test]
    fn a_bare_key_that_looks_like_der_is_bare() {
        let mut key = [7; 32];
        key[..2].copy_from_slice(&[OCTET_STRING, 30]);
        assert_eq!(ed25519(&key), Some(PublicKey::ed25519(&key)));
    }

    proptest! {
        #[test]
        fn every_form_of_an_ed25519_key_is_the_same_key(key: [u8; 32]) {
            for form in forms(&key) {
                prop_assert_eq!(ed25519(&form), Some(PublicKey::ed25519(&key)));
            }
        }

        #[test]
        fn other_lengths_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if ![32, 34, 35].contains(&bytes.len()) {
                prop_assert!(ed25519(&bytes).is_none());
            }
            let _ = p256(&bytes);
        }
    }
}
