//! `privyseal.v1.Keys`.

use std::{collections::BTreeMap, fmt::Display, str::FromStr, sync::Arc};

use privyseal_proto::v1::{
    AttestReply, AttestRequest, CertifyEvent, CertifyReply, CertifyRequest, EnrollKeyRequest,
    GenerateKeyRequest, ImportKeyRequest, Key, ListKeysReply, ListKeysRequest, NotaryUse,
    Protection, RemoveKeyReply, RemoveKeyRequest, certify_event, certify_request::Kind,
    keys_server::Keys,
};
use privyseal_tuf::{Algorithm, Key as TufKey};
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::{
    Desk,
    attestation::attestation,
    device::access,
    waiting::{Answers, answers, heard, waiting},
};
use crate::{
    caller::Caller,
    config::NotaryRole,
    corridor::{CertificateKind, CertificateRequest, Certified, LineageName, known, wire_head},
    denial::{Denial, Reason},
    keystore::{BoundKey, KeyDescription, KeyName, ObjectId, Place, PrivateKey, Waiting},
    ledger::LedgerKey,
    memory::{EnrolledKey, Purpose},
    operate::{KeyRequest, Origin, attested_key, enrol_key, operator, remove_key},
};

/// Serves keys.
pub struct KeysService(Desk);

impl KeysService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(desk)
    }
}

impl Desk {
    /// What the keystores say of their keys.
    fn descriptions(&self) -> BTreeMap<KeyName, KeyDescription> {
        let keystores = self.house().keystores;
        let keys = keystores.all().flat_map(|keystore| keystore.keys());
        keys.map(|description| (description.key.name.clone(), description))
            .collect()
    }

    async fn enrol(
        &self,
        caller: Arc<Caller>,
        request: EnrolRequest,
        origin: impl FnOnce() -> Result<Origin, Denial>,
    ) -> Result<Response<Key>, Status> {
        let work = async {
            let house = self.house();
            known(&caller, &house.config)?;
            // Who may have no key made learns nothing of what a key needs.
            if !house.config.grants.may_generate_any(&caller) {
                operator(&caller, &house.config)?;
            }
            let request = request.parse(origin()?)?;
            enrol_key(&house, Arc::clone(&caller), request).await
        };
        let key = self.answer_at_leisure(&caller, work).await?;
        let descriptions = self.descriptions();
        let description = descriptions.get(&key.bound.name);
        let attested = self.house().ledger.memory().attested(&key.bound.name);
        Ok(Response::new(Key {
            attested: attested.is_some(),
            ..match key.purpose {
                Purpose::Trust(_) => trust_key(&key, description),
                Purpose::Tuf | Purpose::Ledger | Purpose::Notary(_) => tuf_key(&key, description),
            }
        }))
    }
}

/// The fields that both ways of enrolling share.
struct EnrolRequest {
    keystore: String,
    name: String,
    purpose: String,
    authority: String,
    repository: String,
    first_root: String,
    role: String,
}

/// Of a request by either way: their messages have these fields by the same names.
macro_rules! enrol_request {
    ($request:ident) => {
        EnrolRequest {
            keystore: $request.keystore,
            name: $request.name,
            purpose: $request.purpose,
            authority: $request.authority,
            repository: $request.repository,
            first_root: $request.first_root,
            role: $request.role,
        }
    };
}

impl EnrolRequest {
    fn parse(self, origin: Origin) -> Result<KeyRequest, Denial> {
        let purpose = match (self.purpose.as_str(), self.role.as_str()) {
            ("tuf", "") => Purpose::Tuf,
            ("tuf", _) => return Err(malformed("role", "keys of purpose `tuf` have none")),
            ("trust", role) => {
                let role = role.parse().map_err(|error| malformed("role", error))?;
                Purpose::Trust(role)
            }
            _ => {
                let what = "a key is enrolled for `tuf`, or, for Docker Content Trust, for `trust`";
                return Err(malformed("purpose", what));
            }
        };
        let lineage = LineageName::parse(Some(privyseal_proto::v1::LineageRef {
            authority: self.authority,
            repository: self.repository,
            first_root: self.first_root,
        }))?;
        Ok(KeyRequest {
            keystore: self
                .keystore
                .parse()
                .map_err(|error| malformed("keystore", error))?,
            name: self
                .name
                .parse()
                .map_err(|error| malformed("name", error))?,
            authority: lineage.authority,
            repository: lineage.repository,
            first_root: lineage.first_root,
            purpose,
            origin,
        })
    }
}

fn malformed(field: &str, what: impl std::fmt::Display) -> Denial {
    Denial::new(Reason::RequestMalformed, format!("{field}: {what}"))
}

#[tonic::async_trait]
impl Keys for KeysService {
    type CertifyStream = Answers<CertifyEvent>;

