//! Two at once, and answers that do not come.

use std::path::Path;
use std::thread;

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::faulty_proxy::{Deed, FaultyProxy, Request};

use crate::stage::{Stage, hex};

impl Stage {
    /// A proxy that does this to the first upload.
    pub(crate) fn before_server(&self, deed: Deed) -> FaultyProxy {
        let mut uploads = 0;
        let rule = move |request: &Request| {
            uploads += usize::from(request.method == "POST");
            match request.method == "POST" && uploads == 1 {
                true => deed,
                false => Deed::Forward,
            }
        };
        let (url, ca) = (self.stack.server.url(), self.stack.server.ca());
        FaultyProxy::before_tls(url, Path::new(ca), rule)
    }

    /// Another user with the same keys.
    pub(crate) fn other(&self, name: &str) -> Client {
        self.agents.client(&self.sandbox, name, &self.stack)
    }

    /// A user publishes while somebody else does, before the first upload arrives.
    fn meanwhile(&self, words: &str, others: impl FnOnce()) -> Answer {
        let proxy = self.before_server(Deed::Hold);
        let client = self.other("other");
        let words = format!("trust {words} --server {}", proxy.url());
        thread::scope(|scope| {
            let answer = scope.spawn(|| client.run(&words));
            proxy.wait_until_held();
            others();
            proxy.release();
            answer.join().unwrap()
        })
    }
}

#[test]
fn two_who_sign_at_once_both_do() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/race");
    let (_, one) = stage.push("demo/race", "v1");
    let (_, two) = stage.push("demo/race", "v2");
    stage.ok(&format!("init {gun}"));
    let answer = stage.meanwhile(&format!("sign {one}"), || {
        stage.ok(&format!("sign {two}"));
    });
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(stage.signed(&gun).len(), 2);
    assert!(stage.notary().ok(&["list", &gun]).contains("v1"));
}

#[test]
fn whoever_changes_what_others_changed_is_told_to_look_again() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/told");
    let (_, one) = stage.push("demo/told", "v1");
    let (v2, two) = stage.push("demo/told", "v2");
    stage.ok(&format!("sign {one}"));
    let answer = stage.meanwhile(&format!("revoke {one}"), || {
        stage.ok(&format!("sign {two}"));
    });
    assert_eq!(answer.status, 1, "{answer:?}");
    assert!(answer.stderr.contains("at the same time"), "{answer:?}");
    assert_eq!(stage.signed(&gun).len(), 2, "nothing is lost");
    stage.other("third").ok(&format!("trust revoke {one}"));
    let left = stage.signed(&gun);
    assert_eq!((left.len(), &left[0].1), (1, &hex(&v2)));
}

#[test]
fn a_signer_who_is_removed_while_signing_does_not_sign() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/gone");
    for signer in ["alice", "bob"] {
        stage.client.ok(&format!(
            "--agent desk trust key generate signer-{signer} --repository **"
        ));
        stage.ok(&format!(
            "signer add {signer} {gun} --key signer-{signer}.pub"
        ));
    }
    let (_, one) = stage.push("demo/gone", "v1");
    stage.ok(&format!("sign {one}"));
    let (_, two) = stage.push("demo/gone", "v2");
    let answer = stage.meanwhile(&format!("sign {two} --roles targets/alice"), || {
        stage.ok(&format!("signer remove alice {gun}"));
    });
    assert_ne!(answer.status, 0, "{answer:?}");
    let left = stage.signed(&gun);
    assert_eq!((left.len(), left[0].0.as_str()), (1, "v1"));
    stage.ok(&format!("sign {two}"));
    assert_eq!(stage.signed(&gun).len(), 2);
}

/// After an upload that ends so, the same command finds out what became of it.
fn settles(deed: Deed, says: &str) {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/cut");
    let (v1, one) = stage.push("demo/cut", "v1");
    stage.ok(&format!("init {gun}"));
    let proxy = stage.before_server(deed);
    let cut = stage.run(&format!("sign {one} --server {}", proxy.url()));
    assert_eq!(cut.status, 1, "{cut:?}");
    let status = stage.ok(&format!("status {gun}"));
    assert!(status.contains("whose end was not seen"), "{status}");
    let again = stage.run(&format!("sign {one}"));
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.stderr.contains(says), "{again:?}");
    let signed = stage.signed(&gun);
    assert_eq!((signed.len(), &signed[0].1), (1, &hex(&v1)));
    assert!(stage.ok(&format!("status {gun}")).contains("nothing waits"));
}

#[test]
fn an_upload_whose_answer_is_lost_is_found() {
    settles(Deed::CutAnswer, "had arrived");
}

#[test]
fn an_upload_that_never_arrived_is_sent_again() {
    settles(Deed::Cut, "was sent again");
}

#[test]
fn an_upload_that_somebody_else_answered_with_500_is_sent_again() {
    settles(Deed::Answer(500, "Nothing"), "was sent again");
}

#[test]
fn the_first_root_survives_a_cut() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/first");
    for deed in [Deed::Cut, Deed::CutAnswer] {
        let gun = format!("{gun}-{}", matches!(deed, Deed::Cut));
        let proxy = stage.before_server(deed);
        let cut = stage.run(&format!("init {gun} --server {}", proxy.url()));
        assert_eq!(cut.status, 1, "{cut:?}");
        stage.ok(&format!("publish {gun}"));
        let sha = "cd".repeat(32);
        stage.ok(&format!("add {gun} v1 --sha256 {sha} --size 3 -p"));
        assert_eq!(stage.signed(&gun).len(), 1);
        assert_eq!(stage.stack.published(&gun).version("root"), 1);
    }
}
