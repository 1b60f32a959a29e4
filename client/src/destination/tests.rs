//! Directories and buckets are held to the same rules.

use std::fs;
use std::path::Path;

use super::*;
use crate::failure::{Advice, Interrupted};

/// Runs a test against a directory and against a bucket in memory.
fn each(test: impl AsyncFn(&dyn Destination)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path(), Interrupt::never()).unwrap();
    runtime.block_on(test(&directory));
    runtime.block_on(test(&Bucket::in_memory("prefix")));
    runtime.block_on(test(&Bucket::in_memory("")));
}

fn file(name: &str, content: &str) -> NewFile {
    NewFile::of_bytes(name.to_owned(), Bytes::copy_from_slice(content.as_bytes()))
}

fn files(files: &[NewFile]) -> Files<'static> {
    let files: Vec<NewFile> = files.to_vec();
    Box::new(files.into_iter().map(Ok))
}

async fn targets(to: &dyn Destination, new: &[NewFile]) -> anyhow::Result<Vec<String>> {
    let mut written = Written::default();
    to.put_targets(files(new), &Progress::none(), &mut written)
        .await?;
    Ok(written.names().to_vec())
}

async fn metadata(to: &dyn Destination, new: &[NewFile]) -> anyhow::Result<Vec<String>> {
    let mut written = Written::default();
    to.put_metadata(files(new), &Progress::none(), &mut written)
        .await?;
    Ok(written.names().to_vec())
}

async fn reveal(
    to: &dyn Destination,
    roots: &[NewFile],
    timestamp: &str,
    before: Option<&Found>,
    order: Order,
) -> anyhow::Result<Vec<String>> {
    let mut written = Written::default();
    let reveal = Reveal {
        roots: roots.to_vec(),
        timestamp: Some(Bytes::copy_from_slice(timestamp.as_bytes())),
        before,
        order,
    };
    to.reveal(reveal, &mut written).await?;
    Ok(written.names().to_vec())
}

async fn read(to: &dyn Destination, name: &str) -> Option<String> {
    let found = to.read(name, 1000).await.unwrap()?;
    Some(String::from_utf8(found.bytes).unwrap())
}

#[test]
fn what_is_put_is_read_and_is_not_put_again() {
    each(async |to| {
        let new = [file("targets/a/b #%é?.x", "1"), file("targets/empty", "")];
        let names = ["targets/a/b #%é?.x", "targets/empty"];
        assert_eq!(read(to, names[0]).await, None);
        let mut written = targets(to, &new).await.unwrap();
        written.sort();
        assert_eq!(written, names);
        assert_eq!(read(to, names[0]).await.unwrap(), "1");
        assert_eq!(read(to, names[1]).await.unwrap(), "");
        assert_eq!(targets(to, &new).await.unwrap(), [""; 0]);
    });
}

#[test]
fn half_a_target_file_is_replaced_and_other_metadata_is_refused() {
    each(async |to| {
        for half in ["hal", "shole", "wrong"] {
            targets(to, &[file("targets/x", half)]).await.unwrap();
            let written = targets(to, &[file("targets/x", "whole")]).await.unwrap();
            assert_eq!(written, ["targets/x"]);
            assert_eq!(read(to, "targets/x").await.unwrap(), "whole");
        }
        let name = "metadata/1.root.json";
        metadata(to, &[file(name, "old")]).await.unwrap();
        assert_eq!(metadata(to, &[file(name, "old")]).await.unwrap(), [""; 0]);
        for other in ["new", "older", ""] {
            let error = metadata(to, &[file(name, other)]).await.unwrap_err();
            assert!(
                error.to_string().contains("is not what was published"),
                "{error}"
            );
            assert!(error.downcast_ref::<Advice>().is_some());
        }
        assert_eq!(read(to, name).await.unwrap(), "old");
    });
}

