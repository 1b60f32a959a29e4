use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use privyseal_tuf::{Document, RoleName, Scope};
use tempfile::TempDir;

use super::*;
use crate::fetch::Location;
use crate::repo::Project;
use crate::repo::testing::{Bench, NOW, Signer};
use crate::repo::{NewDelegation, Work, delegate, verify};

/// A published repository: two targets, and a role "app" with one.
fn published() -> Bench {
    let mut bench = Bench::new();
    bench.add("a/b", "1");
    bench.add("c", "22");
    let app: RoleName = "app".parse().unwrap();
    let key = Signer::new(5).key;
    let new = NewDelegation {
        name: &app,
        by: &Role::TARGETS,
        keys: &[bench.key(5, "app")],
        threshold: None,
        scope: Some(Scope::Paths(vec!["app/*".into()])),
        terminating: None,
        expires: None,
        place: None,
        known: &BTreeMap::from([(key.keyid().clone(), key)]),
    };
    delegate(&bench.project, &bench.work(), &new).unwrap();
    bench.reload();
    bench.add_to(&app.into(), "app/x", "333");
    bench.sign(&[1, 2, 3, 4, 5]);
    bench.publish().unwrap();
    bench
}

fn location(path: &Path) -> Location {
    Location::Directory(path.to_owned())
}

/// Trusts the first root that is there.
fn import(repository: &Path, directory: &Path) -> Import {
    let metadata = repository.join("metadata");
    let first = fs::read(metadata.join("1.root.json")).unwrap();
    import_trusting(&first, repository, directory)
}

fn import_trusting(first: &[u8], repository: &Path, directory: &Path) -> Import {
    let places = ["metadata", "targets"].map(|name| location(&repository.join(name)));
    Import {
        source: Source::open(&places[0], Some(&places[1])).unwrap(),
        trusted: TrustedRoot::read(first).unwrap(),
        with_files: true,
        allow_expired: false,
        keyholders: Keyholders::new(Vec::new(), &[]),
        directory: directory.to_owned(),
        authority: "production".to_owned(),
        repository: "example.org".to_owned(),
        output: "repository".into(),
        given_up: Arc::default(),
        now: NOW,
    }
}

/// One of the corpus's repositories, as one whose files are kept elsewhere.
fn corpus(case: &str, directory: &Path) -> Import {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tuf/corpus")
        .join(case);
    let link = directory.join("source");
    fs::create_dir(&link).unwrap();
    std::os::unix::fs::symlink(base, link.join("metadata")).unwrap();
    Import {
        with_files: false,
        ..import(&link, &directory.join("project"))
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(directory).unwrap().display().to_string();
                    found.insert(name, fs::read(path).unwrap());
                }
            }
        }
    }
    found
}

fn settings(directory: &Path) -> Settings {
    Project::open(directory).unwrap().settings().clone()
}

#[test]
fn every_byte_is_taken_over() {
    let bench = published();
    let repository = bench.path().join("repository");
    let to = TempDir::new().unwrap();
    let imported = import(&repository, to.path()).run().unwrap();
    assert_eq!(files(&to.path().join("repository")), files(&repository));
    assert_eq!((imported.report.targets, imported.consistent), (3, true));
    let project = Project::open(to.path()).unwrap();
    verify(&project.metadata(), &project.targets(), NOW).unwrap();
    let work = Work::load(&project, NOW).unwrap();
    assert_eq!(work.preview().unwrap().len(), 0, "nothing is to be done");
    assert_eq!(work.named_roles().len(), 5);
}

#[test]
fn settings_say_what_the_metadata_says() {
    let bench = published();
    let to = TempDir::new().unwrap();
    import(&bench.path().join("repository"), to.path())
        .run()
        .unwrap();
    let (ours, theirs) = (settings(to.path()), bench.project.settings().clone());
    for role in RoleType::ALL {
        let (ours, theirs) = (ours.role(role), theirs.role(role));
        assert_eq!(ours.threshold, theirs.threshold, "{role}");
        assert_eq!(ours.expires.to_string(), "14d", "{role}: 10 days are left");
        let keyids = |keys: &[crate::repo::KeySettings]| -> Vec<String> {
            keys.iter().map(|key| key.keyid.to_string()).collect()
        };
        assert_eq!(keyids(&ours.keys), keyids(&theirs.keys), "{role}");
    }
    let app = ours.delegated.get(&"app".parse().unwrap()).unwrap();
    assert_eq!(app.by, [Role::TARGETS]);
    assert_eq!(app.keys[0].keyid, Signer::new(5).keyid());
    assert!(app.keys[0].owner().starts_with("imported:"));
}

