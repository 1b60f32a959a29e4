//! `privyseal trust verify`

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::place::{ConsumerArgs, image};
use crate::Exit;
use crate::command::context::Context;
use crate::failure;
use crate::show::{absolute, aloud, escape, in_days, now, print_fields};
use crate::trust::consumer::{Refusal, Signed, Verdict};
use crate::trust::home::TrustedBy;
use crate::trust::pull::{Freshness, Pulled};
use crate::trust::reference::ImageReference;

/// Says which digest of an image is signed, and by whom.
#[derive(Args, Debug)]
#[command(after_help = "\
The tag is looked up as Docker does: in targets/releases, then in targets. Nothing that was seen
before is taken back; what is pinned (docs/trust-consumer.md) holds; where nothing is, the first root
key that is seen is trusted, and no other after it.

Exit codes:
  0   the tag is signed; or the image has a digest, which needs no signature
  10  the trust server knows no such repository
  11  the tag is not signed
  12  too few of those who must have signed
  13  the trust data is out of date
  14  it was rolled back, or contradicts what was seen
  15  the root key is another one than is pinned or known
  16  the trust server can't be reached, and what is remembered may not be used
  17  the trust data is damaged

Examples:
  privyseal trust verify reg.example.com/team/app:v1
  docker pull \"$(privyseal trust verify --quiet reg.example.com/team/app:v1)\"
  privyseal trust verify --json alpine")]
pub struct VerifyCommand {
    /// NAME, NAME:TAG or NAME@sha256:…
    image: String,
    /// Print NAME@sha256:… and nothing else.
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,
    /// Print JSON, of a refusal too.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    consumer: ConsumerArgs,
}

pub(super) async fn run(command: VerifyCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let parsed = image(&command.image);
    // Whatever is wrong, a script that asked for JSON gets it.
    let named = match &parsed {
        Ok(image) => image.to_string(),
        Err(_) => command.image.clone(),
    };
    let verified = match parsed.and_then(|image| Ok((image, command.consumer.open()?))) {
        Ok((image, consumer)) => consumer.verify(&image).await.map(|it| (image, it)),
        Err(error) => Err(Refusal::Setup(error)),
    };
    let (image, verdict) = match verified {
        Ok(verified) => verified,
        Err(refusal) => return refuse(&named, refusal, command.json, context),
    };
    let reference = image.at(verdict.digest());
    if command.json {
        context
            .screen
            .json(&to_json(&image, &reference, &verdict))?;
        return Ok(Exit::Done);
    }
    if command.quiet {
        remark(context, &verdict)?;
        writeln!(context.screen, "{reference}")?;
        return Ok(Exit::Done);
    }
    match &verdict {
        Verdict::ByDigest(_) => {
            writeln!(context.screen, "{reference}")?;
            let said = "a digest stands for one content whoever signs it: it was not looked up";
            writeln!(context.screen, "{said}")?;
        }
        Verdict::Signed { signed, pulled } => {
            writeln!(context.screen, "{reference}")?;
            print_fields(context.screen, &fields(signed, pulled))?;
            remark(context, &verdict)?;
        }
    }
    Ok(Exit::Done)
}

/// Says what a person should know of where it is from.
pub(super) fn remark(context: &mut Context<'_>, verdict: &Verdict) -> anyhow::Result<()> {
    match verdict {
        Verdict::Signed { pulled, .. } => remark_of(context, pulled),
        Verdict::ByDigest(_) => Ok(()),
    }
}

/// As [`remark`], of a repository.
pub(super) fn remark_of(context: &mut Context<'_>, pulled: &Pulled) -> anyhow::Result<()> {
    if let (true, TrustedBy::FirstUse, Some(root)) =
        (pulled.is_new, pulled.trusted.by, pulled.root())
    {
        let keys = root.view.roles.root.keyids.iter();
        let keys = keys.filter_map(|id| root.view.keys.get(id)?.canonical_keyid());
        let keys: Vec<String> = keys.map(|id| id.as_str().to_owned()).collect();
        context.screen.note(&format!(
            "first use of this repository: from now on its root key must be {}, or one that it hands over to; compare it with what the publisher says",
            keys.join(" or ")
        ))?;
    }
    for note in &pulled.notes {
        let text = format!(
            "not refused, since content trust is permissive: {}",
            escape(note)
        );
        context.screen.note(&text)?;
    }
    if let Freshness::Cached { why, expired } = &pulled.freshness {
        let expired = if *expired { " and is out of date" } else { "" };
        let text = format!("this is remembered{expired}, not new: {}", escape(why));
        context.screen.note(&text)?;
    }
    Ok(())
}

fn fields(signed: &Signed, pulled: &Pulled) -> Vec<(&'static str, String)> {
    let now = now();
    let ids: Vec<&str> = signed.keys.iter().map(|id| id.as_str()).collect();
    let by = match signed.signers.is_empty() {
        true => "the repository's own key".to_owned(),
        false => escape(&signed.signers.join(", ")),
    };
    let timestamp = pulled.timestamp.view.expires.seconds();
    let trusted = &pulled.trusted;
    vec![
        ("tag", signed.tag.to_string()),
        ("size", format!("{} bytes", signed.length)),
        ("signed by", by),
        (
            "released by",
            format!(
                "{}, {} of {} keys: {}",
                signed.role,
                ids.len(),
                signed.threshold,
                ids.join(", ")
            ),
        ),
        (
            "root",
            format!(
                "version {}, trusted {} since {} (root {})",
                pulled
                    .roots
                    .last()
                    .map_or(0, |root| root.view.header.version),
                trusted.by,
                absolute(trusted.at),
                trusted.version
            ),
        ),
        (
            "current until",
            format!("{} ({})", absolute(timestamp), in_days(timestamp, now)),
        ),
        (
            "read aloud",
            aloud(&privyseal_tuf::Sha256Digest::from(
                *signed.digest.as_bytes(),
            )),
        ),
    ]
}

fn to_json(image: &ImageReference, reference: &str, verdict: &Verdict) -> Value {
    let mut value = json!({
        "image": image.to_string(),
        "verified": true,
        "reference": reference,
        "digest": verdict.digest().to_string(),
        "looked_up": matches!(verdict, Verdict::Signed { .. }),
    });
    let Verdict::Signed { signed, pulled } = verdict else {
        return value;
    };
    let trusted = &pulled.trusted;
    let (cached, expired) = match &pulled.freshness {
        Freshness::Current => (None, false),
        Freshness::Cached { why, expired } => (Some(why), *expired),
    };
    let ids: Vec<&str> = signed.keys.iter().map(|id| id.as_str()).collect();
    let more = json!({
        "tag": signed.tag.as_str(),
        "size": signed.length,
        "role": signed.role,
        "keys": ids,
        "threshold": signed.threshold,
        "signers": signed.signers,
        "root": {
            "version": pulled.roots.last().map(|root| root.view.header.version),
            "trusted_by": trusted.by,
            "trusted_since": absolute(trusted.at),
            "trusted_version": trusted.version,
            "trusted_sha256": trusted.sha256.to_string(),
        },
        "current_until": pulled.timestamp.view.expires.to_string(),
        "cached": cached,
        "expired": expired,
        "notes": pulled.notes,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn refuse(
    image: &str,
    refusal: Refusal,
    as_json: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    if as_json {
        context.screen.json(&json!({
            "image": image,
            "verified": false,
            "reason": refusal.code(),
            "message": refusal.to_string(),
        }))?;
        return Ok(failure::report(&refusal.into(), &mut anstream::stderr())?);
    }
    Err(refusal.into())
}
