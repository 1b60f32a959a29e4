//! Two publishers of one repository at the same time.

use std::thread;

use privyseal_tests::notary::{Notary, NotaryStack};

/// In a race somebody loses; nobody loses this often.
const ATTEMPTS: u32 = 50;

/// Two who may publish to one repository with the same key. They contend for the version of
/// `targets`, and for those of snapshot and timestamp, which the server makes and the signer signs.
///
/// They change the same role: of two who changed different ones, one was now and then in no later
/// snapshot of notary-server's, though it had answered with success.
pub(crate) struct Race<'a> {
    stack: &'a NotaryStack,
    repository: &'a str,
    one: Notary,
    two: Notary,
}

impl<'a> Race<'a> {
    /// Makes the repository.
    pub(crate) fn prepare(stack: &'a NotaryStack, repository: &'a str) -> Self {
        let (one, two) = (stack.notary(), stack.notary());
        one.ok(&["init", "--publish", repository]);
        one.ok(&["key", "rotate", repository, "snapshot", "--server-managed"]);
        one.share_keys(&two);
        Self {
            stack,
            repository,
            one,
            two,
        }
    }

    /// Runs so many rounds. After each, somebody who has seen nothing reads what both published.
    /// Returns how often a publisher was turned away.
    pub(crate) fn run(&self, rounds: u32) -> u32 {
        (0..rounds).map(|round| self.round(round)).sum()
    }

    fn round(&self, round: u32) -> u32 {
        let [first, second] = ["one", "two"].map(|who| format!("{who}-{round}"));
        self.one.stage(self.repository, &first, first.as_bytes());
        self.two.stage(self.repository, &second, second.as_bytes());
        let lost = thread::scope(|scope| {
            let one = scope.spawn(|| self.publish(&self.one));
            self.publish(&self.two) + one.join().unwrap()
        });
        let listed = self.stack.notary().ok(&["list", self.repository]);
        assert!(
            listed.contains(&first) && listed.contains(&second),
            "round {round}: {listed}"
        );
        lost
    }

    /// Tries until it succeeds; returns how often it did not.
    fn publish(&self, publisher: &Notary) -> u32 {
        let mut lost = 0;
        loop {
            let answer = publisher.run(&["publish", self.repository]);
            if answer.status == 0 {
                return lost;
            }
            lost += 1;
            assert!(lost < ATTEMPTS, "{answer:#?}");
        }
    }
}
