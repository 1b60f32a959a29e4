use privyseal_tuf::{Hashes, TargetPath};
use serde::Deserialize;

/// Where clients look for a target file whose path has directories. For `dir/file`, most of them
/// put the hash before the base name (`dir/HASH.file`; spec, section 6.2); tough, and with it
/// tuftool, before the whole path (`HASH.dir/file`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `dir/HASH.file`.
    #[default]
    Standard,
    /// Both names.
    Both,
}

impl Layout {
    /// The files of a target, relative to `targets/`: one for each listed hash, in each layout.
    pub(super) fn names(self, path: &TargetPath, hashes: &Hashes) -> Vec<String> {
        let path = path.as_str();
        let (directory, base) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
        let standard = hashes
            .iter()
            .map(|(_, digest)| format!("{directory}{digest}.{base}"));
        let mut names: Vec<String> = standard.collect();
        if self == Self::Both && !directory.is_empty() {
            names.extend(hashes.iter().map(|(_, digest)| format!("{digest}.{path}")));
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_targets_have_a_second_name_for_tough() {
        let names = |layout: Layout, path: &str| {
            let hashes = Hashes::sha256_of(b"1");
            let digest = hashes.sha256().unwrap().to_string();
            let names = layout.names(&path.parse().unwrap(), &hashes);
            names
                .into_iter()
                .map(|name| name.replace(&digest, "H"))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Layout::Standard, "a/b/c"), ["a/b/H.c"]);
        assert_eq!(names(Layout::Both, "a/b/c"), ["a/b/H.c", "H.a/b/c"]);
        assert_eq!(names(Layout::Both, "c"), ["H.c"]);
        let both = Hashes::sha256_and_sha512_of(b"1");
        let path = "a/b".parse().unwrap();
        assert_eq!(Layout::Both.names(&path, &both).len(), 4);
    }
}
