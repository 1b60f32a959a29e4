//! `repo publish` is killed, or meets an error, at every single system call that writes.
//!
//! At each of them with PRIVYSEAL_FULL=1, at every third otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use privyseal_tests::client::Answer;
use privyseal_tests::ngclient::{Question, Versions};
use privyseal_tests::strace::{self, Call, Fault};

use crate::ground::{Ground, command_in, copy_tree};

/// A project whose next publication goes wrong again and again.
struct Victim {
    ground: Ground,
    /// The project before the publication, and what is published elsewhere.
    before: PathBuf,
    /// What a client trusted before it.
    home: Option<PathBuf>,
    /// What clients got before it.
    old: Option<Question>,
    old_versions: Option<Versions>,
}

/// The directory that is published to besides the project's own, beside the project.
const MIRROR: &str = "mirror";

impl Victim {
    /// The publication of what `change` signs, after a first one where there was one.
    fn new(published: bool, change: impl FnOnce(&mut Ground)) -> Option<Self> {
        if !strace::available() {
            return None;
        }
        let mut ground = Ground::signed()?;
        let site = ground.sandbox().directory("site");
        std::fs::rename(&ground.project, site.join("project")).unwrap();
        ground.project = site.join("project");
        let (mut home, mut old, mut old_versions) = (None, None, None);
        if published {
            ground.repo(&format!("publish --to {}", site.join(MIRROR).display()));
            let kept = ground.sandbox().join("home");
            let from = ground.repository().to_str().unwrap().to_owned();
            let question = ground.question(from);
            old_versions = Some(ground.judge.ask(&question.clone().keeping(&kept)).unwrap());
            (home, old) = (Some(kept), Some(question));
        }
        change(&mut ground);
        let before = ground.sandbox().join("before");
        copy_tree(&site, &before);
        Some(Self {
            ground,
            before,
            home,
            old,
            old_versions,
        })
    }

    fn site(&self) -> PathBuf {
        self.ground.sandbox().join("site")
    }

    fn publish(&self) -> Command {
        let mirror = self.site().join(MIRROR);
        let words = format!("publish --to {}", mirror.display());
        command_in(&self.ground.client, &self.ground.project, &words)
    }

    fn restore(&self) {
        copy_tree(&self.before, &self.site());
    }

    /// Lets the publication go wrong at every one of its calls; returns how many there were.
    fn at_every_call(&mut self, fault: Fault, step: usize) -> usize {
        let log = self.ground.sandbox().join("strace.log");
        let calls = strace::writing_calls(&self.publish(), &log);
        let new = self.assert_finished();
        let chosen: Vec<&Call> = calls.iter().step_by(step).collect();
        for call in &chosen {
            self.restore();
            let answer = strace::run_with_fault(&self.publish(), call, fault);
            let what = format!("{fault:?} at {call:?}");
            self.assert_whole(&what, &answer, new);
            let answer: Answer = self.publish().output().unwrap().into();
            assert_eq!(answer.status, 0, "after {what}: {answer:#?}");
            assert_eq!(self.assert_finished(), new, "after {what}");
            self.ground.repo("publish --all");
        }
        println!("{fault:?}: {} of {} calls", chosen.len(), calls.len());
        calls.len()
    }

    /// Everybody gets the new state; what is in it stands in both places, and nothing else.
    fn assert_finished(&mut self) -> Versions {
        let places = [self.ground.repository(), self.site().join(MIRROR)];
        let versions = places.map(|place| self.ground.assert_accepted(place.to_str().unwrap()));
        assert_eq!(versions[0], versions[1]);
        for place in [
            self.site(),
            self.ground.project.clone(),
            self.ground.repository(),
        ] {
            assert_no_leftovers(&place);
        }
        assert!(!self.ground.project.join("draft/files").exists());
        versions[0]
    }

    /// New clients and returning ones accept what there is, old or new; where nothing was
    /// published before, there may be nothing yet.
    fn assert_whole(&mut self, what: &str, answer: &Answer, new: Versions) {
        for place in [self.ground.repository(), self.site().join(MIRROR)] {
            if self.old.is_none() && !place.join("metadata/timestamp.json").exists() {
                continue;
            }
            let from = place.to_str().unwrap();
            let is_new = |versions: &Versions| *versions == new;
            let mut question = self.ground.question(from);
            let mut versions = self.ground.judge.ask(&question);
            if !versions.as_ref().is_ok_and(is_new)
                && let Some(old) = &self.old
            {
                question = old.clone().at(from);
                versions = self.ground.judge.ask(&question);
            }
            let known = |versions: &Versions| {
                is_new(versions)
                    || self
                        .old_versions
                        .is_some_and(|old| versions[1..] == old[1..])
            };
            assert!(
                versions.as_ref().is_ok_and(known),
                "{what}: a new client at {from}: {versions:?}, {answer:#?}"
            );
            if let Some(home) = &self.home {
                let again = self.ground.judge.ask(&question.returning(home));
                assert_eq!(again, versions, "{what}: a returning client at {from}");
            }
        }
    }
}

fn assert_no_leftovers(directory: &Path) {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names
        .filter(|name| name.starts_with(".privyseal-"))
        .collect();
    assert!(left.is_empty(), "{}: {left:?}", directory.display());
}

/// How many calls are left out between two that are tried.
fn step() -> usize {
    if std::env::var_os("PRIVYSEAL_FULL").is_some() {
        1
    } else {
        3
    }
}

#[test]
fn killed_while_it_publishes_for_the_first_time() {
    let Some(mut victim) = Victim::new(false, |_| {}) else {
        return;
    };
    let calls = victim.at_every_call(Fault::Kill, step());
    assert!(calls > 50, "{calls}");
}

#[test]
fn killed_while_it_publishes_an_update() {
    let Some(mut victim) = Victim::new(true, |ground| {
        ground.repo("rotate root --add root-2 --remove root-1");
        ground.change();
    }) else {
        return;
    };
    let calls = victim.at_every_call(Fault::Kill, step());
    assert!(calls > 50, "{calls}");
}

#[test]
fn killed_while_it_publishes_a_key_that_the_old_root_does_not_know() {
    let Some(mut victim) = Victim::new(true, |ground| {
        ground.rotate_online_key();
        ground.change();
    }) else {
        return;
    };
    let calls = victim.at_every_call(Fault::Kill, step());
    assert!(calls > 50, "{calls}");
}

#[test]
fn out_of_room_or_read_only_at_any_moment() {
    let Some(mut victim) = Victim::new(true, Ground::change) else {
        return;
    };
    for error in ["ENOSPC", "EROFS", "EIO"] {
        victim.restore();
        victim.at_every_call(Fault::Error(error), 3 * step());
    }
}
