//! Directories: another one, one that is full or read-only, one that somebody else changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use privyseal_tests::client::Answer;
use privyseal_tests::tmpfs::Tmpfs;

use crate::ground::{Ground, copy_tree, files_below};

fn out(ground: &Ground) -> String {
    ground.sandbox().join("out").to_str().unwrap().to_owned()
}

#[test]
fn what_is_published_is_published_elsewhere_too() {
    let Some(mut ground) = Ground::signed() else {
        return;
    };
    let out = out(&ground);
    ground.repo(&format!("publish --to {out}"));
    let all = files_below(&ground.repository());
    assert_eq!(files_below(Path::new(&out)), all);
    assert_eq!(ground.assert_accepted(&out), [1, 1, 1, 1]);
    // A copy, not a second name: who changes one does not change the other.
    let inode = |base: &Path| fs::metadata(base.join(&all[0])).unwrap().ino();
    assert_ne!(inode(&ground.repository()), inode(Path::new(&out)));
    let said = ground.repo(&format!("publish --to {out}"));
    assert!(said.contains("nothing to publish"), "{said}");

    // In privyseal.toml it is for good, and relative to the project.
    let settings = ground.project.join("privyseal.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("publish = [\"../out\"]\n{text}")).unwrap();
    ground.change();
    let said = ground.repo("publish");
    assert!(said.contains("published and verified"), "{said}");
    assert_eq!(ground.assert_accepted(&out), [1, 2, 2, 2]);
    assert_eq!(
        files_below(Path::new(&out)),
        files_below(&ground.repository())
    );
}

#[test]
fn a_new_destination_gets_all_of_it_and_a_lost_file_comes_again() {
    let Some(mut ground) = Ground::published() else {
        return;
    };
    ground.repo("rotate root --add root-2 --remove root-1");
    ground.sign();
    ground.repo("publish");
    ground.change();
    ground.repo("publish");
    let out = out(&ground);
    ground.repo(&format!("publish --to {out}"));
    let versions = ground.assert_accepted(&out);
    assert_eq!(versions[..2], [2, 2]);
    let lost = Path::new(&out).join("metadata/1.root.json");
    fs::remove_file(&lost).unwrap();
    let target = files_below(&Path::new(&out).join("targets"));
    fs::remove_file(Path::new(&out).join("targets").join(&target[0])).unwrap();
    ground.repo(&format!("publish --to {out} --all"));
    assert!(lost.exists());
    assert_eq!(ground.assert_accepted(&out), versions);
}

#[test]
fn both_layouts_of_nested_names() {
    let Some(mut ground) = Ground::published() else {
        return;
    };
    let settings = ground.project.join("privyseal.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("layout = \"both\"\n{text}")).unwrap();
    ground.repo("publish --all");
    ground.change();
    ground.repo("publish");
    let targets = ground.repository().join("targets");
    for (path, content) in &ground.targets {
        let Some(content) = content else { continue };
        let digest = privyseal_tuf::Sha256Digest::of(content);
        let (directory, base) = path.rsplit_once('/').unwrap_or(("", path));
        for name in [
            format!("{directory}/{digest}.{base}"),
            format!("{digest}.{path}"),
        ] {
            let name = name.trim_start_matches('/');
            assert_eq!(fs::read(targets.join(name)).unwrap(), *content, "{name}");
        }
    }
    let from = ground.repository().to_str().unwrap().to_owned();
    ground.assert_accepted(&from);
}

#[test]
fn a_full_disk_is_said_and_finished_when_there_is_room() {
    let Some(mut ground) = Ground::signed() else {
        return;
    };
    let out = out(&ground);
    let Some(tmpfs) = Tmpfs::mount(Path::new(&out), 1 << 20) else {
        return;
    };
    ground.repo(&format!("publish --to {out}"));
    ground.add("large", &vec![7; 3 << 20]);
    ground.sign();
    let mut old = ground.question(&out);
    old = old.target("large", None);
    let answer = ground.try_repo(&format!("publish --to {out}"));
    assert_eq!(answer.status, 1, "{answer:?}");
    assert!(answer.stderr.contains("make room"), "{answer:?}");
    assert_eq!(ground.judge.ask(&old).unwrap(), [1, 1, 1, 1]);
    let left = files_below(Path::new(&out));
    assert!(
        !left.iter().any(|name| name.contains(".privyseal-")),
        "{left:?}"
    );
    remount(&out, "size=8m");
    ground.repo(&format!("publish --to {out}"));
    assert_eq!(ground.assert_accepted(&out), [1, 2, 2, 2]);
    drop(tmpfs);
}