#[test]
fn what_has_one_name_for_ever_is_replaced_in_order() {
    each(async |to| {
        let replace = async |files: &[(&str, &str)]| {
            let files: Vec<_> = files
                .iter()
                .map(|(name, text)| Ok(file(name, text)))
                .collect();
            let mut written = Written::default();
            let progress = Progress::none();
            to.replace(Box::new(files.into_iter()), &progress, &mut written)
                .await
                .unwrap();
            written.names().to_vec()
        };
        let names = ["targets/a/x", "metadata/app.json", "metadata/targets.json"];
        let all = |text| names.map(|name| (name, text));
        assert_eq!(replace(&all("old")).await, names);
        assert_eq!(replace(&all("old")).await, [""; 0]);
        assert_eq!(replace(&all("new")).await, names);
        for name in names {
            assert_eq!(read(to, name).await.unwrap(), "new");
        }
    });
}

#[test]
fn the_slower_of_two_publishers_is_told() {
    each(async |to| {
        let root = [file("metadata/1.root.json", "root")];
        reveal(to, &root, "one", None, Order::RootsFirst)
            .await
            .unwrap();
        let before = to.read(TIMESTAMP, 100).await.unwrap().unwrap();
        for (order, now) in [
            (Order::RootsFirst, "two"),
            (Order::TimestampFirst, "three"),
            (Order::AtOnce, "four"),
        ] {
            let current = to.read(TIMESTAMP, 100).await.unwrap().unwrap();
            let written = reveal(to, &[], now, Some(&current), order).await.unwrap();
            assert_eq!(written, [TIMESTAMP]);
            let outdated = [None, Some(&before)];
            for before in outdated {
                let error = reveal(to, &[], "late", before, order).await.unwrap_err();
                assert!(error.to_string().contains("another publisher"), "{error}");
                assert_eq!(read(to, TIMESTAMP).await.unwrap(), now);
            }
        }
    });
}

#[test]
fn roots_and_timestamp_come_in_the_order_that_is_asked_for() {
    each(async |to| {
        reveal(
            to,
            &[file("metadata/1.root.json", "1")],
            "t1",
            None,
            Order::RootsFirst,
        )
        .await
        .unwrap();
        for (version, order) in [
            (2, Order::RootsFirst),
            (3, Order::TimestampFirst),
            (4, Order::AtOnce),
        ] {
            let before = to.read(TIMESTAMP, 100).await.unwrap().unwrap();
            let name = format!("metadata/{version}.root.json");
            let root = [file(&name, "root")];
            let written = reveal(to, &root, &format!("t{version}"), Some(&before), order)
                .await
                .unwrap();
            let mut expected = vec![name.as_str(), TIMESTAMP];
            if order == Order::TimestampFirst {
                expected.reverse();
            }
            assert_eq!(written, expected);
            assert_eq!(read(to, &name).await.unwrap(), "root");
            assert_eq!(read(to, "metadata/1.root.json").await.unwrap(), "1");
            assert_eq!(read(to, TIMESTAMP).await.unwrap(), format!("t{version}"));
        }
    });
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    each(async |to| {
        targets(to, &[file("targets/x", "12345")]).await.unwrap();
        assert!(to.read("targets/x", 4).await.is_err());
        assert!(to.read("targets/x", 5).await.unwrap().is_some());
    });
}

#[test]
fn many_files_are_put_and_what_is_there_is_left() {
    each(async |to| {
        let all: Vec<NewFile> = (0..1000)
            .map(|n| file(&format!("targets/{}/{n}", n % 7), &n.to_string()))
            .collect();
        targets(to, &all[100..300]).await.unwrap();
        let mut written = Written::default();
        to.put_targets(files(&all), &Progress::none(), &mut written)
            .await
            .unwrap();
        assert_eq!(written.count(), 800);
        for n in [0, 99, 100, 299, 300, 999] {
            let name = format!("targets/{}/{n}", n % 7);
            assert_eq!(read(to, &name).await.unwrap(), n.to_string());
        }
    });
}