#[test]
fn one_flipped_byte_anywhere_and_nothing_is_left() {
    let bench = published();
    let repository = bench.path().join("repository");
    let to = TempDir::new().unwrap();
    let directory = to.path().join("project");
    let first = fs::read(repository.join("metadata/1.root.json")).unwrap();
    let import = || import_trusting(&first, &repository, &directory).run();
    for (name, bytes) in files(&repository) {
        // Within the signed part of a document, or anywhere in a target.
        let at = bytes.windows(9).position(|text| text == b"\"version\"");
        let mut bad = bytes.clone();
        bad[at.map_or(bytes.len() / 2, |at| at + 3)] ^= 1;
        fs::write(repository.join(&name), bad).unwrap();
        let error = import().unwrap_err();
        assert!(
            error.to_string().contains("nothing was imported"),
            "{name}: {error:#}"
        );
        fs::remove_file(repository.join(&name)).unwrap();
        let error = import().unwrap_err();
        assert!(
            error.to_string().contains("nothing was imported"),
            "{name}: {error:#}"
        );
        assert!(!directory.exists(), "{name}");
        fs::write(repository.join(&name), bytes).unwrap();
    }
    import().unwrap();
}

#[test]
fn another_first_root_is_another_repository() {
    let bench = published();
    let to = TempDir::new().unwrap();
    let mut import = import(&bench.path().join("repository"), to.path());
    for version in [1, 2, 0] {
        import.trusted = TrustedRoot {
            version,
            digest: Sha256Digest::of(b"another"),
        };
        let again = self::import(&bench.path().join("repository"), to.path());
        let trusted = import.trusted;
        let error = Import { trusted, ..again }.run().unwrap_err();
        assert!(
            error.to_string().contains("another repository"),
            "{error:#}"
        );
        assert_eq!(files(to.path()), BTreeMap::new());
    }
}

#[test]
fn what_is_expired_is_taken_only_where_that_is_said() {
    let bench = published();
    let repository = bench.path().join("repository");
    let to = TempDir::new().unwrap();
    let late = |allow_expired| Import {
        now: NOW + 1_000_000,
        allow_expired,
        ..import(&repository, to.path())
    };
    let error = late(false).run().unwrap_err();
    assert!(error.to_string().contains("expired"), "{error:#}");
    assert_eq!(files(to.path()), BTreeMap::new());
    late(true).run().unwrap();
    let periods = RoleType::ALL.map(|role| settings(to.path()).role(role).expires.to_string());
    assert_eq!(periods, ["365d", "90d", "7d", "1d"]);
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let bench = published();
    let to = TempDir::new().unwrap();
    let import = import(&bench.path().join("repository"), to.path());
    import.given_up.store(true, Ordering::Relaxed);
    let error = import.run().unwrap_err();
    assert!(error.downcast_ref::<Interrupted>().is_some(), "{error:#}");
    assert_eq!(files(to.path()), BTreeMap::new());
}

#[test]
fn a_name_for_a_key_that_is_not_there_is_a_mistake() {
    let bench = published();
    let to = TempDir::new().unwrap();
    let keyholders = Keyholders::new(vec!["ffffffff=alice".parse().unwrap()], &[]);
    let import = Import {
        keyholders,
        ..import(&bench.path().join("repository"), to.path())
    };
    let error = import.run().unwrap_err();
    assert!(error.to_string().contains("no key ffffffff"), "{error:#}");
    assert_eq!(files(to.path()), BTreeMap::new());
}

#[test]
fn bins_of_either_form_are_one_entry() {
    for case in ["bins", "succinct"] {
        let to = TempDir::new().unwrap();
        let imported = corpus(&format!("python-tuf/{case}"), to.path())
            .run()
            .unwrap();
        let told = imported.roles.last().unwrap();
        assert_eq!((told.name.as_str(), told.count), ("bin-*", 4), "{case}");
        let settings = settings(&to.path().join("project"));
        assert_eq!(settings.delegated.iter().count(), 1, "{case}");
        let bin = settings.delegated.get(&"bin-3".parse().unwrap()).unwrap();
        assert_eq!(
            (bin.by.as_slice(), bin.keys.len()),
            (&[Role::TARGETS][..], 1)
        );
    }
}

#[test]
fn what_tuftool_made_is_taken_too() {
    let to = TempDir::new().unwrap();
    let imported = corpus("tuftool", to.path()).run().unwrap();
    assert_eq!((imported.report.roots, imported.report.targets), (2, 2));
}

