//! `privyseal trust sign`

mod content;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::desk::{Desk, DeskArgs};
use super::init::{NewArgs, publish_new};
use super::outcome;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;
use crate::trust::change::Change;
use crate::trust::hands::Hands;
use crate::trust::publish::{Intent, Request};
use crate::trust::reference::{Digest, Gun, ImageReference};
use content::Contents;

/// Signs tags of images.
#[derive(Args, Debug)]
#[command(after_help = "\
Signs what each tag points to at the registry, an image or an index, in every role of a signer whose
key is here (targets/NAME and targets/releases), as docker does; in targets where the repository has
no signers. A tag that is not signed yet and that the engine here has as an image is pushed first.

A repository without trust data gets it where your grants allow that; see `privyseal trust init`.

Exit codes: 0 all is signed; 1 something is not; 3 a person must decide; 4 an agent refused.

Examples:
  privyseal trust sign reg.example.com/team/app:v1
  privyseal trust sign reg.example.com/team/app:v1 reg.example.com/team/app:latest
  privyseal trust sign reg.example.com/team/app:v1 --digest sha256:4bf5… --size 1573
  privyseal trust sign reg.example.com/team/app:v1 --custom build.json")]
pub struct Sign {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    new: NewArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// What is to be signed, and where.
#[derive(Args, Debug)]
struct What {
    /// NAME:TAG
    #[arg(required = true, value_name = "IMAGE:TAG")]
    images: Vec<String>,
    /// Sign this digest of a manifest or index, without asking the registry.
    #[arg(long, value_name = "sha256:…", requires = "size")]
    digest: Option<Digest>,
    /// The length of that manifest or index, in bytes.
    #[arg(long, value_name = "BYTES", requires = "digest")]
    size: Option<u64>,
    /// JSON that is signed with the tag, as what else there is to say of it.
    #[arg(long, value_name = "FILE")]
    custom: Option<PathBuf>,
    /// Push the engine's image first, though the tag is signed already.
    #[arg(long)]
    local: bool,
    /// Push nothing: sign what the registry has.
    #[arg(long, conflicts_with = "local")]
    no_push: bool,
    /// The container tool: docker, podman or nerdctl.
    #[arg(long, value_name = "TOOL")]
    engine: Option<String>,
    /// Only in these roles, such as targets/alice.
    #[arg(long, short, value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<String>,
}

pub(super) async fn run(command: Sign, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut repositories: BTreeMap<Gun, Vec<ImageReference>> = BTreeMap::new();
    for text in &command.what.images {
        let image = image(text)?;
        if image.tag().is_none() || image.digest().is_some() {
            return Err(Advice::failed(
                format!("nothing was signed: {text} names no tag"),
                "say which tag: NAME:TAG; `privyseal trust inspect NAME` shows those that are signed",
            )
            .into());
        }
        repositories
            .entry(image.gun().clone())
            .or_default()
            .push(image);
    }
    let Sign {
        what,
        new,
        json,
        desk,
    } = command;
    let desk = desk.open()?;
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let mut results = Vec::new();
    for (gun, images) in repositories {
        let published = sign((&what, &new), &desk, &gun, &images, &mut hands, context).await?;
        match json {
            true => results.push(outcome::to_json(&gun, &published)),
            false => outcome::print(&gun, &published, context)?,
        }
    }
    if json {
        context.screen.json(&results)?;
    }
    Ok(Exit::Done)
}

async fn sign(
    (what, new): (&What, &NewArgs),
    desk: &Desk,
    gun: &Gun,
    images: &[ImageReference],
    hands: &mut Hands<'_>,
    context: &mut Context<'_>,
) -> anyhow::Result<crate::trust::publish::Published> {
    let place = desk.place(gun)?;
    let publisher = place.publisher();
    let state = publisher.load().await?;
    let contents = Contents::of(what, desk)?;
    let mut request = Request::default();
    for image in images {
        let Some(tag) = image.tag() else { continue };
        let content = contents.find(image, &state, context).await?;
        let line = format!(
            "{image}: sha256:{}, {} bytes",
            content.sha256, content.length
        );
        context.screen.note(&escape(&line))?;
        let target = tag.as_str().to_owned();
        if what.roles.is_empty() {
            request.intents.push(Intent::Sign { target, content });
        } else {
            let set = |role: &String| Change::SetTarget {
                role: role.clone(),
                target: target.clone(),
                content: content.clone(),
            };
            request.changes.extend(what.roles.iter().map(set));
        }
    }
    context.screen.flush()?;
    if state.pulled.is_none() {
        return publish_new(desk, &place, new, request, hands, context).await;
    }
    publisher.run(&request, hands).await
}
