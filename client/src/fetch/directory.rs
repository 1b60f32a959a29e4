use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{Content, FetchError, missing};

pub(super) fn read(base: &Path, name: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
    let content = open(base, name)?;
    let path = base.join(name);
    let mut bytes = Vec::with_capacity(content.length.unwrap_or(0).min(limit) as usize);
    let mut reader = content.reader.take(limit.saturating_add(1));
    let read = reader.read_to_end(&mut bytes);
    read.map_err(|error| explain(&path, &error))?;
    if bytes.len() as u64 > limit {
        let place = path.display().to_string();
        return Err(FetchError::TooLong { place, limit });
    }
    Ok(bytes)
}

pub(super) fn open(base: &Path, name: &str) -> Result<Content, FetchError> {
    let path = base.join(name);
    // Before it is opened: a pipe would be waited for.
    let found = fs::metadata(&path).map_err(|error| explain(&path, &error))?;
    if !found.is_file() {
        let place = path.display().to_string();
        return Err(missing(&place, ": what has that name is no file"));
    }
    let file = File::open(&path).map_err(|error| explain(&path, &error))?;
    Ok(Content {
        reader: Box::new(file),
        length: Some(found.len()),
    })
}

fn explain(path: &Path, error: &io::Error) -> FetchError {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    let place = path.display().to_string();
    match error.kind() {
        NotFound | NotADirectory | InvalidFilename => missing(&place, ""),
        _ => FetchError::Unreadable {
            place,
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1234").unwrap();
        assert_eq!(read(dir.path(), "a", 4).unwrap(), b"1234");
        let error = read(dir.path(), "a", 3).unwrap_err();
        assert!(matches!(error, FetchError::TooLong { limit: 3, .. }));
    }

    #[test]
    fn what_is_no_file_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("d")).unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        for name in ["nothing", "d", "a/b", &"x".repeat(300)] {
            let error = read(dir.path(), name, 9).unwrap_err();
            assert!(matches!(error, FetchError::Missing { .. }), "{error}");
        }
    }
}
