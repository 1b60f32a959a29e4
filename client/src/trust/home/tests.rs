use std::os::unix::fs::PermissionsExt;
use std::thread;

use privyseal_tuf::Sha256Digest;

use super::*;

const GUN: &str = "reg.example.test/team/app";

fn gun() -> Gun {
    GUN.parse().unwrap()
}

fn memory(version: u64) -> Memory {
    let root = Kept::new(1, *b"root");
    let file = |text: &str| Kept::new(version, format!("{text} {version}").into_bytes());
    Memory {
        trusted: TrustedSince {
            version: 1,
            sha256: root.sha256(),
            at: 7,
            by: TrustedBy::FirstUse,
        },
        roots: vec![root],
        files: [
            ("timestamp".to_owned(), file("timestamp")),
            ("targets/releases".to_owned(), file("releases")),
        ]
        .into(),
    }
}

fn remember(home: &RepositoryHome, memory: &Memory) {
    home.lock().unwrap().remember(memory).unwrap();
}

#[test]
fn what_is_remembered_is_recalled_and_old_files_go() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().join("trust"));
    let repository = home.repository(&gun());
    assert_eq!(repository.recall().unwrap(), None);
    assert_eq!(home.repositories().unwrap(), []);
    remember(&repository, &memory(1));
    assert_eq!(repository.recall().unwrap(), Some(memory(1)));
    remember(&repository, &memory(2));
    assert_eq!(repository.recall().unwrap(), Some(memory(2)));
    let files = fs::read_dir(repository.directory().join("files")).unwrap();
    assert_eq!(files.count(), 3);
    assert_eq!(home.repositories().unwrap(), [gun()]);
    assert_eq!(
        home.repository(&"reg.example.test/other".parse().unwrap())
            .recall()
            .unwrap(),
        None
    );
    assert!(repository.lock().unwrap().forget().unwrap());
    assert_eq!(repository.recall().unwrap(), None);
    assert!(!repository.lock().unwrap().forget().unwrap());
}

#[test]
fn it_is_the_users_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().join("trust"));
    let repository = home.repository(&gun());
    remember(&repository, &memory(1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.directory()), 0o700);
    assert_eq!(mode(repository.directory()), 0o700);
    assert_eq!(mode(&repository.directory().join("repository.json")), 0o600);
    for file in fs::read_dir(repository.directory().join("files")).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn damage_is_named_and_never_taken() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().to_owned());
    let repository = home.repository(&gun());
    let index = repository.directory().join("repository.json");
    let timestamp = Sha256Digest::of(b"timestamp 1");
    let file = repository
        .directory()
        .join(format!("files/{timestamp}.json"));
    remember(&repository, &memory(1));
    let whole = fs::read_to_string(&index).unwrap();

    for (path, text) in [
        (&file, "timestamp 2".to_owned()),
        (&file, "timestamp".to_owned()),
        (&file, "timestamp 1 and more".to_owned()),
        (&index, "{".to_owned()),
        (&index, whole.replace(GUN, "another")),
        (
            &index,
            whole.replace(&timestamp.to_string(), "../../etc/passwd"),
        ),
        (
            &index,
            whole.replace("\"version\": 1,", "\"version\": 1, \"x\": 1,"),
        ),
    ] {
        let before = fs::read(path).unwrap();
        fs::write(path, &text).unwrap();
        let error = repository.recall().unwrap_err();
        assert!(
            matches!(error, HomeError::Damaged { .. } | HomeError::Io { .. }),
            "{text}: {error}"
        );
        fs::write(path, before).unwrap();
        assert_eq!(repository.recall().unwrap(), Some(memory(1)));
    }
    fs::remove_file(&file).unwrap();
    assert!(repository.recall().is_err());
}

#[test]
fn a_crash_between_files_and_index_leaves_the_old() {
    let dir = tempfile::tempdir().unwrap();
    let repository = Home::at(dir.path().to_owned()).repository(&gun());
    remember(&repository, &memory(1));
    let index = repository.directory().join("repository.json");
    let before = fs::read(&index).unwrap();
    remember(&repository, &memory(2));
    // What is new is there, the index is not, and what was old had not been removed.
    for (role, text) in [("timestamp", "timestamp 1"), ("releases", "releases 1")] {
        let digest = Sha256Digest::of(text.as_bytes());
        let path = repository.directory().join(format!("files/{digest}.json"));
        fs::write(path, format!("{role} 1")).unwrap();
    }
    fs::write(&index, before).unwrap();
    assert_eq!(repository.recall().unwrap(), Some(memory(1)));
}

#[test]
fn readers_see_one_state_while_others_write() {
    let dir = tempfile::tempdir().unwrap();
    let repository = Home::at(dir.path().to_owned()).repository(&gun());
    remember(&repository, &memory(1));
    thread::scope(|scope| {
        scope.spawn(|| (2..30).for_each(|version| remember(&repository, &memory(version))));
        for _ in 0..50 {
            let seen = repository.recall().unwrap().unwrap();
            let version = seen.files["timestamp"].version;
            assert_eq!(seen, memory(version));
        }
    });
}

#[test]
fn too_much_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let repository = Home::at(dir.path().to_owned()).repository(&gun());
    let mut flood = memory(1);
    let entry = |n: usize| (format!("targets/{n}"), Kept::new(1, *b"x"));
    flood.files = (0..=index::MOST_FILES).map(entry).collect();
    let refused = repository.lock().unwrap().remember(&flood);
    assert!(matches!(refused, Err(HomeError::TooMuch { .. })));
    assert_eq!(repository.recall().unwrap(), None);
}

#[test]
fn a_registry_that_is_written_otherwise_is_the_same_one() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().to_owned());
    remember(&home.repository(&gun()), &memory(1));
    let other: Gun = "REG.example.test:443/team/app".parse().unwrap();
    let repository = home.repository(&other);
    assert_eq!(repository.gun(), &other);
    assert_eq!(repository.recall().unwrap(), Some(memory(1)));
    remember(&repository, &memory(2));
    assert_eq!(home.repository(&gun()).recall().unwrap(), Some(memory(2)));
    assert_eq!(home.repositories().unwrap(), [gun()]);
}
