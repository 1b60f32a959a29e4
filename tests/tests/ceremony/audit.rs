//! What the ledgers say of the roots, each read from its own disk.

use std::collections::{BTreeMap, BTreeSet};

use privyseal_ledger::verify_directory;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::ledger::v1::{Caller, Decision, Lineage, Record};
use privyseal_tests::keeper::Keeper;
use privyseal_tuf::{Algorithm, Document, Sha256Digest, Signature};

use crate::REASON;
use crate::people::People;

/// What is said of each root: `old` is the second one's superseded draft.
struct Contents {
    old: Sha256Digest,
    roots: [Document; 3],
}

/// Everything that was done stands in the ledger of who did it, and nothing else does.
pub(crate) fn all(people: &mut People, old: Sha256Digest) {
    let contents = Contents {
        old,
        roots: [1, 2, 3].map(|version| people.root(version)),
    };
    let first = contents.roots[0].payload().digest;
    let mut signed = Signed::default();
    for keeper in people.everybody_mut() {
        let name = keeper.name().to_owned();
        let records = verified(keeper);
        for record in &records {
            let (who, lineage) = who_and_what(record.event.as_ref().unwrap());
            let user = nix::unistd::geteuid().as_raw();
            assert!(who.is_none_or(|who| who.uid == user), "{name}: {record:?}");
            let same = |lineage: &Lineage| lineage.first_root == first.as_bytes();
            assert!(lineage.is_none_or(same), "{name}: {record:?}");
        }
        let steps: Vec<String> = records
            .iter()
            .filter_map(|record| contents.step(record.event.as_ref().unwrap()))
            .collect();
        assert_eq!(steps, expected(&name), "{name}");
        signed.note(&name, &records);
    }
    // Nobody signed two contents of one version, but for the one that was given up, which does not
    // have the signatures that it would need.
    let [one, two, three] = contents.roots.each_ref().map(|root| root.payload().digest);
    let expected = [
        ((1, one), "ada ben cyd"),
        ((2, two), "ada cyd dan fay"),
        ((2, old), "ada cyd"),
        ((3, three), "ada dan eve"),
    ];
    let expected = expected.map(|(content, names)| (content, names.to_owned()));
    assert_eq!(signed.by, BTreeMap::from(expected));
    // What is published is what the tokens gave.
    for root in &contents.roots {
        let published: BTreeSet<Vec<u8>> = root.signatures().iter().map(raw).collect();
        assert_eq!(published, signed.signatures[&root.payload().digest]);
    }
}

/// What happened to the roots at each agent, in order.
fn expected(name: &str) -> &'static [&'static str] {
    match name {
        "ada" => &[
            "signs root 1, which is news",
            "is shown root 1",
            "signs the old root 2",
            "gives up the old root 2",
            "signs root 2",
            "is shown root 2",
            "signs root 3",
            "is shown root 3",
        ],
        "ben" => &["signs root 1, which is news"],
        "cyd" => &[
            "signs root 1, which is news, and completes it",
            "signs the old root 2",
            "gives up the old root 2",
            "signs root 2",
            "is shown root 2",
            "is shown root 3",
        ],
        "dan" => &[
            "enrols 1 roots",
            "signs root 2",
            "is shown root 2",
            "signs root 3, and completes it",
        ],
        "eve" => &["enrols 2 roots", "signs root 3", "is shown root 3"],
        "fay" => &[
            "enrols 1 roots",
            "signs root 2",
            "is shown root 2",
            "is shown root 3",
        ],
        _ => &["enrols 1 roots", "is shown root 2", "is shown root 3"],
    }
}