#[test]
fn a_source_with_another_content_is_not_published() {
    each(async |to| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("source");
        for content in [Content::Copy(path.clone()), Content::Give(path.clone())] {
            fs::write(&path, "contend").unwrap();
            let new = NewFile {
                content,
                ..file("targets/x", "content")
            };
            let error = targets(to, std::slice::from_ref(&new)).await.unwrap_err();
            assert!(error.to_string().contains("another content"), "{error}");
            assert_eq!(read(to, "targets/x").await, None);
            fs::remove_file(&path).unwrap();
            let error = targets(to, &[new]).await.unwrap_err();
            assert!(error.to_string().contains("can't be read"), "{error}");
        }
    });
}

#[test]
fn a_directory_gives_second_names_only_to_what_is_given() {
    let temporary = tempfile::tempdir().unwrap();
    let (given, copied) = (
        temporary.path().join("given"),
        temporary.path().join("copied"),
    );
    fs::write(&given, "1").unwrap();
    fs::write(&copied, "2").unwrap();
    let base = temporary.path().join("out");
    let to = Directory::open(&base, Interrupt::never()).unwrap();
    let new = [
        NewFile {
            content: Content::Give(given.clone()),
            ..file("targets/one", "1")
        },
        NewFile {
            content: Content::Copy(copied.clone()),
            ..file("targets/two", "2")
        },
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(targets(&to, &new)).unwrap();
    let same = |a: &Path, b: &Path| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(a).unwrap().ino() == fs::metadata(b).unwrap().ino()
    };
    assert!(same(&given, &base.join("targets/one")));
    assert!(!same(&copied, &base.join("targets/two")));
}

#[test]
fn two_publishers_do_not_work_in_one_directory() {
    let temporary = tempfile::tempdir().unwrap();
    let first = Directory::open(temporary.path(), Interrupt::never()).unwrap();
    let error = Directory::open(temporary.path(), Interrupt::never()).unwrap_err();
    assert!(error.to_string().contains("another publisher"), "{error}");
    drop(first);
    Directory::open(temporary.path(), Interrupt::never()).unwrap();
    let missing = temporary.path().join("no/such");
    let error = Directory::open(&missing, Interrupt::never()).unwrap_err();
    assert!(
        error.to_string().contains("there is no directory"),
        "{error}"
    );
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let temporary = tempfile::tempdir().unwrap();
    let base = temporary.path();
    for left in [
        ".privyseal-dir/1.root.json",
        "metadata/.privyseal-x",
        "targets/.privyseal-y",
    ] {
        fs::create_dir_all(base.join(left).parent().unwrap()).unwrap();
        fs::write(base.join(left), "half").unwrap();
    }
    let to = Directory::open(base, Interrupt::never()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        targets(&to, &[file("targets/x", "1")]).await.unwrap();
        metadata(&to, &[file("metadata/1.targets.json", "1")])
            .await
            .unwrap();
    });
    assert!(!base.join(".privyseal-dir").exists());
    assert_eq!(fs::read_dir(base.join("metadata")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(base.join("targets")).unwrap().count(), 1);
}

#[test]
fn who_is_interrupted_stops_between_files() {
    let (asking, interrupt) = Interrupt::by_hand();
    let temporary = tempfile::tempdir().unwrap();
    let to = Directory::open(temporary.path(), interrupt).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut done = 0;
    let asked = (0..10).map(|n| {
        done += 1;
        if n == 3 {
            asking.send_replace(true);
        }
        Ok(file(&format!("targets/{n}"), "1"))
    });
    let mut written = Written::default();
    let progress = Progress::none();
    let put = to.put_targets(Box::new(asked), &progress, &mut written);
    let error = runtime.block_on(put).unwrap_err();
    assert!(error.downcast_ref::<Interrupted>().is_some(), "{error}");
    assert_eq!((done, written.count()), (4, 3));
    let left = fs::read_dir(temporary.path().join("targets"))
        .unwrap()
        .count();
    assert_eq!(left, 3);
}
