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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::settings::{Settings, render, tests::example};

    #[test]
    fn destinations_and_layout_are_read() {
        let text = render(&example());
        let read = |lines: &str| Settings::parse(&format!("{lines}\n{text}"));
        assert_eq!(read("").unwrap().publishing, Publishing::default());
        let lines = "publish = [\"../out\", \"s3://bucket/prefix\"]\nlayout = \"both\"";
        let publishing = read(lines).unwrap().publishing;
        assert_eq!(publishing.layout, Layout::Both);
        let shown: Vec<String> = publishing.to.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["../out", "s3://bucket/prefix"]);
        for (lines, expected) in [
            (
                "publish = [\"ftp://x/y\"]",
                "the destination \"ftp://x/y\" is no place",
            ),
            (
                "publish = [\"s3://k:s@b/x\"]",
                "belong into the environment",
            ),
            ("layout = \"tough\"", "unknown variant"),
        ] {
            let error = read(lines).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
