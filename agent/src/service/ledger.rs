//! `privyseal.v1.Ledger`.

use std::{pin::Pin, sync::Arc};

use privyseal_ledger::Reader;
use privyseal_proto::v1::{
    CheckpointReply, CheckpointRequest, HeadReply, HeadRequest, LedgerRecord, ProveReply,
    ProveRequest, RecordsRequest, ledger_server::Ledger,
};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::Desk;
use crate::{
    corridor::{known, wire_head},
    denial::{Denial, Reason},
    fault::{Fault, Stop},
    ledger::{CheckpointError, LedgerFault},
    operate::operator,
};

/// Serves the ledger.
pub struct LedgerService(Desk);

impl LedgerService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }

    fn reader(&self) -> Reader {
        self.0.house().ledger.reader().clone()
    }
}

/// Records that may wait for their reader.
const WAITING: usize = 512;

fn range(what: String) -> Denial {
    Denial::new(Reason::LedgerRange, what)
}

#[tonic::async_trait]
impl Ledger for LedgerService {
    type RecordsStream = Pin<Box<dyn Stream<Item = Result<LedgerRecord, Status>> + Send>>;

    async fn head(&self, request: Request<HeadRequest>) -> Result<Response<HeadReply>, Status> {
        let caller = Desk::caller(&request)?;
        let since = request.into_inner().since;
        let work = async {
            known(&caller, &self.0.house().config)?;
            let head = self.reader().head();
            let proof = match since {
                0 => Vec::new(),
                _ => self.reader().consistency(since, head.size).ok_or_else(|| {
                    range(format!(
                        "the ledger has {} records, fewer than {since}",
                        head.size
                    ))
                })?,
            };
            Ok(HeadReply {
                head: Some(wire_head(head)),
                genesis: self.reader().genesis().into(),
                consistency: proof.into_iter().map(Into::into).collect(),
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn checkpoint(
        &self,
        request: Request<CheckpointRequest>,
    ) -> Result<Response<CheckpointReply>, Status> {
        let caller = Desk::caller(&request)?;
        let house = self.0.house();
        let work = async {
            operator(&caller, &house.config)?;
            let signed = house
                .ledger
                .sign_head(&house.keystores)
                .await
                .map_err(checkpoint_stop)?;
            Ok(CheckpointReply {
                text: signed.text,
                signature: signed.signature,
                public_key: signed.public_key,
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn prove(&self, request: Request<ProveRequest>) -> Result<Response<ProveReply>, Status> {
        let caller = Desk::caller(&request)?;
        let ProveRequest { index, size } = request.into_inner();
        let work = async {
            known(&caller, &self.0.house().config)?;
            let reader = self.reader();
            let size = if size == 0 { reader.head().size } else { size };
            let missing = || range(format!("there is no record {index} in a tree of {size}"));
            let path = reader.inclusion(index, size).ok_or_else(missing)?;
            let root = reader.root(size).ok_or_else(missing)?;
            let leaf = reader.leaf_hash(index).ok_or_else(missing)?;
            let record = match operator(&caller, &self.0.house().config) {
                Ok(()) => reader.read(index).map_err(read_stop)?.unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            Ok(ProveReply {
                head: Some(wire_head(privyseal_ledger::Head { size, root })),
                leaf_hash: leaf.into(),
                path: path.into_iter().map(Into::into).collect(),
                record,
            })
        };
        self.0.answer(&caller, work).await.map(Response::new)
    }

    async fn records(
        &self,
        request: Request<RecordsRequest>,
    ) -> Result<Response<Self::RecordsStream>, Status> {
        let caller = Desk::caller(&request)?;
        let RecordsRequest { first, count } = request.into_inner();
        let work = async {
            operator(&caller, &self.0.house().config)?;
            let size = self.reader().head().size;
            if first > size {
                return Err(
                    range(format!("there is no record {first} in a ledger of {size}")).into(),
                );
            }
            let end = if count == 0 {
                size
            } else {
                first.saturating_add(count).min(size)
            };
            Ok(end)
        };
        let end = self.0.answer(&caller, work).await?;
        let reader = self.reader();
        let (sender, stream) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            for record in reader.range(first, end.saturating_sub(first)) {
                let record = record.map(|(index, record)| LedgerRecord { index, record });
                let answer = record.map_err(|error| {
                    super::status::from_fault(&Fault::from(LedgerFault(Arc::new(error))))
                });
                if sender.blocking_send(answer).is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

fn read_stop(error: privyseal_ledger::LedgerError) -> Stop {
    LedgerFault(Arc::new(error)).into()
}

fn checkpoint_stop(error: CheckpointError) -> Stop {
    match error {
        CheckpointError::Keystore(error) => error.into(),
        CheckpointError::Ledger(fault) => fault.into(),
        CheckpointError::NoKey => {
            Denial::new(Reason::UnknownKeystore, CheckpointError::NoKey.to_string()).into()
        }
        CheckpointError::Wrong { key, source } => Fault::BadSignature {
            key,
            what: source.to_string(),
        }
        .into(),
    }
}
