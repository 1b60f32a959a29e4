use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Engine, EngineError, EngineKind};

/// Looks for a tool in the directories of `PATH`, or where a path leads.
pub(super) fn find(named: Option<&str>, path: Option<&OsStr>) -> Result<Engine, EngineError> {
    let Some(named) = named else {
        let found = EngineKind::ALL.into_iter().find_map(|kind| {
            let program = in_path(kind.as_str(), path)?;
            Some(Engine { kind, program })
        });
        return found.ok_or(EngineError::None);
    };
    let file = Path::new(named).file_name().unwrap_or_default();
    let kind = EngineKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == file);
    let kind = kind.ok_or_else(|| EngineError::Unknown(named.to_owned()))?;
    let program = match named.contains('/') {
        true => Some(PathBuf::from(named)).filter(|program| is_program(program)),
        false => in_path(named, path),
    };
    let program = program.ok_or_else(|| EngineError::Missing(named.to_owned()))?;
    Ok(Engine { kind, program })
}

fn in_path(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let directories = std::env::split_paths(path?);
    // Not from wherever this happens to run.
    let absolute = directories.filter(|directory| directory.is_absolute());
    let mut programs = absolute.map(|directory| directory.join(name));
    programs.find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn the_first_that_is_there_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = Some(directory.path().as_os_str());
        assert_eq!(find(None, path), Err(EngineError::None));
        let add = |name: &str, mode| {
            let program = directory.path().join(name);
            fs::write(&program, "").unwrap();
            fs::set_permissions(&program, Permissions::from_mode(mode)).unwrap();
            program.display().to_string()
        };
        let podman = add("podman", 0o755);
        add("docker", 0o644);
        let kind = |named: Option<&str>| find(named, path).map(|engine| engine.kind());
        assert_eq!(kind(None), Ok(EngineKind::Podman));
        assert_eq!(kind(Some(&podman)), Ok(EngineKind::Podman));
        assert_eq!(
            kind(Some("docker")),
            Err(EngineError::Missing("docker".into()))
        );
        assert_eq!(kind(Some("rkt")), Err(EngineError::Unknown("rkt".into())));
        add("docker", 0o755);
        assert_eq!(kind(None), Ok(EngineKind::Docker));
        assert_eq!(find(None, Some(OsStr::new(""))), Err(EngineError::None));
    }
}
