use std::io;

use super::{Content, NewFile};
use crate::failure::Advice;
use crate::show::escape;

/// The refusal to build upon what is not as it was published.
pub fn changed(what: &str) -> Advice {
    Advice::needs_person(
        format!("{what} is not what was published: nothing new is shown to readers"),
        "find out who changed it; restore it from a copy, then publish again",
    )
}

/// A source that is not what it was promised to be.
pub(super) fn differs(file: &NewFile) -> Advice {
    let source = match &file.content {
        Content::Bytes(_) => escape(&file.name),
        Content::Copy(path) | Content::Give(path) => escape(&path.display().to_string()),
    };
    Advice::needs_person(
        format!("{source} has another content than the metadata says"),
        "find out who changed it; restore it, or add the file again with `privyseal repo add`",
    )
}

/// Somebody else published in between, or while this publication went on.
pub(super) fn overtaken(destination: &str) -> Advice {
    Advice::needs_person(
        format!(
            "another publisher was faster at {destination}: its timestamp is no longer the one that this publication began with, and stays as it is"
        ),
        "take over what was published there, then make your change again and sign it: `privyseal repo publish` says how the two differ",
    )
}

/// What to do where writing a file failed.
pub(super) fn not_written(what: &str, error: &io::Error) -> Advice {
    let remedy = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room, then run `privyseal repo publish` again: it goes on where it stopped"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "mount it writable, or publish somewhere else, then run `privyseal repo publish` again"
        }
        io::ErrorKind::PermissionDenied => {
            "publish as a user who may write there, then run `privyseal repo publish` again"
        }
        _ => "when that is mended, run `privyseal repo publish` again: it goes on where it stopped",
    };
    Advice::failed(
        format!("cannot write {what}: {error}; readers see what they saw before"),
        remedy,
    )
}
