//! `privyseal trust pull`

use std::ffi::OsString;

use clap::Args;
use privyseal_tuf::TargetPath;

use super::place::{ConsumerArgs, image};
use super::verify::{remark, remark_of};
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::consumer::{Consumer, lookup};
use crate::trust::engine::Engine;
use crate::trust::reference::{ImageReference, Tag};

/// Pulls an image by its signed digest.
#[derive(Args, Debug)]
#[command(after_help = "\
The image is verified as `privyseal trust verify` does, pulled by its digest, and given its tag. With
DOCKER_CONTENT_TRUST=0 or --disable-content-trust it is pulled as it is, and that is said.

Examples:
  privyseal trust pull reg.example.com/team/app:v1
  privyseal trust pull --all-tags reg.example.com/team/app
  privyseal trust pull --engine podman alpine")]
pub struct PullCommand {
    /// NAME, NAME:TAG or NAME@sha256:…
    image: String,
    /// Pull every signed tag.
    #[arg(short, long)]
    all_tags: bool,
    /// For this platform, where the digest is that of an index: linux/arm64.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Do not show the engine's progress.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    how: EngineArgs,
    #[command(flatten)]
    consumer: ConsumerArgs,
}

/// Which container tool, and whether images are verified.
#[derive(Args, Debug)]
pub(super) struct EngineArgs {
    /// docker, podman or nerdctl. Without it: what the config names, else the first that is there.
    #[arg(long, value_name = "TOOL")]
    engine: Option<String>,
    /// Do not verify images. `--disable-content-trust=false` verifies them whatever
    /// DOCKER_CONTENT_TRUST says.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true",
        require_equals = true,
        action = clap::ArgAction::Set
    )]
    disable_content_trust: Option<bool>,
}

impl EngineArgs {
    pub(super) fn engine(&self, consumer: &Consumer) -> anyhow::Result<Engine> {
        let named = self.engine.as_deref().or(consumer.settings().engine());
        Ok(Engine::find(named)?)
    }

    /// Whether images are verified; it is said where they are not. `flag` is one that stood among
    /// the tool's own arguments.
    pub(super) fn verifies(
        &self,
        flag: Option<bool>,
        consumer: &Consumer,
        context: &mut Context<'_>,
    ) -> anyhow::Result<bool> {
        let disabled = self.disable_content_trust.or(flag);
        let (verifies, why) = match (disabled, consumer.settings().content_trust()) {
            (Some(disabled), _) => (!disabled, "--disable-content-trust"),
            (None, Some(trust)) => (trust, "DOCKER_CONTENT_TRUST"),
            (None, None) => (true, ""),
        };
        if !verifies {
            context
                .screen
                .note(&format!("nothing is verified: {why} says so"))?;
        }
        Ok(verifies)
    }
}

pub(super) async fn run(command: PullCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    if command.all_tags && (image.tag().is_some() || image.digest().is_some()) {
        let remedy = "leave out the tag, or --all-tags";
        return Err(Advice::failed("--all-tags pulls every signed tag", remedy).into());
    }
    let consumer = command.consumer.open()?;
    let engine = command.how.engine(&consumer)?;
    let puller = Puller {
        engine: &engine,
        platform: command.platform.as_deref(),
        quiet: command.quiet,
    };
    if !command.how.verifies(None, &consumer, context)? {
        let all = command.all_tags.then_some("--all-tags");
        puller.pull(&image.familiar(), all).await?;
        return Ok(Exit::Done);
    }
    if command.all_tags {
        let pulled = consumer.pull(image.gun()).await?;
        remark_of(context, &pulled)?;
        for tag in tags(&pulled) {
            let signed = lookup(&pulled, image.gun(), &tag)?;
            let image = ImageReference::new(image.gun().clone(), Some(tag), None);
            puller
                .by_digest(&image, &image.at(&signed.digest), context)
                .await?;
        }
        return Ok(Exit::Done);
    }
    let verdict = consumer.verify(&image).await?;
    remark(context, &verdict)?;
    puller
        .by_digest(&image, &image.at(verdict.digest()), context)
        .await?;
    Ok(Exit::Done)
}

/// The names that are released and may be tags.
fn tags(pulled: &crate::trust::pull::Pulled) -> Vec<Tag> {
    let releases = pulled.delegation("targets/releases").into_iter();
    let views = releases.map(|it| &it.view).chain([&pulled.targets.view]);
    let names = views.flat_map(|view| view.targets.keys().map(TargetPath::as_str));
    let names: std::collections::BTreeSet<&str> = names.collect();
    names
        .into_iter()
        .filter_map(|name| name.parse().ok())
        .collect()
}

struct Puller<'a> {
    engine: &'a Engine,
    platform: Option<&'a str>,
    quiet: bool,
}

impl Puller<'_> {
    /// Pulls what was verified, and gives it the tag that it was asked for by.
    async fn by_digest(
        &self,
        image: &ImageReference,
        reference: &str,
        context: &mut Context<'_>,
    ) -> anyhow::Result<()> {
        let shown = crate::show::escape(&image.familiar());
        context
            .screen
            .note(&format!("{shown} is signed: pulling {reference}"))?;
        self.pull(reference, None).await?;
        if let (None, Some(tag)) = (image.digest(), image.tag_or_latest()) {
            let name = ImageReference::new(image.gun().clone(), Some(tag), None);
            self.engine.tag(reference, &name.familiar()).await?;
        }
        Ok(())
    }

    async fn pull(&self, name: &str, flag: Option<&str>) -> anyhow::Result<()> {
        let mut arguments: Vec<OsString> = vec!["pull".into()];
        arguments.extend(flag.map(OsString::from));
        if self.quiet {
            arguments.push("--quiet".into());
        }
        if let Some(platform) = self.platform {
            arguments.push(format!("--platform={platform}").into());
        }
        arguments.push(name.into());
        let status = self.engine.attached(&arguments).await?;
        match status.success() {
            true => Ok(()),
            false => Err(Advice::failed(
                format!(
                    "{} did not pull {name}: {status}",
                    self.engine.kind().as_str()
                ),
                "it says above why; the trust data is in order",
            )
            .into()),
        }
    }
}
