//! The connections of a listener, whose certificates are verified again when what is trusted
//! changes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use rustls::{
    pki_types::{CertificateDer, UnixTime},
    server::danger::ClientCertVerifier,
};
use tokio::sync::oneshot;

use crate::caller::{Caller, Standing};

/// Every connection that is open.
#[derive(Debug, Default)]
pub(super) struct Live(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    all: HashMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    proof: Arc<Proof>,
    /// Dropped when the connection is to end.
    _stay: oneshot::Sender<()>,
}

/// What a handshake proved.
#[derive(Debug)]
pub(super) struct Proof {
    /// The client's certificate and what it sent with it.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Who that is.
    pub(super) caller: Arc<Caller>,
    /// Whether it still holds.
    pub(super) standing: Arc<Standing>,
}

/// An entry among the connections, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    live: Arc<Live>,
    id: u64,
}

impl Proof {
    /// Is the chain trusted now? Where it is not, the caller is out.
    pub(super) fn verify(&self, verifier: &dyn ClientCertVerifier) -> bool {
        let Some((leaf, others)) = self.chain.split_first() else {
            return false;
        };
        // What merely expires ends by itself, and says so.
        if self.standing.left().is_zero() {
            return true;
        }
        match verifier.verify_client_cert(leaf, others, UnixTime::now()) {
            Ok(_) => true,
            Err(error) => {
                self.standing.withdraw();
                tracing::info!(caller = self.caller.name(), "no longer trusted: {error}");
                false
            }
        }
    }
}

impl Live {
    /// Enters a connection. The receiver fails when it is to end.
    pub(super) fn enter(self: &Arc<Self>, proof: Arc<Proof>) -> (Entry, oneshot::Receiver<()>) {
        let (stay, end) = oneshot::channel();
        let mut inner = self.0.lock();
        let id = inner.next;
        inner.next = id.wrapping_add(1);
        let connection = Connection { proof, _stay: stay };
        inner.all.insert(id, connection);
        let live = Arc::clone(self);
        (Entry { live, id }, end)
    }

    /// Ends every connection whose chain this verifier does not trust.
    pub(super) fn verify(&self, verifier: &dyn ClientCertVerifier) {
        let all: Vec<_> = {
            let inner = self.0.lock();
            let all = inner.all.iter();
            all.map(|(id, open)| (*id, Arc::clone(&open.proof)))
                .collect()
        };
        // Outside of the lock: a verification takes a while, and connections come and go.
        for (id, proof) in all {
            if !proof.verify(verifier) {
                self.0.lock().all.remove(&id);
            }
        }
    }
}

impl Entry {
    /// Ends this connection.
    pub(super) fn end(&self) {
        self.live.0.lock().all.remove(&self.id);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end();
    }
}
