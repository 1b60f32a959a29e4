//! `proto.KeyManagement` and `proto.Signer`: the API that notary-server speaks to its signer.
//!
//! notary-server hands the text of an error on to whoever publishes, and nothing else. So the text
//! has all: what happened, what to do, and the reason code.

use privyseal_proto::notary::{
    CreateKeyRequest, GetKeyInfoResponse, KeyId as WireKeyId, PublicKey, Signature,
    SignatureRequest, Void, key_management_server::KeyManagement, signer_server::Signer,
};
use privyseal_tuf::{KeyId, notary::Key};
use tonic::{Request, Response, Status};
use tonic_types::StatusExt;

use super::Desk;
use crate::{
    corridor::{
        known,
        notary::{Received, authorized_key, key_info},
    },
    fault::Stop,
    memory::EnrolledKey,
    operate::{NotaryKeyRequest, delete_unused, notary_key},
};

/// Serves notary-server's keys.
pub struct NotaryKeysService(Desk);

/// Serves notary-server's signatures.
pub struct NotarySignerService(Desk);

impl NotaryKeysService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }
}

impl NotarySignerService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }
}

#[tonic::async_trait]
impl KeyManagement for NotaryKeysService {
    async fn create_key(
        &self,
        request: Request<CreateKeyRequest>,
    ) -> Result<Response<PublicKey>, Status> {
        let caller = Desk::caller(&request)?;
        let work = async {
            let house = self.0.house();
            let wanted = NotaryKeyRequest::new(caller.clone(), request.into_inner(), &house)?;
            notary_key(&house, wanted).await
        };
        let key = self.0.answer(&caller, work).await.map_err(legible)?;
        Ok(Response::new(PublicKey {
            key_info: Some(key_info(&key)),
            public_key: public_key(&key),
        }))
    }

    async fn delete_key(&self, request: Request<WireKeyId>) -> Result<Response<Void>, Status> {
        let caller = Desk::caller(&request)?;
        let id = KeyId::from(request.into_inner().id);
        let work = async {
            let house = self.0.house();
            known(&caller, &house.config)?;
            let (key, _, _) = authorized_key(&caller, &id, &house)?;
            delete_unused(&house, &caller, &key).await
        };
        self.0.answer(&caller, work).await.map_err(legible)?;
        Ok(Response::new(Void {}))
    }

    async fn get_key_info(
        &self,
        request: Request<WireKeyId>,
    ) -> Result<Response<GetKeyInfoResponse>, Status> {
        let caller = Desk::caller(&request)?;
        let id = KeyId::from(request.into_inner().id);
        let work = async {
            let house = self.0.house();
            known(&caller, &house.config)?;
            let (key, role, _) = authorized_key(&caller, &id, &house)?;
            Ok::<_, Stop>((key, role))
        };
        let (key, role) = self.0.answer(&caller, work).await.map_err(legible)?;
        Ok(Response::new(GetKeyInfoResponse {
            key_info: Some(key_info(&key)),
            public_key: public_key(&key),
            role: role.as_str().to_owned(),
        }))
    }
}

#[tonic::async_trait]
impl Signer for NotarySignerService {
    async fn sign(
        &self,
        request: Request<SignatureRequest>,
    ) -> Result<Response<Signature>, Status> {
        let caller = Desk::caller(&request)?;
        let work = async {
            let house = self.0.house();
            let received = Received::new(caller.clone(), request.into_inner(), &house.config)?;
            house.sign_notary(received).await
        };
        let signed = self.0.answer(&caller, work).await.map_err(legible)?;
        Ok(Response::new(signed.into_wire()))
    }
}

/// As notary reads it.
fn public_key(key: &EnrolledKey) -> Vec<u8> {
    Key::from_public(&key.bound.public_key).public().to_vec()
}

/// A status whose text says all that its details do. The details hold the text once more, and Go
/// takes it from there.
fn legible(status: Status) -> Status {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return status;
    };
    let remedy = info.metadata.get("remedy").map_or("", String::as_str);
    let text = format!("{}: {remedy} [{}]", status.message(), info.reason);
    Status::with_error_details(status.code(), text, details)
}
