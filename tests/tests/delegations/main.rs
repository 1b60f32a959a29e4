//! Delegated roles: who may sign for them, what they may list, and what the agent remembers.

#![cfg(test)]

mod bins;
mod delegators;
mod enrolment;
mod grants;
mod roles;
mod snapshots;

use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{RoleMemory, SupersedeReply, SupersedeRequest};
use privyseal_tests::metadata::{self, RoleOf, digest, edited, in_days};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::stage::Stage;
use tonic::Code;

/// An agent with an open repository `example.org/app`, and a key `team` that none of the four roles
/// has.
fn stage() -> Option<(Stage, Repository, RoleOf)> {
    let stage = Stage::new()?;
    let rpc = stage.rpc();
    let app = Repository::open(&rpc, "app");
    let team = key(&rpc, "team");
    Some((stage, app, team))
}

/// A new key of `example.org/app`, which alone must sign.
fn key(rpc: &Rpc, name: &str) -> RoleOf {
    let key = rpc.generate(name, "ecdsa-p256", "example.org/app");
    RoleOf::new(1, &[key.unwrap()])
}

fn assert_refused<T: std::fmt::Debug>(answer: Answer<T>, code: Code, reason: &str) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.codes(), (code, reason), "{}", refusal.message);
}

/// Refused because of what the agent knows.
fn assert_unfit<T: std::fmt::Debug>(answer: Answer<T>, reason: &str) {
    assert_refused(answer, Code::FailedPrecondition, reason);
}

fn assert_unknown<T: std::fmt::Debug>(answer: Answer<T>) {
    assert_refused(answer, Code::InvalidArgument, "UNKNOWN_ROLE");
}

/// What the agent remembers of a delegated role.
fn memory(rpc: &Rpc, repository: &Repository, role: &str) -> Option<RoleMemory> {
    let reply = rpc.lineage_with(&repository.lineage, &[role]).unwrap();
    reply.roles.into_iter().find(|memory| memory.role == role)
}

fn version(rpc: &Rpc, repository: &Repository, role: &str) -> (u64, State) {
    let memory = memory(rpc, repository, role).expect("the role is remembered");
    (memory.version, memory.state())
}

/// The same document with another expiry: other content under the same version.
fn other(document: &[u8]) -> Vec<u8> {
    edited(document, |signed| {
        signed["expires"] = in_days(5).as_str().into();
    })
}

/// Targets metadata that lists these paths.
fn listing(version: u64, paths: &[&str]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = paths.iter().map(|path| (*path, &b"x"[..])).collect();
    metadata::targets(version, &files)
}

fn supersede(
    rpc: &Rpc,
    repository: &Repository,
    role: &str,
    version: u64,
    [old, new]: [&[u8]; 2],
) -> Answer<SupersedeReply> {
    rpc.supersede(SupersedeRequest {
        lineage: Some(repository.lineage.clone()),
        role: role.to_owned(),
        version,
        old_digest: digest(old).to_string(),
        new_digest: digest(new).to_string(),
        reason: "a wrong date".to_owned(),
        server_refused: false,
    })
}
