//! Hashed bins: adding one target touches and signs one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use privyseal_tests::project::Project;
use privyseal_tests::records;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use privyseal_tests::tuf_client::PythonTuf;
use privyseal_tuf::Sha256Digest;

const NAME: &str = "example.org/app";

/// As many as the issue asks for, where time does not matter.
fn count() -> u32 {
    match std::env::var_os("PRIVYSEAL_FULL") {
        Some(_) => 16_384,
        None => 256,
    }
}

#[test]
fn adding_one_target_touches_and_signs_one_succinct_bin() {
    adding_one_target_touches_and_signs_one_bin(count(), "");
}

#[test]
fn adding_one_target_touches_and_signs_one_listed_bin() {
    adding_one_target_touches_and_signs_one_bin(count(), "--listed");
}

fn adding_one_target_touches_and_signs_one_bin(count: u32, words: &str) {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    project.generate(NAME, "root targets bins online", "");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    let files: [(&str, &[u8]); 3] = [("one", b"1"), ("a/two", b"2"), ("a/b/three", b"3")];
    project.add(&files, "");
    project.repo(&format!("bins {count} --key bins {words}"));
    project.sign_and_publish("");
    let signed = decided(&stage).len();
    assert_eq!(signed, 4 + count as usize, "the four roles, and each bin");
    python.accepts(&project, &["four"], None);

    let before = Touched::of(&project.repository());
    project.add(&[("four", b"4")], "");
    let drafts = fs::read_dir(project.directory().join("draft/delegated")).unwrap();
    assert_eq!(drafts.count(), 1, "one bin is drafted");
    project.sign_and_publish("");
    let bin = bin_of("four", count);
    let expected = [&format!("{bin} 2"), "snapshot 2", "timestamp 2"];
    assert_eq!(decided(&stage)[signed..], expected);
    let expected = [
        format!("metadata/2.{bin}.json"),
        "metadata/2.snapshot.json".to_owned(),
        "metadata/timestamp.json".to_owned(),
        format!("targets/{}.four", Sha256Digest::of(b"4")),
    ];
    assert_eq!(
        before.changes(&project.repository()),
        BTreeSet::from(expected)
    );
    let versions = python.accepts(&project, &[], None);
    assert!(versions.contains(&format!("{bin} 2")), "{versions}");
}

/// The name of the bin of a path.
fn bin_of(path: &str, count: u32) -> String {
    let bits = count.trailing_zeros();
    let hash = Sha256Digest::of(path.as_bytes());
    let first = u32::from_be_bytes(hash.as_bytes()[..4].try_into().unwrap());
    let digits = bits.div_ceil(4) as usize;
    format!("bins-{:0digits$x}", first >> (32 - bits))
}

/// What the agent decided to sign, as "role version".
fn decided(stage: &Stage) -> Vec<String> {
    let decisions = records::decisions(&stage.rpc()).into_iter();
    decisions
        .map(|of| format!("{} {}", of.role, of.version))
        .collect()
}

/// What would tell that a file was written, or put in the place of another.
struct Touched(BTreeMap<String, (u64, i64, i64)>);

impl Touched {
    fn of(directory: &Path) -> Self {
        let mut found = BTreeMap::new();
        let mut open = vec![directory.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                let of = fs::metadata(&path).unwrap();
                if of.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(directory).unwrap().to_str().unwrap();
                    found.insert(name.to_owned(), (of.ino(), of.ctime(), of.ctime_nsec()));
                }
            }
        }
        Self(found)
    }

    /// The files that are not as they were.
    fn changes(&self, directory: &Path) -> BTreeSet<String> {
        let now = Self::of(directory).0;
        let names = self.0.keys().chain(now.keys());
        let changed = names.filter(|name| self.0.get(*name) != now.get(*name));
        changed.cloned().collect()
    }
}
