//! How images are named, as Docker reads what a person types.

mod digest;
mod grammar;
mod gun;
mod tag;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use digest::{Digest, NotADigest};
pub(in crate::trust) use gun::canonical;
pub use gun::{Gun, NotAGun};
pub use tag::{NotATag, Tag};

/// An image: a repository, and a tag, a digest, both or neither.
///
/// What Docker leaves out is filled in: `app` is `docker.io/library/app`. A tag is not: what is
/// signed or looked up without one is for each command to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageReference {
    gun: Gun,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

/// The text names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no image: {reason}")]
pub struct NotAnImage {
    text: String,
    reason: String,
}

/// The longest text that is read as an image: a host with a port, a repository, a tag, a digest.
const LONGEST: usize = 1024;
/// What Docker allows of a repository's path.
const LONGEST_PATH: usize = 255;
const HUB: &str = "docker.io";
const HUB_OF_OLD: &str = "index.docker.io";
const OFFICIAL: &str = "library/";

impl ImageReference {
    /// An image of a repository whose name is already whole.
    #[must_use]
    pub fn new(gun: Gun, tag: Option<Tag>, digest: Option<Digest>) -> Self {
        Self { gun, tag, digest }
    }

    /// The repository's whole name, under which trust data is kept: `docker.io/library/app`.
    #[must_use]
    pub fn gun(&self) -> &Gun {
        &self.gun
    }

    /// The tag, where one was given.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The tag, or `latest` where neither tag nor digest was given, as `docker pull` takes it.
    #[must_use]
    pub fn tag_or_latest(&self) -> Option<Tag> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(Tag::latest()),
        }
    }

    /// The digest, where one was given: it needs no trust data to be what it is.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// `name@sha256:…`, for `docker pull`.
    #[must_use]
    pub fn at(&self, digest: &Digest) -> String {
        format!("{}@{digest}", self.gun.familiar())
    }

    /// As a person writes it: without what Docker fills in.
    #[must_use]
    pub fn familiar(&self) -> String {
        self.written(self.gun.familiar())
    }

    fn written(&self, name: &str) -> String {
        let mut text = name.to_owned();
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag.as_str());
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(&digest.to_string());
        }
        text
    }
}

impl FromStr for ImageReference {
    type Err = NotAnImage;

    fn from_str(text: &str) -> Result<Self, NotAnImage> {
        parse(text).map_err(|reason| NotAnImage {
            text: text.chars().take(LONGEST_PATH).collect(),
            reason,
        })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(self.gun.as_str()))
    }
}

fn parse(text: &str) -> Result<ImageReference, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    if text.contains("://") {
        return Err("leave out the scheme: write HOST/NAME:TAG".to_owned());
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest.parse().map_err(said::<NotADigest>)?)),
        None => (text, None),
    };
    if name.len() == 64
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err("64 hexadecimal digits are an image's id, not a name".to_owned());
    }
    let (host, rest) = split_host(name);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag.parse().map_err(said::<NotATag>)?)),
        None => (rest, None),
    };
    let host = match host {
        None | Some(HUB_OF_OLD) => HUB,
        Some(host) => host,
    };
    if !grammar::is_host(host) {
        return Err(format!(
            "{host:?} is no name of a registry: write HOST or HOST:PORT"
        ));
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("the name of a repository is in lower case".to_owned());
    }
    let official = host == HUB && !path.contains('/');
    let path = match official {
        true => format!("{OFFICIAL}{path}"),
        false => path.to_owned(),
    };
    if path.len() > LONGEST_PATH {
        return Err(format!(
            "the repository's path is longer than {LONGEST_PATH} bytes"
        ));
    }
    if !path.split('/').all(grammar::is_path_component) {
        return Err(
            "between slashes stand lower-case letters and digits, separated by a dot, one or two underscores, or hyphens"
                .to_owned(),
        );
    }
    let gun = Gun::known(format!("{host}/{path}"));
    Ok(ImageReference { gun, tag, digest })
}

/// The registry's host, where the text begins with one: what stands before the first slash is one
/// where it has a dot, a port or a capital letter, or is `localhost`.
fn split_host(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest)) if grammar::looks_like_host(first) => (Some(first), rest),
        _ => (None, name),
    }
}

fn said<E: ToString>(error: E) -> String {
    error.to_string()
}