    async fn list(
        &self,
        request: Request<ListKeysRequest>,
    ) -> Result<Response<ListKeysReply>, Status> {
        let caller = Desk::caller(&request)?;
        let house = self.0.house();
        let work = async {
            let grants = &house.config.grants;
            known(&caller, &house.config)?;
            let memory = house.ledger.memory();
            let descriptions = self.0.descriptions();
            let mine = memory.keys().into_iter();
            let mine = mine.filter(|key| key.is_seen_by(&caller, grants));
            let mut keys: Vec<_> = mine
                .map(|key| {
                    let description = descriptions.get(&key.bound.name);
                    let listed = match key.purpose {
                        Purpose::Notary(role) => {
                            let used = memory.notary_use(&key.bound.name);
                            notary_key(&key, role, used, description)
                        }
                        Purpose::Trust(_) => trust_key(&key, description),
                        Purpose::Tuf | Purpose::Ledger => tuf_key(&key, description),
                    };
                    Key {
                        attested: memory.attested(&key.bound.name).is_some(),
                        ..listed
                    }
                })
                .collect();
            if grants.is_operator(&caller) {
                let key = memory.genesis().as_ref().and_then(LedgerKey::of);
                keys.extend(key.map(|key| {
                    let bound = key.bound();
                    ledger_key(bound, descriptions.get(&bound.name))
                }));
            }
            Ok(keys)
        };
        let keys = self.0.answer(&caller, work).await?;
        Ok(Response::new(ListKeysReply { keys }))
    }

    async fn generate(
        &self,
        request: Request<GenerateKeyRequest>,
    ) -> Result<Response<Key>, Status> {
        let caller = Desk::caller(&request)?;
        let mut request = request.into_inner();
        let origin = generated(&mut request);
        let origin = move || origin;
        self.0.enrol(caller, enrol_request!(request), origin).await
    }

    async fn enroll(&self, request: Request<EnrollKeyRequest>) -> Result<Response<Key>, Status> {
        let caller = Desk::caller(&request)?;
        let request = request.into_inner();
        let object_id = request.object_id;
        let origin = move || {
            let id = object_id.parse::<ObjectId>();
            id.map(Origin::Existing)
                .map_err(|error| malformed("object_id", error))
        };
        self.0.enrol(caller, enrol_request!(request), origin).await
    }

    async fn import(&self, request: Request<ImportKeyRequest>) -> Result<Response<Key>, Status> {
        let caller = Desk::caller(&request)?;
        let request = request.into_inner();
        let private_key = Zeroizing::new(request.private_key);
        let origin = move || {
            let key = PrivateKey::from_pkcs8(&private_key);
            key.map(Origin::Import)
                .map_err(|error| malformed("private_key", error))
        };
        let request = EnrolRequest {
            keystore: request.keystore,
            name: request.name,
            purpose: "trust".to_owned(),
            authority: request.authority,
            repository: request.repository,
            first_root: String::new(),
            role: request.role,
        };
        self.0.enrol(caller, request, origin).await
    }

    async fn certify(
        &self,
        request: Request<CertifyRequest>,
    ) -> Result<Response<Self::CertifyStream>, Status> {
        let caller = Desk::caller(&request)?;
        let (desk, request) = (self.0.clone(), request.into_inner());
        let (progress, heard) = heard();
        let work = async move {
            let key = request.key.clone();
            let work = async {
                let house = desk.house();
                known(&caller, &house.config)?;
                let request = certificate_request(request)?;
                let caller = Arc::clone(&caller);
                house
                    .certify(caller, request, &progress, || desk.house())
                    .await
            };
            let Certified { pem, record, head } = desk.answer_with_key(&caller, &key, work).await?;
            Ok(certify_event(certify_event::Event::Certified(
                CertifyReply {
                    pem,
                    record,
                    head: Some(wire_head(head)),
                },
            )))
        };
        let tell = |wait: Waiting| certify_event(certify_event::Event::Waiting(waiting(&wait)));
        Ok(Response::new(answers(heard, work, tell).await?))
    }

    async fn attest(
        &self,
        request: Request<AttestRequest>,
    ) -> Result<Response<AttestReply>, Status> {
        let caller = Desk::caller(&request)?;
        let AttestRequest { key, again } = request.into_inner();
        let house = self.0.house();
        let work = attested_key(&house, &caller, &key, again);
        let (key, attested) = self.0.answer(&caller, work).await?;
        Ok(Response::new(AttestReply {
            attestation: Some(attestation(&key, &attested)),
            head: Some(wire_head(house.ledger.reader().head())),
        }))
    }

