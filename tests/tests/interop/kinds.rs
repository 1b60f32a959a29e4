//! A repository of each kind of delegation.

use privyseal_tests::project::Project;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;

/// A kind of delegation: how a repository of it comes to be, and what changes in it later.
pub(crate) struct Kind {
    build: fn(&Project),
    /// What `privyseal repo rotate` calls the role whose key is changed.
    pub(crate) role: &'static str,
    /// A key of that role.
    pub(crate) key: &'static str,
    /// Delegated targets: one that gets another content, with words of `privyseal repo add`, and
    /// one that goes.
    pub(crate) changes: (&'static str, &'static str),
    pub(crate) goes: &'static str,
    /// Paths that no client may find, although a role lists them.
    pub(crate) hidden: &'static [&'static str],
    /// A role that no client needs for what it may find.
    pub(crate) needless: &'static str,
    /// Dangers that are meant.
    accept: &'static str,
}

/// Patterns: nested, of overlapping roles in an order, terminating.
pub(crate) const PATHS: Kind = Kind {
    build: |project| {
        generate(project, "app beta docs more vendor late");
        delegate(project, "app", "app", "--path app/* app/*/*");
        delegate(project, "beta", "beta", "--by app --path app/beta/*");
        delegate(project, "docs", "docs", "--path shared/*");
        delegate(project, "more", "more", "--path shared/* more/*");
        delegate(project, "vendor", "vendor", "--path vendor/* --terminating");
        delegate(project, "late", "late", "--path vendor/*");
        project.add(&[("top.txt", b"top"), ("dir/top.txt", b"")], "");
        let of_app: [(&str, &[u8]); 3] = [
            ("app/one.txt", b"1"),
            ("app/two/three.txt", b"23"),
            ("app/gone.txt", b"0"),
        ];
        project.add(&of_app, "--role app");
        project.add(&[("app/beta/four.txt", b"4")], "--role beta");
        // What the first role lists counts, and the next is asked for the rest.
        project.add_hidden("shared/five.txt", b"not 5", "--role more");
        project.add(&[("shared/five.txt", b"5")], "--role docs");
        project.add(
            &[("shared/six.txt", b"6"), ("more/seven", b"7")],
            "--role more",
        );
        project.add_hidden("app/eight.txt", b"not 8", "--role app");
        project.add(&[("app/eight.txt", b"8")], "--role targets");
        project.add(&[("vendor/nine.txt", b"9")], "--role vendor");
        project.add_hidden("vendor/ten.txt", b"10", "--role late");
    },
    role: "app",
    key: "app",
    changes: ("app/one.txt", "--role app"),
    goes: "app/gone.txt",
    hidden: &["vendor/ten.txt"],
    needless: "late",
    accept: "priority",
};

/// Prefixes of the paths' hashes.
pub(crate) const HASH_PREFIXES: Kind = Kind {
    build: |project| {
        generate(project, "low high");
        let low = "--hash-prefix 0 1 2 3 4 5 6 7";
        delegate(project, "low", "low", low);
        let high = "--hash-prefix 8 9 a b c d ea eb ec ed ee ef e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f";
        delegate(project, "high", "high", high);
        add_many(project);
    },
    role: "low",
    key: "low",
    ..MANY
};

/// Hashed bins, each with an entry of its own.
pub(crate) const LISTED_BINS: Kind = Kind {
    build: |project| {
        generate(project, "bins");
        add_many(project);
        project.repo("bins 4 --listed --key bins");
    },
    role: "bins-*",
    key: "bins",
    ..MANY
};

/// Hashed bins in TAP 15's short form.
pub(crate) const SUCCINCT_BINS: Kind = Kind {
    build: |project| {
        generate(project, "bins");
        add_many(project);
        project.repo("bins 4 --key bins");
    },
    ..LISTED_BINS
};

/// Roles that need several signatures, one below the other.
pub(crate) const THRESHOLDS: Kind = Kind {
    build: |project| {
        generate(project, "app-1 app-2 app-3 beta-1 beta-2");
        let app = "app-1 app-2 app-3";
        delegate(project, "app", app, "--threshold 2 --path app/* app/*/*");
        let beta = "--by app --threshold 2 --path app/beta/*";
        delegate(project, "beta", "beta-1 beta-2", beta);
        let of_app: [(&str, &[u8]); 2] = [("app/one.txt", b"1"), ("app/gone.txt", b"0")];
        project.add(&of_app, "--role app");
        project.add(&[("app/beta/two.txt", b"2")], "--role beta");
    },
    role: "app",
    key: "app-1",
    changes: ("app/one.txt", "--role app"),
    goes: "app/gone.txt",
    hidden: &[],
    needless: "",
    accept: "",
};

/// Two roles that delegate to one, each with a key of its own for it.
pub(crate) const TWO_DELEGATORS: Kind = Kind {
    build: |project| {
        generate(project, "left right common-1 common-2");
        delegate(project, "left", "left", "--path left/* left/*/*");
        delegate(project, "right", "right", "--path right/* right/*/*");
        delegate(
            project,
            "common",
            "common-1",
            "--by left --path left/common/*",
        );
        delegate(
            project,
            "common",
            "common-1 common-2",
            "--by right --path right/common/*",
        );
        project.add(&[("left/one.txt", b"1")], "--role left");
        project.add(&[("right/two.txt", b"2")], "--role right");
        let of_common: [(&str, &[u8]); 3] = [
            ("left/common/three.txt", b"3"),
            ("right/common/four.txt", b"4"),
            ("right/common/gone.txt", b"0"),
        ];
        project.add(&of_common, "--role common");
    },
    role: "common",
    key: "common-1",
    changes: ("left/common/three.txt", "--role common"),
    goes: "right/common/gone.txt",
    hidden: &[],
    needless: "",
    accept: "",
};

/// What is the same where paths are spread by their hashes.
const MANY: Kind = Kind {
    build: add_many,
    role: "",
    key: "",
    changes: ("dir/3.txt", ""),
    goes: "dir/5.txt",
    hidden: &[],
    needless: "",
    accept: "",
};

const FILES: [&str; 12] = [
    "0.txt",
    "dir/1.txt",
    "dir/2.txt",
    "dir/3.txt",
    "dir/4.txt",
    "dir/5.txt",
    "6.txt",
    "7.txt",
    "a/b/c/8.txt",
    "a/b/c/9.txt",
    "a/10.txt",
    "a b/é.txt",
];

impl Kind {
    /// A published repository of this kind, with nested names in both layouts.
    pub(crate) fn publish(&self, stage: &Stage) -> Project {
        self.publish_as(stage, "layout = \"both\"")
    }

    /// The same, with another first line of privyseal.toml.
    pub(crate) fn publish_as(&self, stage: &Stage, line: &str) -> Project {
        let project = Project::new(&stage.sandbox, "project", stage.client("client"));
        generate(&project, "root targets online");
        project.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
             --snapshot online --timestamp online"
        ));
        project.set(line);
        (self.build)(&project);
        project.sign_and_publish(self.accept);
        project
    }
}

const NAME: &str = "example.org/app";

/// Makes keys that the agent does not have yet.
pub(crate) fn generate(project: &Project, keys: &str) {
    project.generate(NAME, keys, "");
}

/// Delegates to a role with these keys.
fn delegate(project: &Project, role: &str, keys: &str, words: &str) {
    project.repo(&format!("delegate {role} --key {keys} {words}"));
}

fn add_many(project: &Project) {
    project.add(&FILES.map(|path| (path, path.as_bytes())), "");
}
