use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::TargetPath;

use crate::failure::Advice;

/// The files that sources stand for, by their target paths.
pub(super) fn find(
    sources: &[PathBuf],
    only: Option<&TargetPath>,
    prefix: Option<&TargetPath>,
) -> anyhow::Result<BTreeMap<TargetPath, PathBuf>> {
    let mut found = BTreeMap::new();
    if let Some(target) = only {
        match sources {
            [file] if file.is_file() => found.insert(target.clone(), file.clone()),
            _ => {
                return Err(
                    Advice::failed("--as names one target", "give exactly one file").into(),
                );
            }
        };
        return Ok(found);
    }
    for source in sources {
        if source.is_dir() {
            find_below(source, source, prefix, &mut found)?;
        } else {
            let name = source.file_name().unwrap_or_default();
            insert(&mut found, prefix, Path::new(name), source)?;
        }
    }
    Ok(found)
}

fn find_below(
    base: &Path,
    directory: &Path,
    prefix: Option<&TargetPath>,
    found: &mut BTreeMap<TargetPath, PathBuf>,
) -> anyhow::Result<()> {
    let reading = || format!("cannot read {}", directory.display());
    for entry in fs::read_dir(directory).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let path = entry.path();
        let kind = entry.file_type().with_context(reading)?;
        if kind.is_dir() {
            find_below(base, &path, prefix, found)?;
        } else if kind.is_file() {
            let relative = path.strip_prefix(base).unwrap_or(&path).to_owned();
            insert(found, prefix, &relative, &path)?;
        } else {
            return Err(Advice::failed(
                format!("{} is neither a file nor a directory", path.display()),
                "add the file that it leads to by its own path, with --as PATH",
            )
            .into());
        }
    }
    Ok(())
}

fn insert(
    found: &mut BTreeMap<TargetPath, PathBuf>,
    prefix: Option<&TargetPath>,
    relative: &Path,
    source: &Path,
) -> anyhow::Result<()> {
    let shown = source.display();
    let text = relative.to_str().ok_or_else(|| {
        Advice::failed(
            format!("the name of {shown} is not UTF-8"),
            "rename it, or use --as PATH",
        )
    })?;
    let text = match prefix {
        Some(prefix) => format!("{prefix}/{text}"),
        None => text.to_owned(),
    };
    let target: TargetPath = text
        .parse()
        .with_context(|| format!("the target path of {shown}"))?;
    match found.insert(target, source.to_owned()) {
        Some(other) if other != source => Err(Advice::failed(
            format!("{shown} and {} would be one target", other.display()),
            "add them one by one, with --as PATH or --prefix PATH",
        )
        .into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for file in ["top", "a/one", "a/b/two"] {
            fs::write(dir.path().join(file), file).unwrap();
        }
        dir
    }

    fn paths(found: &BTreeMap<TargetPath, PathBuf>) -> Vec<&str> {
        found.keys().map(TargetPath::as_str).collect()
    }

    #[test]
    fn directories_give_their_relative_paths() {
        let dir = tree();
        let found = find(&[dir.path().to_owned()], None, None).unwrap();
        assert_eq!(paths(&found), ["a/b/two", "a/one", "top"]);
        let prefix = "v1".parse().unwrap();
        let found = find(
            &[dir.path().join("a"), dir.path().join("top")],
            None,
            Some(&prefix),
        );
        assert_eq!(paths(&found.unwrap()), ["v1/b/two", "v1/one", "v1/top"]);
    }

    #[test]
    fn two_sources_are_never_one_target() {
        let dir = tree();
        fs::write(dir.path().join("a/top"), "other").unwrap();
        let error = find(
            &[dir.path().join("top"), dir.path().join("a/top")],
            None,
            None,
        );
        assert!(error.unwrap_err().to_string().contains("one target"));
        let twice = find(
            &[dir.path().join("top"), dir.path().join("top")],
            None,
            None,
        );
        assert_eq!(paths(&twice.unwrap()), ["top"]);
    }

    #[test]
    fn what_is_no_file_or_no_path_is_refused() {
        let dir = tree();
        std::os::unix::fs::symlink("top", dir.path().join("link")).unwrap();
        assert!(find(&[dir.path().to_owned()], None, None).is_err());
        fs::remove_file(dir.path().join("link")).unwrap();
        fs::write(dir.path().join("tab\tname"), "").unwrap();
        let error = find(&[dir.path().to_owned()], None, None).unwrap_err();
        assert!(
            format!("{error:#}").contains("control character"),
            "{error:#}"
        );
        let target = "x".parse().unwrap();
        assert!(find(&[dir.path().to_owned()], Some(&target), None).is_err());
    }
}
