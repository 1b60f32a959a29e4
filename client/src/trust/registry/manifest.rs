use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

use super::error::RegistryError;
use crate::show::escape;
use crate::trust::http::Reply;
use crate::trust::reference::{Digest, Gun};

/// What a tag points to: what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// SHA-256 of the manifest or index.
    pub digest: Digest,
    /// Its length, in bytes.
    pub size: u64,
    /// What it is.
    pub media_type: String,
}

/// Manifests and indexes, Docker's and OCI's.
const KNOWN: [&str; 4] = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
];
/// [`KNOWN`], as a request says it.
pub(super) const ACCEPTED: &str = "application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json";
/// What registries take at most.
pub(super) const LONGEST: usize = 4 * 1024 * 1024;

/// As much of a manifest as tells whether it is one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    schema_version: u64,
    media_type: Option<String>,
}

/// Where a manifest is, by tag or digest.
pub(super) fn url(base: &Url, gun: &Gun, name: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .push("v2")
            .extend(gun.path().split('/'))
            .extend(["manifests", name]);
    }
    url
}

impl Descriptor {
    /// Of an answer. What the registry says of it must be true.
    pub(super) fn read(
        server: &str,
        reply: &Reply,
        wanted: Option<&Digest>,
    ) -> Result<Self, RegistryError> {
        let malformed = |reason: String| RegistryError::Malformed {
            server: server.to_owned(),
            reason,
        };
        let header = |name: &str| reply.headers.get(name).and_then(|it| it.to_str().ok());
        let kind = header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !KNOWN.contains(&kind) {
            let first: String = kind.chars().take(100).collect();
            return Err(malformed(format!(
                "its type is {}, which is no manifest that can be signed",
                escape(&first)
            )));
        }
        let versioned: Versioned = serde_json::from_slice(&reply.body)
            .map_err(|error| malformed(format!("it is no manifest: {error}")))?;
        let says_other = versioned.media_type.is_some_and(|own| own != kind);
        if versioned.schema_version != 2 || says_other {
            return Err(malformed("it is not what its type says".to_owned()));
        }
        let digest = Digest::of(&reply.body);
        let announced = header("docker-content-digest").filter(|it| it.starts_with("sha256:"));
        let differs = |other: &str| other != digest.to_string();
        let expected = wanted.map(ToString::to_string);
        let others = [announced.map(str::to_owned), expected];
        if let Some(other) = others.into_iter().flatten().find(|it| differs(it)) {
            return Err(RegistryError::WrongDigest {
                server: server.to_owned(),
                announced: escape(&other.chars().take(100).collect::<String>()),
                found: digest,
            });
        }
        Ok(Self {
            digest,
            size: reply.body.len() as u64,
            media_type: kind.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn read(kind: &str, body: &'static str, digest: Option<&str>) -> Result<Descriptor, String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        if let Some(digest) = digest {
            let digest = HeaderValue::from_str(digest).unwrap();
            headers.insert("docker-content-digest", digest);
        }
        let reply = Reply {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(body.as_bytes()),
        };
        Descriptor::read("https://reg.test", &reply, None).map_err(|error| error.to_string())
    }

    #[test]
    fn only_a_manifest_is_one() {
        let [manifest, _, _, index] = KNOWN;
        let body = r#"{"schemaVersion": 2}"#;
        let found = read(manifest, body, None).unwrap();
        assert_eq!(
            (found.size, found.digest),
            (20, Digest::of(body.as_bytes()))
        );
        read(&format!("{index}; charset=utf-8"), body, None).unwrap();
        let own = found.digest.to_string();
        read(manifest, body, Some(&own)).unwrap();
        let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
        assert!(read(old, body, None).unwrap_err().contains("no manifest"));
        assert!(
            read(manifest, "[]", None)
                .unwrap_err()
                .contains("no manifest")
        );
        assert!(read(manifest, r#"{"schemaVersion": 1}"#, None).is_err());
        let other = r#"{"schemaVersion": 2, "mediaType": "x"}"#;
        assert!(
            read(manifest, other, None)
                .unwrap_err()
                .contains("type says")
        );
        let lie = format!("sha256:{}", "ab".repeat(32));
        assert!(read(manifest, body, Some(&lie)).unwrap_err().contains(&lie));
        // What is accepted and what is asked for are the same.
        assert_eq!(ACCEPTED, KNOWN.join(", "));
    }
}
