//! Images without an engine: umoci makes them, skopeo carries them to a registry and judges what is
//! there.

mod index;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::notary::Registry;
use crate::require;
use crate::sandbox::Sandbox;

/// A maker of images, no two of which are the same.
///
/// Each image is one small layer with one program, which prints what [`Image::says`] says.
#[derive(Debug)]
pub struct Images {
    layout: PathBuf,
    count: AtomicUsize,
}

/// What a tag of a registry points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The tag.
    pub tag: String,
    /// The digest of the manifest or index, `sha256:…`, as skopeo computes it.
    pub digest: String,
    /// The length of the manifest or index in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// What a container of it prints; empty for what [`Images::at`] found.
    pub says: String,
}

/// The tag of the image in the layout that the others are made from.
const BASE: &str = "base";

impl Images {
    /// Are umoci, skopeo and a C compiler on this machine? Says so where not.
    #[must_use]
    pub fn installed() -> bool {
        ["umoci", "skopeo", "gcc"].into_iter().all(require::program)
    }

    /// Makes what all images have in common, in the sandbox.
    ///
    /// # Panics
    /// Where a program is missing: ask [`Self::installed`] first.
    #[must_use]
    pub fn new(sandbox: &Sandbox) -> Self {
        let directory = sandbox.directory("images");
        let layout = directory.join("layout");
        let base = tagged(&layout, BASE);
        let bundle = directory.join("bundle");
        umoci(&["init", "--layout", text(&layout)]);
        umoci(&["new", "--image", &base]);
        umoci(&["unpack", "--rootless", "--image", &base, text(&bundle)]);
        let source = sandbox.write("images/say.c", include_str!("images/say.c"));
        let program = bundle.join("rootfs/say");
        run(
            "gcc",
            &["-static", "-s", "-o", text(&program), text(&source)],
        );
        umoci(&["repack", "--image", &base, text(&bundle)]);
        Self {
            layout,
            count: AtomicUsize::new(0),
        }
    }

    /// Pushes a new image with a manifest of Docker's (v2, schema 2).
    pub fn push(&self, registry: &Registry, repository: &str, tag: &str) -> Image {
        self.copy(registry, repository, tag, &["--format", "v2s2"])
    }

    /// Pushes a new image with a manifest of OCI.
    pub fn push_oci(&self, registry: &Registry, repository: &str, tag: &str) -> Image {
        self.copy(registry, repository, tag, &["--format", "oci"])
    }

    /// Pushes a new image for two architectures: an index of OCI that names two manifests.
    pub fn push_index(&self, registry: &Registry, repository: &str, tag: &str) -> Image {
        self.copy_index(registry, repository, tag, "oci")
    }

    /// As [`Self::push_index`], with a manifest list of Docker's.
    pub fn push_list(&self, registry: &Registry, repository: &str, tag: &str) -> Image {
        self.copy_index(registry, repository, tag, "v2s2")
    }

    /// What a tag points to, as skopeo finds it in the registry.
    ///
    /// # Panics
    /// Where there is no such tag.
    #[must_use]
    pub fn at(&self, registry: &Registry, repository: &str, tag: &str) -> Image {
        let raw = Self::manifest(registry, repository, tag);
        let directory = self.layout.parent().unwrap();
        let file = tempfile::NamedTempFile::new_in(directory).unwrap();
        std::fs::write(file.path(), &raw).unwrap();
        let digest = skopeo(&["manifest-digest", text(file.path())]);
        let manifest: Value = serde_json::from_slice(&raw).unwrap();
        Image {
            tag: tag.to_owned(),
            digest: String::from_utf8(digest).unwrap().trim().to_owned(),
            size: raw.len() as u64,
            media_type: media_type(&manifest).to_owned(),
            says: String::new(),
        }
    }

    /// The manifest or index that a tag points to: the bytes whose digest is signed.
    ///
    /// # Panics
    /// Where there is no such tag.
    #[must_use]
    pub fn manifest(registry: &Registry, repository: &str, tag: &str) -> Vec<u8> {
        let from = format!("docker://{}/{repository}:{tag}", registry.host());
        skopeo(&["inspect", "--raw", "--tls-verify=false", &from])
    }

    fn copy(&self, registry: &Registry, repository: &str, tag: &str, how: &[&str]) -> Image {
        let (name, says) = self.another(repository, tag);
        self.configure(&name, &says, "amd64");
        self.carry(registry, repository, tag, &name, how);
        let found = self.at(registry, repository, tag);
        Image { says, ..found }
    }

    fn copy_index(&self, registry: &Registry, repository: &str, tag: &str, format: &str) -> Image {
        let (name, says) = self.another(repository, tag);
        let architectures = ["amd64", "arm64"];
        let names = architectures.map(|architecture| {
            let of_one = format!("{name}-{architecture}");
            self.configure(&of_one, &says, architecture);
            of_one
        });
        index::add(&self.layout, &name, &names);
        self.carry(
            registry,
            repository,
            tag,
            &name,
            &["--all", "--format", format],
        );
        let found = self.at(registry, repository, tag);
        Image { says, ..found }
    }

    /// A name in the layout, and what the image says.
    fn another(&self, repository: &str, tag: &str) -> (String, String) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let says = format!("image {number}, pushed as {repository}:{tag}");
        (format!("image-{number}"), says)
    }

    fn configure(&self, name: &str, says: &str, architecture: &str) {
        let image = tagged(&self.layout, BASE);
        let configured = ["config", "--image", &image, "--tag", name];
        let platform = ["--os", "linux", "--architecture", architecture];
        let command = ["--config.cmd", "/say", "--config.cmd", says];
        umoci(&[&configured[..], &platform, &command].concat());
    }

    fn carry(&self, registry: &Registry, repository: &str, tag: &str, name: &str, how: &[&str]) {
        let from = format!("oci:{}", tagged(&self.layout, name));
        let to = format!("docker://{}/{repository}:{tag}", registry.host());
        let copy = ["copy", "--quiet", "--dest-tls-verify=false"];
        skopeo(&[&copy[..], how, &[&from, &to]].concat());
    }
}

fn media_type(manifest: &Value) -> &str {
    let default = if manifest["manifests"].is_array() {
        index::MEDIA_TYPE
    } else {
        "application/vnd.oci.image.manifest.v1+json"
    };
    manifest["mediaType"].as_str().unwrap_or(default)
}

fn tagged(layout: &Path, tag: &str) -> String {
    format!("{}:{tag}", layout.display())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn umoci(arguments: &[&str]) -> Vec<u8> {
    run("umoci", arguments)
}

fn skopeo(arguments: &[&str]) -> Vec<u8> {
    // No policy of this machine says which images may be copied.
    run("skopeo", &[&["--insecure-policy"], arguments].concat())
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{program} {arguments:?}: {ran:?}");
    ran.stdout
}
