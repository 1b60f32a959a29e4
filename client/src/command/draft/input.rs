use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::json::MAX_BYTES;
use privyseal_tuf::{Document, Sha256Digest};

use crate::failure::Advice;
use crate::repo::{Before, DraftFile};
use crate::show::aloud;

/// Reads a draft file.
pub(in crate::command) fn read(path: &Path) -> anyhow::Result<DraftFile> {
    let parsed = DraftFile::parse(&read_bytes(path)?).map_err(|error| {
        Advice::failed(
            format!("{}: {error}", path.display()),
            "ask for the file again: `privyseal repo draft export` writes it",
        )
    });
    Ok(parsed?)
}

/// Reads a file, up to one byte more than is ever of use.
pub(in crate::command) fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

/// What the draft is compared with: what the file has of it, or the published file that is given.
pub(super) fn before(file: &DraftFile, given: Option<&Path>) -> anyhow::Result<Option<Document>> {
    let digest = match (&file.before, given) {
        (Before::Nothing, None) => return Ok(None),
        (Before::Document(document), None) => return Ok(Some((**document).clone())),
        (Before::Omitted { version, digest }, None) => {
            return Err(omitted(file, *version, digest).into());
        }
        (Before::Nothing, Some(_)) => {
            return Err(Advice::needs_person(
                format!("the file says that nothing is published of {}", file.role),
                "if that is wrong, ask who sent it; else leave out --before",
            )
            .into());
        }
        (Before::Document(document), Some(_)) => document.payload().digest,
        (Before::Omitted { digest, .. }, Some(_)) => *digest,
    };
    let path = given.unwrap_or(Path::new(""));
    let document =
        Document::parse(&read_bytes(path)?).with_context(|| path.display().to_string())?;
    if document.payload().digest == digest {
        return Ok(Some(document));
    }
    Err(Advice::needs_person(
        format!(
            "the draft was made over another {} than {}: over SHA-256 {}",
            file.role,
            path.display(),
            aloud(&digest)
        ),
        "give the version that the draft follows; if it is the published one, the draft is old or was made to deceive",
    )
    .into())
}

fn omitted(file: &DraftFile, version: u64, digest: &Sha256Digest) -> Advice {
    let role = &file.role;
    Advice::needs_person(
        format!(
            "what the draft changes can't be shown: {role} {version} (SHA-256 {}) is too large for a draft file",
            aloud(digest)
        ),
        format!("fetch it from the repository: --before {version}.{role}.json"),
    )
}
