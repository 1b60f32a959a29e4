//! Files that appear whole.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Who may read a file.
pub(super) enum Access {
    Owner,
    Everyone,
}

/// Writes a file beside this one and renames it over it: a reader finds the old one or the new one.
pub(super) fn replace(path: &Path, content: &str, access: Access) {
    let mode = match access {
        Access::Owner => 0o600,
        Access::Everyone => 0o644,
    };
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(&new).unwrap();
    file.write_all(content.as_bytes()).unwrap();
    fs::rename(&new, path).unwrap();
}
