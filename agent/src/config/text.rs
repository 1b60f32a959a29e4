//! Small values that the config writes as text.

use privyseal_ledger::Hash;
use serde::Deserialize;

/// A hash as the config writes it: 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HexHash(pub Hash);

impl TryFrom<String> for HexHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hash = text.parse();
        hash.map(Self).map_err(|_| {
            "a ledger's name is 64 hex digits, as `privyseald init` printed them".to_owned()
        })
    }
}

/// The mode of the socket, as octal text: `"0660"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(pub u32);

impl Default for Mode {
    fn default() -> Self {
        Self(0o600)
    }
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u32::from_str_radix(&text, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .map(Self)
            .ok_or_else(|| {
                format!("`{text}` is no socket mode; write it in octal, such as \"0660\"")
            })
    }
}
