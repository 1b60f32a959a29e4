use privyseal_proto::v1::{CertifyRequest, GenerateKeyRequest, certify_request};
use privyseal_tuf::Key;

use super::{Hand, Hands};
use crate::agent::{AgentError, HeldKey, TRUST};

/// A key that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The agent's name here.
    pub agent: String,
    /// The keystore at the agent.
    pub keystore: String,
    /// The authority in the agent's config.
    pub authority: String,
    /// The new key's name.
    pub name: String,
    /// The repository that it is for.
    pub repository: String,
    /// `targets`, `snapshot`, `root` or `delegation`.
    pub role: String,
    /// Such as `ecdsa-p256`.
    pub algorithm: String,
}

impl Hands<'_> {
    /// Has a key sign a certificate for itself, which may stand in a root. `days` is how long it is
    /// good; 0 is for the agent to say.
    ///
    /// # Errors
    /// Where the agent refuses, or its answer is no certificate of that key.
    pub async fn certify(
        &mut self,
        hand: &Hand,
        common_name: &str,
        days: u32,
    ) -> Result<Key, AgentError> {
        let agent = self.agent(&hand.held.agent)?;
        let request = CertifyRequest {
            key: hand.held.key.name.clone(),
            kind: certify_request::Kind::Certificate.into(),
            common_name: common_name.to_owned(),
            days,
        };
        let reply = agent.certify(request).await?;
        let key = Key::of_certificate(reply.pem.as_bytes())
            .map_err(|error| agent.wrong_answer(error.to_string()))?;
        let names = key.certificate().map(|it| it.common_name.as_str());
        if key.fingerprint() != hand.key.fingerprint() || names != Some(common_name) {
            return Err(agent.wrong_answer("a certificate of another key or name"));
        }
        self.note(&hand.held.agent, reply.head);
        Ok(key)
    }

    /// Has an agent make a key.
    ///
    /// # Errors
    /// Where it refuses.
    pub async fn generate(&mut self, new: &NewKey) -> Result<Hand, AgentError> {
        let agent = self.agent(&new.agent)?;
        let request = GenerateKeyRequest {
            keystore: new.keystore.clone(),
            name: new.name.clone(),
            algorithm: new.algorithm.clone(),
            purpose: TRUST.to_owned(),
            authority: new.authority.clone(),
            repository: new.repository.clone(),
            role: new.role.clone(),
            ..GenerateKeyRequest::default()
        };
        let reply = agent.keys().generate(request).await;
        let key = reply.map_err(|status| agent.error(&status))?.into_inner();
        self.add(HeldKey {
            agent: new.agent.clone(),
            key,
        })
    }
}