#[test]
fn a_read_only_destination_is_said() {
    let Some(mut ground) = Ground::signed() else {
        return;
    };
    let out = out(&ground);
    let Some(tmpfs) = Tmpfs::mount(Path::new(&out), 1 << 20) else {
        return;
    };
    ground.repo(&format!("publish --to {out}"));
    ground.change();
    remount(&out, "ro");
    let answer = ground.try_repo(&format!("publish --to {out}"));
    assert_eq!(answer.status, 1, "{answer:?}");
    assert!(answer.stderr.contains("mount it writable"), "{answer:?}");
    // The project's own copy is not held up by it.
    let own = ground.repository().to_str().unwrap().to_owned();
    assert_eq!(ground.assert_accepted(&own), [1, 2, 2, 2]);
    remount(&out, "rw");
    ground.repo(&format!("publish --to {out}"));
    assert_eq!(ground.assert_accepted(&out), [1, 2, 2, 2]);
    drop(tmpfs);
}

fn remount(directory: &str, option: &str) {
    let options = format!("remount,{option}");
    let status = Command::new("mount")
        .args(["-o", &options, directory])
        .status();
    assert!(status.unwrap().success(), "mount -o {options} {directory}");
}

#[test]
fn metadata_that_somebody_changed_is_not_built_upon() {
    let Some(mut ground) = Ground::signed() else {
        return;
    };
    let out = out(&ground);
    ground.repo(&format!("publish --to {out}"));
    ground.change();
    let good = ground.sandbox().join("good");
    copy_tree(&ground.project, &good);
    for name in [
        "1.root.json",
        "1.targets.json",
        "1.app.json",
        "1.snapshot.json",
        "timestamp.json",
    ] {
        let file = ground.repository().join("metadata").join(name);
        let mut bytes = fs::read(&file).unwrap();
        bytes.push(b'\n');
        fs::write(&file, bytes).unwrap();
        let before = (
            files_below(&ground.repository()),
            files_below(Path::new(&out)),
        );
        let answer = ground.try_repo(&format!("publish --to {out}"));
        assert_eq!(answer.status, 3, "{name}: {answer:?}");
        let after = (
            files_below(&ground.repository()),
            files_below(Path::new(&out)),
        );
        assert_eq!(before, after, "{name}");
        copy_tree(&good, &ground.project);
    }
    // The same in the other directory, as far as readers are led there.
    let mirror = ground.sandbox().join("mirror");
    copy_tree(Path::new(&out), &mirror);
    for name in ["1.root.json", "1.snapshot.json", "timestamp.json"] {
        let file = Path::new(&out).join("metadata").join(name);
        fs::write(&file, "{}").unwrap();
        let answer = ground.try_repo(&format!("publish --to {out}"));
        assert_eq!(answer.status, 3, "{name}: {answer:?}");
        assert!(
            answer.stderr.contains("was not published from here"),
            "{name}: {answer:?}"
        );
        assert_eq!(fs::read(&file).unwrap(), b"{}", "{name}");
        copy_tree(&mirror, Path::new(&out));
    }
    ground.repo(&format!("publish --to {out}"));
    assert_eq!(ground.assert_accepted(&out), [1, 2, 2, 2]);
}

#[test]
fn a_draft_that_waits_for_signatures_holds_up_nothing_else() {
    let Some(mut ground) = Ground::published() else {
        return;
    };
    ground.repo("rotate root --add root-2 --remove root-1");
    ground.repo("renew timestamp");
    let signed = ground.try_repo("sign --yes --role timestamp");
    assert_eq!(signed.status, 3, "root is not finished: {signed:?}");
    let said = ground.repo("publish");
    assert!(
        said.contains("left as a draft, not finished: root"),
        "{said}"
    );
    let own = ground.repository().to_str().unwrap().to_owned();
    assert_eq!(ground.assert_accepted(&own), [1, 1, 1, 2]);
    ground.sign();
    ground.repo("publish");
    assert_eq!(ground.assert_accepted(&own)[0], 2);
    let answer: Answer = ground.command("publish").output().unwrap().into();
    assert!(answer.stdout.contains("nothing to publish"), "{answer:?}");
}
