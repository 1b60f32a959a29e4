//! What an authority demands to be proved of a key, and whose word counts.

use std::{fs::File, io::Read, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use crate::keystore::{
    PinPolicy, Policies, TouchPolicy,
    attestation::{Firmware, Roots},
};

/// The longest file of roots, in bytes.
const LONGEST: u64 = 256 * 1024;

/// `[attestation]`: whose word counts of where a key was made, besides Yubico's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttestationSection {
    /// PEM files of root certificates.
    pub roots: Vec<PathBuf>,
    /// Yubico's own roots count, too.
    pub yubico: bool,
}

impl Default for AttestationSection {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            yubico: true,
        }
    }
}

impl AttestationSection {
    /// Reads the roots.
    ///
    /// # Errors
    /// Where a file can't be read, is too long, or holds something else.
    pub(super) fn roots(&self) -> Result<Roots, String> {
        let mut roots = match self.yubico {
            true => Roots::yubico().map_err(|error| error.to_string())?,
            false => Roots::default(),
        };
        for path in &self.roots {
            let bad = |why: String| format!("attestation.roots: {}: {why}", path.display());
            let mut pem = Vec::new();
            let file = File::open(path).map_err(|error| bad(error.to_string()))?;
            let read = file.take(LONGEST + 1).read_to_end(&mut pem);
            match read.map_err(|error| bad(error.to_string()))? as u64 {
                0..=LONGEST => {}
                _ => return Err(bad(format!("it has more than {LONGEST} bytes"))),
            }
            let added = roots.add_pem(&pem);
            added.map_err(|error| bad(format!("{error}. {}", error.remedy())))?;
        }
        Ok(roots)
    }
}

/// `attestation` of a role in an `[[authority]]`: a key of ours signs in it only where its device
/// proved that it was made there, and at least so strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// When it must ask for the PIN at least.
    #[serde(deserialize_with = "named")]
    pub pin: Option<PinPolicy>,
    /// When it must ask for a touch at least.
    #[serde(deserialize_with = "named")]
    pub touch: Option<TouchPolicy>,
    /// The oldest firmware that it may have.
    #[serde(deserialize_with = "named")]
    pub firmware: Option<Firmware>,
}

impl Demand {
    /// What these facts lack; none where they are enough.
    #[must_use]
    pub fn lacks(&self, policies: Policies, firmware: Firmware) -> Option<String> {
        let pin = self.pin.filter(|wanted| !policies.pin.is_at_least(*wanted));
        let touch = self.touch;
        let touch = touch.filter(|wanted| !policies.touch.is_at_least(*wanted));
        let oldest = self.firmware.filter(|oldest| firmware < *oldest);
        if let Some(wanted) = pin {
            let has = policies.pin;
            return Some(format!(
                "its PIN policy is `{has}`, and `{wanted}` is demanded"
            ));
        }
        if let Some(wanted) = touch {
            let has = policies.touch;
            return Some(format!(
                "its touch policy is `{has}`, and `{wanted}` is demanded"
            ));
        }
        oldest.map(|oldest| {
            format!("its device has firmware {firmware}, and {oldest} or later is demanded")
        })
    }
}

/// A name of something that is parsed from text.
pub(super) fn named<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(text: &str) -> Demand {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn what_is_demanded_is_the_least() {
        let strict = Policies {
            pin: PinPolicy::Always,
            touch: TouchPolicy::Cached,
        };
        let firmware = Firmware::new(5, 4, 3);
        for text in [
            "",
            "pin = \"once\"",
            "pin = \"always\"\ntouch = \"cached\"\nfirmware = \"5.4.3\"",
        ] {
            assert_eq!(demand(text).lacks(strict, firmware), None, "{text}");
        }
        for (text, lack) in [
            ("touch = \"always\"", "touch policy"),
            ("firmware = \"5.7.0\"", "firmware 5.4.3"),
        ] {
            let lacks = demand(text).lacks(strict, firmware).unwrap();
            assert!(lacks.contains(lack), "{lacks}");
        }
        let lax = Policies {
            pin: PinPolicy::Never,
            ..strict
        };
        assert!(demand("pin = \"once\"").lacks(lax, firmware).is_some());
        assert!(toml::from_str::<Demand>("pin = \"sometimes\"").is_err());
        assert!(toml::from_str::<Demand>("policy = \"always\"").is_err());
    }
}
