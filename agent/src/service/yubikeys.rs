//! `privyseal.v1.YubiKeys`.

mod describe;
mod list;

use privyseal_proto::v1::{
    ChangePinRequest, ChangePukRequest, DescribeYubiKeyRequest, DeviceReply,
    ImportCertificateRequest, ListYubiKeysReply, ListYubiKeysRequest, SetManagementKeyRequest,
    UnblockPinRequest, YubiKey, yubi_keys_server::YubiKeys,
};
use tonic::{Request, Response, Status};
use x509_cert::{
    Certificate,
    der::{Decode, DecodePem, Encode},
};

use super::{
    Desk,
    device::{access, new_management_key, new_pin, new_puk, present},
};
use crate::{
    denial::{Denial, Reason},
    keystore::NewManagementKey,
    operate::{DeviceChange, change_device, operator, piv_keystore},
};

/// The longest certificate that a PIV device's object holds, in bytes (SP 800-73-4, part 1, table 7,
/// has less; a YubiKey has as much).
const CERTIFICATE: usize = 3 * 1024;

/// Serves those who set YubiKeys up.
pub struct YubiKeysService(Desk);

impl YubiKeysService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }

    /// Has an operator's change recorded and made.
    async fn change<T>(
        &self,
        request: Request<T>,
        read: impl FnOnce(T) -> Result<(String, DeviceChange), Denial>,
    ) -> Result<Response<DeviceReply>, Status> {
        let caller = Desk::caller(&request)?;
        // Whoever asks, the secrets are taken out of the message.
        let read = read(request.into_inner());
        let work = async {
            let house = self.0.house();
            operator(&caller, &house.config)?;
            let (keystore, change) = read?;
            let record = change_device(&house, &caller, &keystore, change).await?;
            Ok(DeviceReply { record })
        };
        let reply = self.0.answer_at_leisure(&caller, work).await?;
        Ok(Response::new(reply))
    }
}

#[tonic::async_trait]
impl YubiKeys for YubiKeysService {
    async fn list(
        &self,
        request: Request<ListYubiKeysRequest>,
    ) -> Result<Response<ListYubiKeysReply>, Status> {
        let caller = Desk::caller(&request)?;
        let work = async {
            let house = self.0.house();
            operator(&caller, &house.config)?;
            Ok(ListYubiKeysReply {
                yubikeys: list::plugged_in(&house.config).await,
            })
        };
        let reply = self.0.answer_at_leisure(&caller, work).await?;
        Ok(Response::new(reply))
    }

    async fn describe(
        &self,
        request: Request<DescribeYubiKeyRequest>,
    ) -> Result<Response<YubiKey>, Status> {
        let caller = Desk::caller(&request)?;
        let work = async {
            let house = self.0.house();
            operator(&caller, &house.config)?;
            let keystore = piv_keystore(&house, &request.get_ref().keystore)?;
            Ok(describe::described(keystore.as_ref()).await?)
        };
        let reply = self.0.answer_at_leisure(&caller, work).await?;
        Ok(Response::new(reply))
    }

    async fn change_pin(
        &self,
        request: Request<ChangePinRequest>,
    ) -> Result<Response<DeviceReply>, Status> {
        let read = |request: ChangePinRequest| {
            let old = present("old_pin", request.old_pin);
            let new = new_pin("new_pin", request.new_pin);
            let (old, new) = (old?, new?);
            Ok((request.keystore, DeviceChange::Pin { old, new }))
        };
        self.change(request, read).await
    }

    async fn change_puk(
        &self,
        request: Request<ChangePukRequest>,
    ) -> Result<Response<DeviceReply>, Status> {
        let read = |request: ChangePukRequest| {
            let old = present("old_puk", request.old_puk);
            let new = new_puk("new_puk", request.new_puk);
            let (old, new) = (old?, new?);
            Ok((request.keystore, DeviceChange::Puk { old, new }))
        };
        self.change(request, read).await
    }

    async fn unblock_pin(
        &self,
        request: Request<UnblockPinRequest>,
    ) -> Result<Response<DeviceReply>, Status> {
        let read = |request: UnblockPinRequest| {
            let puk = present("puk", request.puk);
            let new = new_pin("new_pin", request.new_pin);
            let (puk, new) = (puk?, new?);
            Ok((request.keystore, DeviceChange::Unblock { puk, new }))
        };
        self.change(request, read).await
    }

    async fn set_management_key(
        &self,
        request: Request<SetManagementKeyRequest>,
    ) -> Result<Response<DeviceReply>, Status> {
        let read = |request: SetManagementKeyRequest| {
            let access = access(request.access);
            let new = new_management_key("new_management_key", request.new_management_key);
            let (access, new) = (access?, new?);
            let new = new.map_or(NewManagementKey::OnDevice, NewManagementKey::Given);
            let change = DeviceChange::ManagementKey { access, new };
            Ok((request.keystore, change))
        };
        self.change(request, read).await
    }

    async fn import_certificate(
        &self,
        request: Request<ImportCertificateRequest>,
    ) -> Result<Response<DeviceReply>, Status> {
        let read = |request: ImportCertificateRequest| {
            let access = access(request.access)?;
            let slot = request.slot.parse();
            let slot = slot.map_err(|error| malformed(format!("slot: {error}")))?;
            let certificate = certificate(&request.certificate)?;
            let change = DeviceChange::Certificate {
                access,
                slot,
                certificate,
            };
            Ok((request.keystore, change))
        };
        self.change(request, read).await
    }
}

/// A certificate in DER, of PEM or DER.
fn certificate(bytes: &[u8]) -> Result<Vec<u8>, Denial> {
    let certificate = match bytes.starts_with(b"-----BEGIN") {
        true => Certificate::from_pem(bytes),
        false => Certificate::from_der(bytes),
    };
    let der = certificate.and_then(|certificate| certificate.to_der());
    let der = der.map_err(|error| malformed(format!("certificate: {error}")))?;
    if der.len() > CERTIFICATE {
        let most = format!("certificate: it has more than {CERTIFICATE} bytes of DER");
        return Err(malformed(most));
    }
    Ok(der)
}

fn malformed(message: String) -> Denial {
    Denial::new(Reason::RequestMalformed, message)
}
