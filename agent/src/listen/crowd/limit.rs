//! Which crowds there are, and how large they may be.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Crowd, Inside};
use crate::config::Limits;

/// What a message has besides its document, in bytes, at most.
pub const ENVELOPE: u32 = 64 * 1024;

/// The most at a time, and what the config calls it.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub(super) most: usize,
    pub(super) name: &'static str,
}

impl Limit {
    fn new(most: u32, name: &'static str) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, name }
    }

    /// What is kept of it for operators and local callers, so that others get at least one.
    fn eighth(&self) -> usize {
        match self.most {
            0 | 1 => 0,
            most => (most / 8).max(1),
        }
    }
}

impl Crowd {
    /// Requests in flight.
    #[must_use]
    pub fn requests(limits: &Limits) -> Arc<Self> {
        let all = Limit::new(limits.requests.get(), "limits.requests");
        let each = Limit::new(limits.caller_requests.get(), "limits.caller_requests");
        let kept = all.eighth();
        Self::new("requests in flight", all, each, kept)
    }

    /// Connections of callers.
    #[must_use]
    pub fn connections(limits: &Limits) -> Arc<Self> {
        let all = Limit::new(limits.connections.get(), "limits.connections");
        let each = Limit::new(limits.caller_connections.get(), "limits.caller_connections");
        let kept = all.eighth();
        Self::new("connections", all, each, kept)
    }

    /// Connections of those who are only told no: an eighth of all.
    #[must_use]
    pub fn strangers(limits: &Limits) -> Arc<Self> {
        let most = (limits.connections.get() / 8).max(1);
        let limit = Limit::new(most, "an eighth of limits.connections");
        Self::new("connections of strangers", limit.clone(), limit, 0)
    }

    /// Requests for health: an eighth as many as other requests, beside those, but a few always.
    #[must_use]
    pub fn health(limits: &Limits) -> Arc<Self> {
        let few = |of: u32| (of / 8).max(4);
        let all = few(limits.requests.get());
        let all = Limit::new(all, "an eighth of limits.requests");
        let each = few(limits.caller_requests.get());
        let each = Limit::new(each, "an eighth of limits.caller_requests");
        let kept = all.eighth();
        Self::new("requests for health", all, each, kept)
    }

    /// The longest messages, in bytes: with a document, and with all the roots of a repository.
    #[must_use]
    pub fn messages(limits: &Limits) -> [usize; 2] {
        let message = limits.document_bytes.saturating_add(ENVELOPE as usize);
        [message, message.saturating_mul(4)]
    }

    /// Bytes of messages that have not arrived whole: as many as four of the largest documents of
    /// each caller, and of all four times that.
    #[must_use]
    pub fn unfinished(limits: &Limits) -> Arc<Self> {
        // What enrols a repository is one message, and has its prefix besides.
        let [_, enrolment] = Self::messages(limits);
        let most = enrolment.saturating_add(ENVELOPE as usize);
        let name = "four times limits.document_bytes";
        let each = Limit { most, name };
        let name = "16 times limits.document_bytes";
        let most = most.saturating_mul(4);
        let all = Limit { most, name };
        let kept = each.most;
        Self::new("bytes of unfinished requests", all, each, kept)
    }

    pub(super) fn new(what: &'static str, all: Limit, each: Limit, kept: usize) -> Arc<Self> {
        Arc::new(Self {
            what,
            all,
            each,
            kept,
            inside: Mutex::new(Inside::default()),
            emptied: Notify::new(),
        })
    }
}
