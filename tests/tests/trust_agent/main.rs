//! The agent's rules for Docker Content Trust: what it signs for whom, over raw requests.

mod delegations;
mod documents;
mod elsewhere;
mod enrolment;
mod hostile;
mod image;
mod roots;
mod snapshots;
mod stage;
mod versions;

use privyseal_tests::rpc::Answer;

/// The reason of a refusal.
fn reason<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    answer.unwrap_err().reason
}
