//! Two publishers with a copy of the project each.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use privyseal_tests::client::Answer;
use privyseal_tests::faulty_proxy::{Deed, FaultyProxy};
use privyseal_tests::s3::S3;

use crate::ground::{Ground, command_in, copy_tree, files_below};
use crate::s3::{Shop, is_timestamp};

/// A second copy of the project, whose next version is another one.
fn rival(ground: &Ground) -> PathBuf {
    let rival = ground.sandbox().join("rival");
    copy_tree(&ground.project, &rival);
    rival
}

fn run(ground: &Ground, project: &Path, words: &str) -> Answer {
    let mut command = command_in(&ground.client, project, words);
    command.output().unwrap().into()
}

/// Adds a file in the rival's copy, and signs.
fn change(ground: &Ground, rival: &Path) {
    let file = ground.sandbox().write("rival's", "of the rival");
    let added = run(
        ground,
        rival,
        &format!("add {} --as rival's", file.display()),
    );
    assert_eq!(added.status, 0, "{added:?}");
    sign_after_others(ground, rival);
}

/// Takes the versions after those that the agent signed for the other copy; that of the snapshot is
/// known once there is a draft of it.
fn sign_after_others(ground: &Ground, project: &Path) {
    let answers: Vec<Answer> = (0..3)
        .map(|_| {
            run(
                ground,
                project,
                "sign --yes --after-others --accept replaced-target,removed-target",
            )
        })
        .collect();
    assert_eq!(answers[2].status, 0, "{answers:#?}");
}

#[test]
fn the_later_of_two_publishers_takes_nothing_away() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    let out = shop.ground.sandbox().join("out");
    let everywhere = format!("publish --to {} --to {}", shop.to, out.display());
    let publish = |shop: &Shop, project: &Path| -> Answer {
        let mut command = command_in(&shop.ground.client, project, &everywhere);
        command.envs(shop.s3.environment()).output().unwrap().into()
    };
    let own = shop.ground.project.clone();
    assert_eq!(publish(&shop, &own).status, 0);
    let rival = rival(&shop.ground);
    shop.ground.add("hello.txt", b"hello from the first");
    shop.ground.sign();
    assert_eq!(publish(&shop, &own).status, 0);
    let state = || {
        [
            files_below(&rival),
            files_below(&out),
            files_below(&shop.s3.objects("")),
        ]
    };

    // Of an old copy, nothing new: it is behind.
    let before = state();
    let answer = publish(&shop, &rival);
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.stderr.contains("was not published from here"),
        "{answer:?}"
    );
    assert_eq!(state(), before);

    // With a change of its own, numbered above what the other one published.
    change(&shop.ground, &rival);
    let before = state();
    let answer = publish(&shop, &rival);
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.stderr.contains("get their copy of the project"),
        "{answer:?}"
    );
    assert_eq!(state(), before);
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
}

#[test]
fn of_two_publishers_at_once_one_is_told() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    shop.assert_published();
    let rival = rival(&shop.ground);
    shop.ground.add("hello.txt", b"hello from the first");
    shop.ground.sign();
    change(&shop.ground, &rival);

    // The rival has put all its files, and is about to show them.
    let first = AtomicBool::new(true);
    let proxy = FaultyProxy::before(shop.s3.url(), move |request| {
        if is_timestamp(request) && first.swap(false, Ordering::Relaxed) {
            Deed::Hold
        } else {
            Deed::Forward
        }
    });
    let mut slow = command_in(
        &shop.ground.client,
        &rival,
        &format!("publish --to {}", shop.to),
    );
    let slow = slow
        .envs(S3::environment_at(&proxy.url()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    proxy.wait_until_held();
    shop.assert_published();
    proxy.release();
    let answer: Answer = slow.wait_with_output().unwrap().into();
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.stderr.contains("another publisher was faster"),
        "{answer:?}"
    );
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
    // The one who won goes on as if nothing had happened.
    shop.ground.add("more", b"and again");
    sign_after_others(&shop.ground, &shop.ground.project);
    shop.assert_published();
    assert_eq!(shop.assert_accepted()[..3], [1, 4, 4]);
}

#[test]
fn a_directory_is_locked_while_somebody_publishes_there() {
    let Some(ground) = Ground::published() else {
        return;
    };
    let out = ground.sandbox().directory("out");
    let lock = File::open(&out).unwrap();
    lock.lock().unwrap();
    let answer = ground.try_repo(&format!("publish --to {}", out.display()));
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.stderr.contains("another publisher is at work"),
        "{answer:?}"
    );
    assert!(files_below(&out).is_empty());
    drop(lock);
    ground.repo(&format!("publish --to {}", out.display()));
}
