use std::fs;

use serde_json::json;

use super::*;
use crate::trust::docker_keys::KeyDirectory;
use crate::trust::home::Home;
use crate::trust::pins::Pins;
use crate::trust::pull::testing::{Delegation, GUN, NOW, Repository, Signer, delegated, tag};
use crate::trust::pull::{Pull, PullError, Pulled};

/// As docker keeps what it last saw of a repository.
fn cache(repository: &Repository, trust: &std::path::Path) -> KeyDirectory {
    let directory = KeyDirectory::of(trust);
    let served = &repository.served;
    let mut files = vec![
        ("root", served.latest["root"].clone()),
        ("timestamp", served.latest["timestamp"].clone()),
    ];
    for (name, bytes) in &served.by_hash {
        files.push((name.0.as_str(), bytes.clone()));
    }
    for (role, bytes) in files {
        let path = directory.metadata(GUN, role);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    directory
}

fn pull(repository: &Repository, rehearsal: &Rehearsal) -> Result<Pulled, PullError> {
    let pins = Pins::none();
    let pull = Pull::new(&repository.served, rehearsal.home(), &pins, NOW);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(pull.run())
}

#[test]
fn what_docker_saw_is_not_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let own = Home::at(directory.path().join("own")).repository(&GUN.parse().unwrap());
    let alice = Signer::bare();
    let to = [Delegation::to("targets/releases", &alice)];
    let file = |version| delegated(version, json!({ "v1": tag("one") }), &[&alice]);
    let mut repository = Repository::new();
    repository.served.by_hash.clear();
    repository.publish(json!({}), &to, &[("targets/releases", file(5))]);
    let docker = [cache(&repository, &directory.path().join("docker"))];
    let rehearse = || Rehearsal::begin(&own, &docker, NOW).unwrap();

    let rehearsal = rehearse();
    assert_eq!(rehearsal.known, Some(1));
    assert!(!pull(&repository, &rehearsal).unwrap().is_new);
    // Looking at it leaves nothing behind; keeping it does.
    assert_eq!(own.recall().unwrap(), None);
    rehearsal.keep(&own).unwrap();
    assert_eq!(own.recall().unwrap(), rehearsal.home().recall().unwrap());
    own.lock().unwrap().forget().unwrap();

    // An older file of a delegated role, in newer metadata.
    let newest = file(6);
    repository.publish(json!({}), &to, &[("targets/releases", newest)]);
    pull(&repository, &rehearse()).unwrap();
    repository.publish(json!({}), &to, &[("targets/releases", file(4))]);
    match pull(&repository, &rehearse()) {
        Err(PullError::RolledBack { role, seen, shown }) => {
            assert_eq!((role.as_str(), seen, shown), ("targets/releases", 5, 4));
        }
        other => panic!("{other:?}"),
    }
}
