use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::ledger::v1::{Lineage, NotaryDecision};

use super::{RecordView, short};
use crate::show::absolute;

impl RecordView {
    /// What was signed, shown, given up and refused.
    pub(super) fn describe_signing(&mut self, event: &Event) {
        match event {
            Event::Decision(decision) => {
                self.event = "will sign";
                self.by(decision.caller.as_ref());
                self.subject = subject(&decision.lineage, &decision.role, decision.version);
                self.key.clone_from(&decision.key);
                let digest = hex::encode(&decision.digest);
                let opens = if decision.opens_lineage {
                    ", opens the lineage"
                } else {
                    ""
                };
                let completes = if decision.completes {
                    ", completes the document"
                } else {
                    ""
                };
                self.detail = format!("{}{opens}{completes}", short(&digest));
            }
            Event::NotaryDecision(decision) => self.describe_notary(decision),
            Event::Outcome(outcome) if outcome.fault.is_empty() => {
                self.event = "signed";
                self.detail = format!("decision {}", outcome.decision);
            }
            Event::Outcome(outcome) => {
                self.event = "NOT signed";
                self.detail = format!("decision {}: {}", outcome.decision, outcome.fault);
            }
            Event::Observed(observed) => {
                self.event = "observed";
                self.by(observed.caller.as_ref());
                self.subject = subject(&observed.lineage, &observed.role, observed.version);
                self.detail = short(&hex::encode(&observed.digest));
            }
            Event::RepositoryEnrolled(enrolled) => {
                self.event = "repository enrolled";
                self.by(enrolled.operator.as_ref());
                self.subject = subject(&enrolled.lineage, "root", enrolled.roots);
                let parts = match enrolled.parts {
                    0 => String::new(),
                    parts => format!(", and those of {parts} parts before"),
                };
                self.detail = format!("{} documents{parts}", enrolled.documents.len());
            }
            Event::EnrollmentPart(part) => {
                self.event = "enrollment part";
                self.subject = lineage(&part.lineage);
                self.detail = format!("{}: {} documents", part.number, part.documents.len());
            }
            Event::Superseded(superseded) => {
                self.event = "SUPERSEDED";
                self.by(superseded.operator.as_ref());
                self.subject = subject(&superseded.lineage, &superseded.role, superseded.version);
                let (old, new) = (
                    hex::encode(&superseded.old_digest),
                    hex::encode(&superseded.new_digest),
                );
                let refused = match superseded.server_refused {
                    true => "complete, refused by the server: ",
                    false => "",
                };
                let (old, new) = (short(&old), short(&new));
                self.detail = format!("{old} -> {new}: {refused}{}", superseded.reason);
            }
            Event::Refusals(refusals) => {
                self.event = "refused";
                self.by(refusals.caller.as_ref());
                let counts = refusals.counts.iter();
                let counts = counts.map(|count| format!("{} × {}", count.count, count.reason));
                self.detail = counts.collect::<Vec<_>>().join(", ");
            }
            _ => {}
        }
    }

    fn describe_notary(&mut self, decision: &NotaryDecision) {
        self.event = "will sign";
        self.by(decision.caller.as_ref());
        self.subject = format!(
            "{}/{} {} {}",
            decision.authority, decision.repository, decision.role, decision.version
        );
        self.key.clone_from(&decision.key);
        let digest = short(&hex::encode(&decision.digest));
        let reissued = if decision.reissued { ", REISSUED" } else { "" };
        self.detail = format!("{digest}, expires {}{reissued}", absolute(decision.expires));
    }
}

fn subject(of: &Option<Lineage>, role: &str, version: u64) -> String {
    format!("{} {role} {version}", lineage(of))
        .trim_start()
        .to_owned()
}

fn lineage(lineage: &Option<Lineage>) -> String {
    let names = lineage.as_ref();
    names.map_or(String::new(), |names| {
        format!("{}/{}", names.authority, names.repository)
    })
}
