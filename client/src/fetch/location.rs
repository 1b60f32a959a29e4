use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::Url;

/// A directory, or the URL that the names of files are put behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory.
    Directory(PathBuf),
    /// `http` or `https`; its path ends with `/`.
    Web(Url),
}

/// Why a text names no location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALocation {
    /// No text.
    #[error("is empty: name a directory, or a URL")]
    Empty,
    /// Another protocol.
    #[error("is no URL of http or https")]
    Scheme,
    /// Not a URL.
    #[error("is no URL")]
    Url,
    /// A user's name, a query or a fragment.
    #[error("has a user, a \"?\" or a \"#\": file names are put behind the URL as it is")]
    Extra,
}

impl Location {
    /// What has a name below this.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        match self {
            Self::Directory(path) => Self::Directory(path.join(name)),
            Self::Web(url) => {
                let mut url = url.clone();
                if let Ok(mut segments) = url.path_segments_mut() {
                    segments.pop_if_empty().extend([name, ""]);
                }
                Self::Web(url)
            }
        }
    }
}

impl FromStr for Location {
    type Err = NotALocation;

    fn from_str(text: &str) -> Result<Self, NotALocation> {
        if text.is_empty() {
            return Err(NotALocation::Empty);
        }
        let Some((scheme, _)) = text.split_once("://") else {
            return Ok(Self::Directory(text.into()));
        };
        if !matches!(scheme, "http" | "https") {
            return Err(NotALocation::Scheme);
        }
        let mut url = Url::parse(text).map_err(|_| NotALocation::Url)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(NotALocation::Extra);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self::Web(url))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::Web(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_end_with_a_slash() {
        let below = |text: &str| text.parse::<Location>().unwrap().below("metadata");
        for (base, metadata) in [
            ("repository", "repository/metadata"),
            ("/a/b/", "/a/b/metadata"),
            ("http://h", "http://h/metadata/"),
            ("https://h:8/x", "https://h:8/x/metadata/"),
            ("https://h/x/", "https://h/x/metadata/"),
        ] {
            assert_eq!(below(base).to_string(), metadata);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for (text, error) in [
            ("", NotALocation::Empty),
            ("ftp://h/x", NotALocation::Scheme),
            ("file:///x", NotALocation::Scheme),
            ("http://", NotALocation::Url),
            ("https://u:p@h/x", NotALocation::Extra),
            ("https://h/x?y", NotALocation::Extra),
            ("https://h/x#y", NotALocation::Extra),
        ] {
            assert_eq!(text.parse::<Location>(), Err(error), "{text}");
        }
    }
}