    async fn remove(
        &self,
        request: Request<RemoveKeyRequest>,
    ) -> Result<Response<RemoveKeyReply>, Status> {
        let caller = Desk::caller(&request)?;
        let RemoveKeyRequest { name, unused } = request.into_inner();
        let work = async {
            let house = self.0.house();
            operator(&caller, &house.config)?;
            let name = name.parse().map_err(|error| malformed("name", error))?;
            remove_key(&house, &caller, &name, unused).await
        };
        let (record, head) = self.0.answer_at_leisure(&caller, work).await?;
        Ok(Response::new(RemoveKeyReply {
            record,
            head: Some(wire_head(head)),
        }))
    }
}

fn certify_event(event: certify_event::Event) -> CertifyEvent {
    CertifyEvent { event: Some(event) }
}

/// What key is to be made; the secrets are taken out of the request.
fn generated(request: &mut GenerateKeyRequest) -> Result<Origin, Denial> {
    fn wanted<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<Option<T>, Denial> {
        let text = Some(text).filter(|text| !text.is_empty());
        let parsed = text.map(str::parse).transpose();
        parsed.map_err(|error| malformed(field, error))
    }
    let algorithm = request.algorithm.parse::<Algorithm>();
    Ok(Origin::Generate {
        algorithm: algorithm.map_err(|error| malformed("algorithm", error))?,
        place: Place {
            slot: wanted("slot", &request.slot)?,
            pin: wanted("pin_policy", &request.pin_policy)?,
            touch: wanted("touch_policy", &request.touch_policy)?,
            replace: request.replace,
        },
        access: access(request.access.take())?,
    })
}

fn certificate_request(request: CertifyRequest) -> Result<CertificateRequest, Denial> {
    let kind = match request.kind() {
        Kind::Certificate => CertificateKind::Certificate,
        Kind::Request => CertificateKind::Request,
        Kind::Unspecified => {
            return Err(malformed("kind", "a certificate, or a request for one"));
        }
    };
    let key = request.key.parse();
    Ok(CertificateRequest {
        key: key.map_err(|error| malformed("key", error))?,
        kind,
        common_name: request.common_name,
        days: request.days,
    })
}

fn tuf_key(key: &EnrolledKey, description: Option<&KeyDescription>) -> Key {
    let tuf = TufKey::from_public(&key.bound.public_key);
    Key {
        first_root: key
            .first_root
            .map(|root| root.to_string())
            .unwrap_or_default(),
        tuf_key: String::from_utf8_lossy(&tuf.value().to_pretty()).into_owned(),
        ..enrolled(key, description)
    }
}

fn trust_key(key: &EnrolledKey, description: Option<&KeyDescription>) -> Key {
    Key {
        role: key.purpose.role().to_owned(),
        ..enrolled(key, description)
    }
}

fn notary_key(
    key: &EnrolledKey,
    role: NotaryRole,
    used: Option<crate::memory::NotaryUse>,
    description: Option<&KeyDescription>,
) -> Key {
    Key {
        role: role.as_str().to_owned(),
        notary_use: used.map(|used| NotaryUse {
            version: used.version,
            expires: used.expires,
            restored: used.restored,
        }),
        ..enrolled(key, description)
    }
}

fn enrolled(key: &EnrolledKey, description: Option<&KeyDescription>) -> Key {
    Key {
        keyid: key.keyid.to_string(),
        purpose: key.purpose.to_string(),
        authority: key.authority.clone(),
        repository: key.repository.clone(),
        ..described(&key.bound, description)
    }
}

fn ledger_key(bound: &BoundKey, description: Option<&KeyDescription>) -> Key {
    Key {
        purpose: Purpose::Ledger.to_string(),
        ..described(bound, description)
    }
}

fn described(bound: &BoundKey, description: Option<&KeyDescription>) -> Key {
    let protection = description.and_then(|description| description.protection);
    let policies = description.and_then(|description| description.policies);
    Key {
        name: bound.name.to_string(),
        keystore: bound.keystore.to_string(),
        algorithm: bound.public_key.algorithm().to_string(),
        token_label: description
            .map(|d| d.token_label.clone())
            .unwrap_or_default(),
        token_serial: bound.token_serial.to_string(),
        object_id: bound.object_id.to_string(),
        public_key: bound.public_key.to_spki_pem(),
        protection: protection.map(|protection| Protection {
            sensitive: protection.sensitive,
            extractable: protection.extractable,
            always_sensitive: protection.always_sensitive,
            never_extractable: protection.never_extractable,
            local: protection.local,
        }),
        usable: description.is_some_and(KeyDescription::usable),
        pin_policy: policies.map(|p| p.pin.to_string()).unwrap_or_default(),
        touch_policy: policies.map(|p| p.touch.to_string()).unwrap_or_default(),
        ..Key::default()
    }
}