/// The records of an agent, which ends: an auditor finds them whole on its disk. Before, its own
/// client finds that they are those that it saw.
fn verified(keeper: &mut Keeper) -> Vec<Record> {
    // Ben's agent ended with his token.
    if keeper.name() != "ben" {
        keeper.client.ok("ledger verify");
        assert!(keeper.agent.stop().success());
    }
    let genesis = keeper.agent.genesis().parse().unwrap();
    let mut records = Vec::new();
    let mut take = |_, record: &Record| records.push(record.clone());
    verify_directory(&keeper.agent.ledger(), Some(genesis), &mut take).unwrap();
    records
}

fn who_and_what(event: &Event) -> (Option<&Caller>, Option<&Lineage>) {
    match event {
        Event::Decision(of) => (of.caller.as_ref(), of.lineage.as_ref()),
        Event::Observed(of) => (of.caller.as_ref(), of.lineage.as_ref()),
        Event::Superseded(of) => (of.operator.as_ref(), of.lineage.as_ref()),
        Event::RepositoryEnrolled(of) => (of.operator.as_ref(), of.lineage.as_ref()),
        Event::KeyEnrolled(of) => (of.operator.as_ref(), None),
        _ => (None, None),
    }
}

impl Contents {
    /// A step of the ceremony in words; none where an event is no such step.
    fn step(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Decision(of) if of.role == "root" => {
                let opens = if of.opens_lineage {
                    ", which is news"
                } else {
                    ""
                };
                let completes = if of.completes {
                    ", and completes it"
                } else {
                    ""
                };
                let root = self.name(of.version, &of.digest);
                format!("signs {root}{opens}{completes}")
            }
            Event::Observed(of) if of.role == "root" => {
                format!("is shown {}", self.name(of.version, &of.digest))
            }
            Event::Superseded(of) => {
                assert_eq!((of.role.as_str(), of.reason.as_str()), ("root", REASON));
                assert_eq!(self.name(of.version, &of.new_digest), "root 2");
                format!("gives up {}", self.name(of.version, &of.old_digest))
            }
            Event::RepositoryEnrolled(of) => format!("enrols {} roots", of.roots),
            _ => return None,
        })
    }

    fn name(&self, version: u64, digest: &[u8]) -> String {
        if version == 2 && digest == self.old.as_bytes() {
            return "the old root 2".to_owned();
        }
        let root = &self.roots[usize::try_from(version).unwrap() - 1];
        assert_eq!(digest, root.payload().digest.as_bytes());
        format!("root {version}")
    }
}

/// Who signed which root, by all ledgers.
#[derive(Default)]
struct Signed {
    by: BTreeMap<(u64, Sha256Digest), String>,
    signatures: BTreeMap<Sha256Digest, BTreeSet<Vec<u8>>>,
}

impl Signed {
    fn note(&mut self, name: &str, records: &[Record]) {
        for (index, record) in records.iter().enumerate() {
            let Some(Event::Decision(decision)) = &record.event else {
                continue;
            };
            if decision.role != "root" {
                continue;
            }
            let digest = digest(decision);
            let by = self.by.entry((decision.version, digest));
            by.and_modify(|by| *by += &format!(" {name}"))
                .or_insert_with(|| name.to_owned());
            let signature = outcome(records, index);
            self.signatures.entry(digest).or_default().insert(signature);
        }
    }
}

/// The signature that came of a decision.
fn outcome(records: &[Record], decision: usize) -> Vec<u8> {
    let mut outcomes = records.iter().filter_map(|record| match &record.event {
        Some(Event::Outcome(outcome)) if outcome.decision == decision as u64 => Some(outcome),
        _ => None,
    });
    let outcome = outcomes.next().expect("a decision has an outcome");
    assert_eq!(outcome.fault, "");
    outcome.signature.clone()
}

fn digest(decision: &Decision) -> Sha256Digest {
    hex::encode(&decision.digest).parse().unwrap()
}

fn raw(entry: &privyseal_tuf::SignatureEntry) -> Vec<u8> {
    let signature = Signature::from_hex(Algorithm::EcdsaP256, entry.sig()).unwrap();
    signature.as_raw().to_vec()
}
