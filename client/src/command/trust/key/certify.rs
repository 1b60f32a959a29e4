use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::CertifyRequest;
use privyseal_proto::v1::certify_request::Kind;
use privyseal_tuf::notary;
use x509_cert::der::{DecodePem, Encode};
use x509_cert::request::CertReq;

use super::public;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::hands::{Hand, Hands};

#[derive(Args, Debug)]
#[command(after_help = "\
A root is a certificate whose common name is the repository. Of a delegation key any name will do.
The agent writes the certificate, records it, and has the key sign it in the token.

Examples:
  privyseal trust key certificate root-1 reg.example.com/team/app -o root.pem
  privyseal trust key certificate root-1 'reg.example.com/team/*' --days 7300 -o root.pem
  privyseal trust key certificate alice | openssl x509 -noout -text")]
pub struct Certificate {
    #[command(flatten)]
    subject: Subject,
    /// How long it is good; without it, ten years.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 0,
        hide_default_value = true
    )]
    days: u32,
}

#[derive(Args, Debug)]
#[command(after_help = "\
For a certificate authority of your own. notary and Privy Seal can pin it for all repositories.

Examples:
  privyseal trust key csr alice -o alice.csr
  privyseal trust key csr root-1 reg.example.com/team/app | openssl req -noout -verify -text")]
pub struct Request {
    #[command(flatten)]
    subject: Subject,
}

#[derive(Args, Debug)]
struct Subject {
    /// The key: NAME, or AGENT:NAME.
    key: KeyRef,
    /// The common name. Without it the repository of the key, or of a signer's the key's name.
    #[arg(value_name = "COMMON NAME")]
    common_name: Option<String>,
    /// A new file to write to; without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn certificate(
    command: Certificate,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    certify(command.subject, Kind::Certificate, command.days, context).await
}

pub(super) async fn request(command: Request, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    certify(command.subject, Kind::Request, 0, context).await
}

async fn certify(
    subject: Subject,
    kind: Kind,
    days: u32,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    if let Some(path) = &subject.output {
        public::refuse_existing(path)?;
    }
    let mut agents = context.agents(Vec::new()).await?;
    let hand = Hands::of(&mut agents, None).await?;
    let hand = hand.named(&subject.key)?.clone();
    let Some(agent) = agents.named_mut(&hand.held.agent) else {
        return Err(agents.unknown(&subject.key));
    };
    let request = CertifyRequest {
        key: hand.held.key.name.clone(),
        kind: kind.into(),
        common_name: common_name(subject.common_name, &hand)?,
        days,
    };
    let reply = agent.certify(request).await?;
    if !is_of(&hand, kind, &reply.pem) {
        return Err(agent.wrong_answer("what it made is not of this key").into());
    }
    let heads: Vec<_> = reply.head.into_iter().collect();
    agent.prove(&heads).await?;
    public::give(&reply.pem, subject.output.as_deref(), context)?;
    Ok(Exit::Done)
}

fn common_name(named: Option<String>, hand: &Hand) -> Result<String, Advice> {
    let key = &hand.held.key;
    match (named, key.role.as_str()) {
        (Some(named), _) => Ok(named),
        (None, "delegation") => Ok(key.name.clone()),
        (None, _) if !key.repository.contains(['*', '?', '[', '{']) => Ok(key.repository.clone()),
        (None, _) => Err(Advice::failed(
            format!(
                "{} is for many repositories ({})",
                hand.name(),
                key.repository
            ),
            "name the one that the certificate is for, such as reg.example.com/team/app",
        )),
    }
}

fn is_of(hand: &Hand, kind: Kind, pem: &str) -> bool {
    let spki = match kind {
        Kind::Request => CertReq::from_pem(pem)
            .ok()
            .and_then(|request| request.info.public_key.to_der().ok()),
        _ => notary::Certificate::from_pem(pem.as_bytes())
            .ok()
            .map(|certificate| certificate.spki),
    };
    let found = spki.and_then(|spki| privyseal_tuf::PublicKey::from_spki_der(&spki).ok());
    found.is_some() && found.as_ref() == hand.key.public().ok()
}
