//! Signatures as text.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::general_purpose::NO_PAD};

use super::SignatureFileError;

/// How a PEM block begins (RFC 7468).
pub(super) const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

const CONFIG: GeneralPurposeConfig =
    NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// Every way to read a text as bytes: hex, with colons or not, and base64 of either alphabet.
/// `openssl dgst -hex` writes a label before the digits, which is left out.
pub(super) fn readings(text: &str) -> Vec<Vec<u8>> {
    let text = text.rsplit_once(")= ").map_or(text, |(_, after)| after);
    let compact: String = text.split_ascii_whitespace().collect();
    let digits = compact.strip_prefix("0x").unwrap_or(&compact);
    let hex = hex::decode(digits.replace(':', "")).ok();
    hex.into_iter()
        .chain(STANDARD.decode(&compact).ok())
        .chain(URL_SAFE.decode(&compact).ok())
        .fold(Vec::new(), |mut readings, reading| {
            if !reading.is_empty() && !readings.contains(&reading) {
                readings.push(reading);
            }
            readings
        })
}

/// The contents of every PEM block. People wrap signatures by hand, so that any length of line and
/// any label will do that does not name something else.
pub(super) fn pem_blocks(text: &str) -> Result<Vec<Vec<u8>>, SignatureFileError> {
    let blocks = text.split(BEGIN).skip(1).map(|block| {
        let (label, rest) = block.split_once(DASHES).ok_or(SignatureFileError::Pem)?;
        if label.contains("KEY") || label.contains("CERTIFICATE") {
            return Err(SignatureFileError::Label(label.to_lowercase()));
        }
        let (body, end) = rest.split_once(END).ok_or(SignatureFileError::Pem)?;
        if end.split_once(DASHES).map(|(label, _)| label) != Some(label) {
            return Err(SignatureFileError::Pem);
        }
        let compact: String = body.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(compact).ok();
        bytes
            .filter(|b| !b.is_empty())
            .ok_or(SignatureFileError::Pem)
    });
    blocks.collect()
}
