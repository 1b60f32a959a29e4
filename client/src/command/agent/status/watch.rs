use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use futures_util::stream::{SelectAll, StreamExt};
use privyseal_proto::v1::{StatusReply, WatchRequest};

use crate::agent::{Agent, AgentError};
use crate::command::agent::view::{KeystoreView, StatusView};
use crate::command::context::Context;
use crate::show::{absolute, escape, now};

/// Follows agents, and prints what changes, until they all end.
///
/// # Errors
/// Where one does not let this caller watch, or ends.
pub(super) async fn run(
    agents: &[Agent],
    json: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let mut changes = SelectAll::new();
    for agent in agents {
        let replies = agent.admin().watch(WatchRequest {}).await;
        let replies = replies.map_err(|status| agent.error(&status))?.into_inner();
        let named = move |reply: Result<StatusReply, tonic::Status>| {
            (agent, reply.map_err(|status| agent.error(&status)))
        };
        changes.push(replies.map(named));
    }
    let mut known: BTreeMap<String, Seen> = BTreeMap::new();
    while let Some((agent, reply)) = changes.next().await {
        let reply: Result<StatusReply, AgentError> = reply;
        let view = StatusView::new(agent, reply?);
        if json {
            context.screen.json_line(&view)?;
        } else {
            let seen = known.entry(agent.name().to_owned()).or_default();
            for line in seen.changed_to(view.keystores()) {
                let time = absolute(now());
                writeln!(context.screen, "{time} {}: {line}", escape(agent.name()))?;
            }
        }
        context.screen.flush()?;
    }
    Ok(())
}

/// What was told of an agent's keystores.
#[derive(Debug, Default)]
struct Seen {
    states: BTreeMap<String, String>,
    waits: BTreeSet<String>,
}

impl Seen {
    /// What is new, in lines for a person. Lines come from [`KeystoreView`], which makes them safe to
    /// show.
    fn changed_to(&mut self, keystores: &[KeystoreView]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut waits = BTreeSet::new();
        for keystore in keystores {
            let line = keystore.line();
            let before = self.states.insert(keystore.name.clone(), line.clone());
            if before.as_ref() != Some(&line) {
                lines.push(line);
            }
            waits.extend(keystore.waits());
        }
        let begun = waits.difference(&self.waits).cloned();
        let over = self.waits.difference(&waits);
        let over = over.map(|wait| format!("no longer: {wait}"));
        lines.extend(over.chain(begun));
        self.waits = waits;
        lines
    }
}

#[cfg(test)]
mod tests {
    use privyseal_proto::v1::keystore_status::State;
    use privyseal_proto::v1::waiting::Kind;
    use privyseal_proto::v1::{KeystoreStatus, Waiting};

    use super::*;

    fn keystore(state: State, waiting: Vec<Waiting>) -> KeystoreView {
        KeystoreView::from(KeystoreStatus {
            name: "root-a".to_owned(),
            state: state.into(),
            token_serial: match state {
                State::Absent => String::new(),
                _ => "12345678".to_owned(),
            },
            waiting,
            kind: "piv".to_owned(),
            ..KeystoreStatus::default()
        })
    }

    #[test]
    fn each_change_is_told_once() {
        let mut seen = Seen::default();
        let absent = [keystore(State::Absent, vec![])];
        assert_eq!(seen.changed_to(&absent), ["root-a: not plugged in"]);
        assert!(seen.changed_to(&absent).is_empty());
        let touch = Waiting {
            kind: Kind::Touch.into(),
            keystore: "root-a".to_owned(),
            device: "YubiKey 12345678".to_owned(),
            about: "root v7 of\nexample.org".to_owned(),
            until: 1_795_316_295,
            ..Waiting::default()
        };
        let wait = "YubiKey 12345678 wants a touch until 2026-11-22T02:58:15Z, to sign root v7 of\\nexample.org";
        let waits = [keystore(State::Ready, vec![touch])];
        let ready = "root-a: ready, YubiKey 12345678".to_owned();
        assert_eq!(seen.changed_to(&waits), [ready, wait.to_owned()]);
        assert!(seen.changed_to(&waits).is_empty());
        let over = seen.changed_to(&[keystore(State::Ready, vec![])]);
        assert_eq!(over, [format!("no longer: {wait}")]);
    }
}
