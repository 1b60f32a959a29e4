//! An agent in this process that tells lies, for tests. The honest one has tests of its own.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use privyseal_ledger::{Hash, Tree};
use privyseal_proto::v1::ledger_server::{Ledger, LedgerServer};
use privyseal_proto::v1::{
    CheckpointReply, CheckpointRequest, Head, HeadReply, HeadRequest, LedgerRecord, ProveReply,
    ProveRequest, RecordsRequest,
};
use tokio::io::DuplexStream;
use tokio::net::UnixListener;
use tokio_stream::Stream;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::{AgentEntry, HeadMemory, TlsFiles};

/// A ledger whose records can be taken away or replaced while it is served.
#[derive(Clone, Default)]
pub(crate) struct FakeLedger(Arc<Mutex<Tree>>);

impl FakeLedger {
    /// Appends a record.
    pub(crate) fn push(&self, record: &str) {
        self.change(|tree| tree.push(Hash::leaf(record.as_bytes())));
    }

    /// Puts other records in the place of all.
    pub(crate) fn replace(&self, records: &[&str]) {
        self.change(|tree| *tree = Tree::new());
        records.iter().for_each(|record| self.push(record));
    }

    /// Its present head, as a reply carries it.
    pub(crate) fn head(&self) -> Head {
        self.change(|tree| head(tree, tree.size()))
    }

    /// Serves it on a socket in `directory`, until the runtime ends.
    pub(crate) fn serve(&self, directory: &Path) -> AgentEntry {
        let socket: PathBuf = directory.join("agent.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = Server::builder().add_service(LedgerServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(UnixListenerStream::new(listener)));
        let address = socket.to_str().unwrap().parse().unwrap();
        AgentEntry {
            name: "fake".parse().unwrap(),
            address,
            genesis: None,
            tls: TlsFiles::default(),
        }
    }

    /// Serves it on streams that somebody else accepts.
    pub(crate) fn serve_streams(
        &self,
        streams: impl Stream<Item = std::io::Result<DuplexStream>> + Send + 'static,
    ) {
        let server = Server::builder().add_service(LedgerServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(streams));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Tree) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A memory of heads in `directory`.
pub(crate) fn memory(directory: &Path) -> HeadMemory {
    HeadMemory::at(directory.join("heads"))
}

fn head(tree: &Tree, size: u64) -> Head {
    Head {
        size,
        root: tree.root(size).unwrap().into(),
    }
}

fn wire(hashes: Vec<Hash>) -> Vec<Vec<u8>> {
    hashes.into_iter().map(Into::into).collect()
}

#[tonic::async_trait]
impl Ledger for FakeLedger {
    type RecordsStream = Pin<Box<dyn Stream<Item = Result<LedgerRecord, Status>> + Send>>;

    async fn head(&self, request: Request<HeadRequest>) -> Result<Response<HeadReply>, Status> {
        let since = request.into_inner().since;
        Ok(Response::new(self.change(|tree| HeadReply {
            head: Some(head(tree, tree.size())),
            genesis: tree.leaf(0).unwrap().into(),
            consistency: wire(tree.consistency(since, tree.size()).unwrap_or_default()),
        })))
    }

    async fn prove(&self, request: Request<ProveRequest>) -> Result<Response<ProveReply>, Status> {
        let ProveRequest { index, size } = request.into_inner();
        self.change(|tree| {
            let path = tree
                .inclusion(index, size)
                .ok_or_else(|| Status::out_of_range("no"))?;
            Ok(Response::new(ProveReply {
                head: Some(head(tree, size)),
                leaf_hash: tree.leaf(index).unwrap().into(),
                path: wire(path),
                record: Vec::new(),
            }))
        })
    }

    async fn checkpoint(
        &self,
        _: Request<CheckpointRequest>,
    ) -> Result<Response<CheckpointReply>, Status> {
        Err(Status::unimplemented("not faked"))
    }

    async fn records(
        &self,
        _: Request<RecordsRequest>,
    ) -> Result<Response<Self::RecordsStream>, Status> {
        Err(Status::unimplemented("not faked"))
    }
}
