//! A draft file is signed by the agents of another place.

use privyseal_proto::v1::{self, ObserveRequest, SignRequest};
use privyseal_tuf::{Document, Key, KeyId, Sha256Digest, Signing};

use super::draft_file::{DraftFile, Signer};
use super::round::{accept, counts, is_seen, missing, sign_one};
use crate::agent::{Agent, AgentError, Agents, HeldKey, KeyRef};

/// A signature that an agent here can give.
#[derive(Clone, Debug)]
pub struct Ask {
    keyid: KeyId,
    key: Key,
    /// The key, as its agent tells of it.
    pub held: HeldKey,
}

/// The signatures that the draft still wants and that these keys can give, or that one of them.
pub fn asks(
    file: &DraftFile,
    held: &[HeldKey],
    chosen: Option<&KeyRef>,
) -> anyhow::Result<Vec<Ask>> {
    let requirements = file.requirements()?;
    let signing = Signing::new(file.document.clone(), requirements.clone());
    let held = held
        .iter()
        .filter(|held| chosen.is_none_or(|chosen| chosen.matches(held)));
    // Metadata that was made elsewhere may name a key otherwise than its agent does.
    let held = held.filter_map(|held| Some((held.tuf_key().ok()?.fingerprint(), held)));
    let held: Vec<(Sha256Digest, &HeldKey)> = held.collect();
    let mut asks = Vec::new();
    for keyid in missing(&requirements, &signing) {
        let key = requirements.iter().find_map(|asked| asked.keys.get(&keyid));
        let fingerprint = key.map(Key::fingerprint);
        let held = held.iter().find(|(held, _)| Some(*held) == fingerprint);
        if let (Some(key), Some((_, held))) = (key, held)
            && counts(&file.role, &keyid, &requirements, &signing)
        {
            asks.push(Ask {
                key: key.clone(),
                held: HeldKey::clone(held),
                keyid,
            });
        }
    }
    Ok(asks)
}

/// Has an agent sign, and puts its signature into the file. Before, the agent is shown what it
/// missed of what the file carries.
pub async fn countersign(
    file: &mut DraftFile,
    agents: &mut Agents,
    ask: &Ask,
) -> anyhow::Result<v1::Signed> {
    let name = ask.held.agent.as_str();
    let agent = agents
        .named_mut(name)
        .ok_or_else(|| AgentError::WrongAnswer {
            agent: name.to_owned(),
            message: "it is gone".to_owned(),
        })?;
    let mut heads = catch_up(file, agent).await?;
    let request = SignRequest {
        id: 0,
        lineage: Some(file.lineage()),
        role: file.role.to_string(),
        key: ask.held.key.name.clone(),
        document: file.document.to_bytes(),
    };
    let signed = sign_one(agent, request).await?;
    let mut signing = Signing::new(file.document.clone(), file.requirements()?);
    accept(&signed, (&ask.keyid, &ask.key), &mut signing).map_err(|why| agent.wrong_answer(why))?;
    file.document = signing.document().clone();
    let key = &ask.held.key;
    let signer = Signer {
        agent: name.to_owned(),
        key: key.name.clone(),
        token: key.token_label.clone(),
        serial: key.token_serial.clone(),
    };
    file.signers.insert(ask.keyid.clone(), signer);
    heads.extend(signed.head.clone());
    agent.prove(&heads).await?;
    Ok(signed)
}

/// Shows the agent the finished documents that it has not seen; returns the heads of its answers.
async fn catch_up(file: &DraftFile, agent: &Agent) -> anyhow::Result<Vec<v1::Head>> {
    let roles: Vec<_> = file
        .delegators
        .iter()
        .map(|(role, _)| role.clone())
        .collect();
    // An agent that does not know the repository says so when it is asked to sign.
    let Ok(memory) = agent.lineage(&file.lineage(), &roles).await else {
        return Ok(Vec::new());
    };
    let mut heads = Vec::new();
    for (role, document) in file.finished() {
        let version = document.view(role.kind())?.version();
        if !is_seen(&memory, &role, version) {
            heads.extend(observe(file, agent, &role.to_string(), document).await?);
        }
    }
    Ok(heads)
}

async fn observe(
    file: &DraftFile,
    agent: &Agent,
    role: &str,
    document: &Document,
) -> Result<Option<v1::Head>, AgentError> {
    let request = ObserveRequest {
        lineage: Some(file.lineage()),
        role: role.to_owned(),
        document: document.to_bytes(),
    };
    let reply = agent.signing().observe(request).await;
    Ok(reply
        .map_err(|status| agent.error(&status))?
        .into_inner()
        .head)
}
