use privyseal_tuf::{Hashes, MetaFile, TargetFile};

use super::line::{Line, Sign};
use crate::show::quote;

/// A target file that comes or goes.
pub(super) fn target(sign: Sign, path: &str, file: &TargetFile) -> Line {
    Line::new(sign, "target", quote(path)).with_details(vec![of_target(file)])
}

/// Another file under a target path.
pub(super) fn replaced(path: &str, old: &TargetFile, new: &TargetFile) -> Line {
    let details = old_and_new(&of_target(old), &of_target(new));
    Line::new(Sign::Changed, "target", quote(path)).with_details(details)
}

/// A metadata file that is listed from now on, or no longer.
pub(super) fn meta(sign: Sign, name: &str, file: &MetaFile) -> Line {
    let text = format!("{}: version {}", quote(name), file.version);
    Line::new(sign, "metadata", text).with_details(vec![of_meta(file)])
}

/// Something else that is said of a metadata file.
pub(super) fn meta_changed(name: &str, old: &MetaFile, new: &MetaFile) -> Line {
    let text = format!(
        "{}: version {} -> {}",
        quote(name),
        old.version,
        new.version
    );
    let details = old_and_new(&of_meta(old), &of_meta(new));
    Line::new(Sign::Changed, "metadata", text).with_details(details)
}

fn old_and_new(old: &str, new: &str) -> Vec<String> {
    vec![format!("old {old}"), format!("new {new}")]
}

fn of_target(file: &TargetFile) -> String {
    described(Some(file.length), Some(&file.hashes))
}

fn of_meta(file: &MetaFile) -> String {
    described(file.length, file.hashes.as_ref())
}

fn described(length: Option<u64>, hashes: Option<&Hashes>) -> String {
    let length = length.map(|length| format!("length {length}"));
    let hashes = hashes.into_iter().flat_map(Hashes::iter);
    let hashes = hashes.map(|(name, digest)| format!("{} {}", quote(name), quote(digest)));
    let said: Vec<String> = length.into_iter().chain(hashes).collect();
    if said.is_empty() {
        return "neither length nor hash".to_owned();
    }
    said.join(", ")
}
