//! Indexes, which umoci does not make.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// The media type of an index.
pub(super) const MEDIA_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// The annotation of an OCI layout that names a tag.
const TAG: &str = "org.opencontainers.image.ref.name";

/// Adds an index of these tagged images to an OCI layout, tagged `name`.
pub(super) fn add(layout: &Path, name: &str, images: &[String]) {
    let path = layout.join("index.json");
    let mut tags: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = tags["manifests"].as_array_mut().unwrap();
    let manifests: Vec<_> = images
        .iter()
        .map(|image| {
            let entry = entries.iter().find(|it| it["annotations"][TAG] == **image);
            described(layout, entry.expect("the image is in the layout"))
        })
        .collect();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "manifests": manifests,
    });
    let index = index.to_string().into_bytes();
    let digest = ring::digest::digest(&ring::digest::SHA256, &index);
    let digest = hex::encode(digest);
    fs::write(layout.join("blobs/sha256").join(&digest), &index).unwrap();
    entries.push(json!({
        "mediaType": MEDIA_TYPE,
        "digest": format!("sha256:{digest}"),
        "size": index.len(),
        "annotations": { TAG: name },
    }));
    fs::write(path, tags.to_string()).unwrap();
}

/// An entry with the platform that its config names, and without its tag.
fn described(layout: &Path, entry: &Value) -> Value {
    let manifest = blob(layout, &entry["digest"]);
    let config = blob(layout, &manifest["config"]["digest"]);
    json!({
        "mediaType": entry["mediaType"],
        "digest": entry["digest"],
        "size": entry["size"],
        "platform": { "architecture": config["architecture"], "os": config["os"] },
    })
}

fn blob(layout: &Path, digest: &Value) -> Value {
    let digest = digest.as_str().unwrap().replace(':', "/");
    serde_json::from_slice(&fs::read(layout.join("blobs").join(digest)).unwrap()).unwrap()
}
