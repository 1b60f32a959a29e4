//! A bucket of a real S3-compatible server, from which python-tuf downloads over HTTP.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use privyseal_tests::client::Answer;
use privyseal_tests::faulty_proxy::{Deed, FaultyProxy, Request};
use privyseal_tests::s3::S3;
use privyseal_tests::wait;

use crate::ground::{Ground, files_below};

/// A project, signed, and a bucket.
pub(crate) struct Shop {
    pub(crate) ground: Ground,
    pub(crate) s3: S3,
    /// The address to publish to.
    pub(crate) to: String,
    /// Where readers find it.
    pub(crate) public: String,
}

impl Shop {
    pub(crate) fn open() -> Option<Self> {
        let ground = Ground::signed()?;
        let s3 = S3::start(ground.sandbox())?;
        Some(Self {
            to: format!("s3://{}/some/prefix", S3::BUCKET),
            public: s3.public_url("some/prefix"),
            ground,
            s3,
        })
    }

    /// `repo publish` to the bucket, not started yet.
    pub(crate) fn command(&self) -> Command {
        self.command_at(self.s3.url())
    }

    /// The same, where the bucket is behind a proxy.
    pub(crate) fn command_at(&self, url: &str) -> Command {
        let mut command = self.ground.command(&format!("publish --to {}", self.to));
        command.envs(S3::environment_at(url));
        command
    }

    pub(crate) fn publish(&self) -> Answer {
        self.command().output().unwrap().into()
    }

    pub(crate) fn publish_at(&self, url: &str) -> Answer {
        self.command_at(url).output().unwrap().into()
    }

    pub(crate) fn assert_published(&self) -> String {
        let answer = self.publish();
        assert_eq!(answer.status, 0, "{answer:#?}");
        answer.stdout
    }

    pub(crate) fn assert_accepted(&mut self) -> [u64; 4] {
        let public = self.public.clone();
        self.ground.assert_accepted(&public)
    }
}

pub(crate) fn is_timestamp(request: &Request) -> bool {
    request.method == "PUT" && request.path.ends_with("/metadata/timestamp.json")
}

#[test]
fn python_tuf_downloads_what_is_in_the_bucket() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    let odd = "what clients encode: 100%41 # of it?";
    shop.ground.add(odd, b"odd");
    shop.ground.targets.remove(odd);
    shop.ground.sign();
    shop.assert_published();
    let objects = shop.s3.objects("some/prefix");
    assert_eq!(
        files_below(&objects),
        files_below(&shop.ground.repository())
    );
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
    assert!(shop.assert_published().contains("nothing to publish"));

    shop.ground.change();
    shop.assert_published();
    assert_eq!(shop.assert_accepted(), [1, 3, 3, 3]);
    shop.ground.rotate_online_key();
    let said = shop.assert_published();
    assert!(said.contains("rotate in two steps"), "{said}");
    assert_eq!(shop.assert_accepted(), [2, 3, 4, 4]);
    assert_eq!(
        files_below(&objects),
        files_below(&shop.ground.repository())
    );
}

#[test]
fn browsers_and_caches_are_told_what_files_are() {
    let Some(shop) = Shop::open() else {
        return;
    };
    shop.assert_published();
    let headers = |name: &str| {
        let path = shop.public.split_once("//").unwrap().1;
        let (host, path) = path.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "GET /{path}/{name} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let head = answer.split("\r\n\r\n").next().unwrap();
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>()
    };
    for (name, kind, cache) in [
        ("metadata/timestamp.json", "application/json", "no-cache"),
        ("metadata/1.root.json", "application/json", "immutable"),
        ("metadata/1.app.json", "application/json", "immutable"),
    ] {
        let headers = headers(name);
        assert_eq!(headers["content-type"], kind, "{name}: {headers:?}");
        assert!(
            headers["cache-control"].contains(cache),
            "{name}: {headers:?}"
        );
    }
    let target = files_below(&shop.ground.repository().join("targets"));
    let target = target
        .iter()
        .find(|name| name.ends_with("hello.txt"))
        .unwrap();
    let headers = headers(&format!("targets/{target}"));
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert!(
        headers["cache-control"].contains("immutable"),
        "{headers:?}"
    );
}

#[test]
fn a_large_file_goes_in_parts_and_nothing_of_it_stays_where_it_is_given_up() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    shop.assert_published();
    let large: Vec<u8> = (0..20_u32 << 20).map(|n| (n >> 8) as u8).collect();
    shop.ground.add("large", &large);
    shop.ground.sign();
    let idle = shop.s3.internals().len();

    // Ctrl-C while the second part is on its way.
    let proxy = FaultyProxy::before(shop.s3.url(), |request| {
        if request.path.contains("partNumber=2") {
            Deed::Hold
        } else {
            Deed::Forward
        }
    });
    let child = shop
        .command_at(&proxy.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    proxy.wait_until_held();
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let answer: Answer = child.wait_with_output().unwrap().into();
    proxy.release();
    assert_eq!(answer.status, 130, "{answer:?}");
    assert!(answer.stderr.contains("interrupted"), "{answer:?}");
    wait::until("the end of the parts", || {
        (shop.s3.internals().len() == idle).then_some(())
    });
    let old = shop.ground.question(&shop.public).target("large", None);
    assert_eq!(shop.ground.judge.ask(&old).unwrap(), [1, 1, 1, 1]);

    shop.assert_published();
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
    let parts: Vec<_> = proxy.requests();
    assert!(
        parts.iter().any(|request| request.method == "DELETE"),
        "{parts:?}"
    );
}

#[test]
fn a_store_without_conditional_writes_is_named_so() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    let publish = |shop: &Shop| {
        let mut command = shop.command();
        command.env("AWS_CONDITIONAL_PUT", "disabled");
        let answer: Answer = command.output().unwrap().into();
        assert_eq!(answer.status, 0, "{answer:?}");
        assert!(
            answer.stdout.contains("no conditional writes"),
            "{answer:?}"
        );
    };
    publish(&shop);
    shop.ground.change();
    publish(&shop);
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
}

#[test]
fn credentials_are_never_shown() {
    let Some(shop) = Shop::open() else {
        return;
    };
    for url in [shop.s3.url(), "http://127.0.0.1:1"] {
        let mut command = shop.command_at(url);
        command.env("AWS_ACCESS_KEY_ID", "SOMEBODYELSE");
        command.env("RUST_LOG", "trace");
        let answer: Answer = command.output().unwrap().into();
        assert_eq!(answer.status, 1, "{answer:?}");
        let said = format!("{answer:?}");
        assert!(
            !said.contains(S3::secret()) && !said.contains("Signature="),
            "{said}"
        );
    }
    let url = "s3://AKIA:secret-in-url@bucket/prefix";
    let answer = shop.ground.try_repo(&format!("publish --to {url}"));
    assert_eq!(answer.status, 2, "{answer:?}");
    assert!(
        answer.stderr.contains("belong into the environment"),
        "{answer:?}"
    );
}

/// For the proxies that hold requests back for a while.
pub(crate) const LONG: Duration = Duration::from_secs(3);
