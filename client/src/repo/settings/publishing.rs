use serde::{Deserialize, Deserializer, de::Error};

use crate::destination::Address;
use crate::repo::publish::Layout;

/// Where the repository is published to besides the project's own directory, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishing {
    /// Directories and buckets.
    pub to: Vec<Address>,
    /// Under which names target files stand.
    pub layout: Layout,
}

/// Reads addresses; the error names the one that is wrong.
pub(super) fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Address>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let address = |text: String| {
        text.parse()
            .map_err(|error| D::Error::custom(format!("the destination {text:?} {error}")))
    };
    texts.into_iter().map(address).collect()
}
