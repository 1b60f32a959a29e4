use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use object_store::ObjectStoreScheme;
use url::Url;

use crate::show::escape;

/// Where to publish: a directory or a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A path, or `file:///path`.
    Directory(PathBuf),
    /// `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, or an https address of
    /// one of their services.
    Bucket(Url),
}

/// Why an address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No text.
    #[error(
        "is empty: write a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"
    )]
    Empty,
    /// Not a kind of address that is known.
    #[error(
        "is no place to publish to: write a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"
    )]
    Unknown,
    /// It has a user, a password, a query or a fragment.
    #[error(
        "has more than a bucket and a path: credentials and options belong into the environment, such as AWS_ACCESS_KEY_ID"
    )]
    Credentials,
}

impl Address {
    /// The address with a relative directory as seen from `base`.
    pub fn from_base(self, base: &Path) -> Self {
        match self {
            Self::Directory(path) => Self::Directory(base.join(path)),
            bucket => bucket,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if !text.contains("://") {
            return Ok(Self::Directory(text.into()));
        }
        let url = Url::parse(text).map_err(|_| AddressError::Unknown)?;
        // A container of Azure may be written as container@account.
        let is_azure = matches!(url.scheme(), "az" | "abfs" | "abfss" | "azure" | "adl");
        let has_user = !url.username().is_empty() && !is_azure;
        if has_user || url.password().is_some() || url.query().or(url.fragment()).is_some() {
            return Err(AddressError::Credentials);
        }
        match ObjectStoreScheme::parse(&url) {
            Ok((ObjectStoreScheme::Local, _)) => {
                let path = url.to_file_path().map_err(|()| AddressError::Unknown)?;
                Ok(Self::Directory(path))
            }
            Ok((
                ObjectStoreScheme::AmazonS3
                | ObjectStoreScheme::GoogleCloudStorage
                | ObjectStoreScheme::MicrosoftAzure,
                _,
            )) => Ok(Self::Bucket(url)),
            _ => Err(AddressError::Unknown),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => f.write_str(&escape(&path.display().to_string())),
            Self::Bucket(url) => f.write_str(&escape(url.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_buckets_are_told_apart() {
        for path in ["/srv/tuf", "../tuf", "C:tuf", "a b"] {
            let expected = Address::Directory(path.into());
            assert_eq!(path.parse::<Address>().unwrap(), expected);
        }
        let file: Address = "file:///srv/a%20b".parse().unwrap();
        assert_eq!(file, Address::Directory("/srv/a b".into()));
        for url in [
            "s3://bucket",
            "s3://bucket/some/prefix",
            "gs://bucket/prefix",
            "az://container@account/prefix",
            "https://account.blob.core.windows.net/container/prefix",
        ] {
            let address: Address = url.parse().unwrap();
            assert!(matches!(address, Address::Bucket(_)), "{url}");
        }
    }

    #[test]
    fn relative_directories_are_seen_from_the_project() {
        let at = |text: &str| text.parse::<Address>().unwrap().from_base(Path::new("/p"));
        assert_eq!(at("out"), Address::Directory("/p/out".into()));
        assert_eq!(at("/out"), Address::Directory("/out".into()));
        assert_eq!(at("s3://b"), "s3://b".parse().unwrap());
    }

    #[test]
    fn credentials_and_unknown_places_are_refused() {
        for (text, expected) in [
            ("", AddressError::Empty),
            ("ftp://host/x", AddressError::Unknown),
            ("https://example.org/x", AddressError::Unknown),
            ("s3://", AddressError::Unknown),
            ("s3://AKIA:secret@bucket/x", AddressError::Credentials),
            ("s3://AKIA@bucket/x", AddressError::Credentials),
            (
                "az://container/x?sv=2020&sig=abc",
                AddressError::Credentials,
            ),
            ("s3://bucket/x#y", AddressError::Credentials),
        ] {
            assert_eq!(text.parse::<Address>(), Err(expected), "{text}");
        }
    }
}