#[test]
fn what_is_not_known_stays_in_the_next_root() {
    let to = TempDir::new().unwrap();
    corpus("python-tuf/unknown-fields", to.path())
        .run()
        .unwrap();
    let project = Project::open(&to.path().join("project")).unwrap();
    let work = Work::load(&project, NOW).unwrap();
    let renewed = crate::repo::renewed(&project, &work, &RoleType::Root.into()).unwrap();
    let before = work.published().last(RoleType::Root).unwrap();
    let text = |document: &Document| String::from_utf8(document.to_bytes()).unwrap();
    for unknown in [
        "x-envelope",
        "x-top",
        "x-role",
        "mirrors",
        "ml-dsa",
        "x-serial",
        "keyid_hash",
    ] {
        let count = |document: &Document| text(document).matches(unknown).count();
        assert_eq!(count(&renewed), count(before), "{unknown}");
        assert!(count(before) > 0, "{unknown}");
    }
    let changes = privyseal_tuf::diff(Some(before), &renewed);
    assert_eq!(changes.len(), 2, "version and expiry: {changes:?}");
}

/// Takes the delegation to "app" back.
fn without_app() -> Bench {
    let mut bench = published();
    let app = "app".parse().unwrap();
    crate::repo::undelegate(&bench.project, &bench.work(), &app, &Role::TARGETS).unwrap();
    bench.reload();
    bench.sign(&[3, 4]);
    bench.publish().unwrap();
    bench
}

#[test]
fn what_nobody_delegates_to_is_taken_as_it_is_listed() {
    let bench = without_app();
    let repository = bench.path().join("repository");
    let app = repository.join("metadata/1.app.json");
    let good = fs::read(&app).unwrap();
    for (bytes, taken) in [(Some(&good[..]), true), (Some(b"{}"), false), (None, false)] {
        match bytes {
            Some(bytes) => fs::write(&app, bytes).unwrap(),
            None => fs::remove_file(&app).unwrap(),
        }
        let to = TempDir::new().unwrap();
        let imported = import(&repository, to.path()).run().unwrap();
        let kept = fs::read(to.path().join("repository/metadata/1.app.json")).ok();
        assert_eq!(kept.is_some(), taken);
        assert_eq!(
            imported.notes.len(),
            usize::from(!taken),
            "{:?}",
            imported.notes
        );
        assert_eq!(settings(to.path()).delegated.iter().count(), 0);
    }
}

#[test]
fn a_repository_goes_on_though_a_file_of_nobody_is_lost() {
    let bench = without_app();
    let repository = bench.path().join("repository");
    fs::remove_file(repository.join("metadata/1.app.json")).unwrap();
    let to = TempDir::new().unwrap();
    import(&repository, to.path()).run().unwrap();
    let bench = Bench::of(to);
    bench.add("new", "4");
    bench.sign(&[3, 4]);
    bench.publish().unwrap();
    bench.publish_with(crate::repo::Scope::Everything).unwrap();
    let project = &bench.project;
    verify(&project.metadata(), &project.targets(), NOW).unwrap();
}

#[test]
fn an_old_version_under_a_new_name_is_refused() {
    let bench = published();
    bench.add("new", "4");
    bench.add_to(&"app".parse().unwrap(), "app/y", "5");
    bench.sign(&[3, 4, 5]);
    bench.publish().unwrap();
    let repository = bench.path().join("repository");
    let to = TempDir::new().unwrap();
    let directory = to.path().join("project");
    for role in ["snapshot", "targets", "app"] {
        let at = |version: u64| repository.join(format!("metadata/{version}.{role}.json"));
        let good = fs::read(at(2)).unwrap();
        fs::copy(at(1), at(2)).unwrap();
        let error = import(&repository, &directory).run().unwrap_err();
        assert!(
            error.to_string().contains("nothing was imported"),
            "{role}: {error:#}"
        );
        assert!(!directory.exists(), "{role}");
        fs::write(at(2), good).unwrap();
    }
    import(&repository, &directory).run().unwrap();
}

#[test]
fn files_that_are_kept_elsewhere_are_not_asked_for_again() {
    let bench = published();
    let to = TempDir::new().unwrap();
    let import = Import {
        with_files: false,
        ..import(&bench.path().join("repository"), to.path())
    };
    import.run().unwrap();
    let bench = Bench::of(to);
    bench.add("new", "4");
    bench.sign(&[3, 4]);
    bench.publish().unwrap();
    let names: Vec<String> = files(&bench.project.targets()).into_keys().collect();
    assert!(
        matches!(&names[..], [one] if one.ends_with(".new")),
        "{names:?}"
    );
}
