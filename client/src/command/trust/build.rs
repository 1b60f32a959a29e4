//! `privyseal trust build`

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use super::place::{ConsumerArgs, image};
use super::pull::EngineArgs;
use super::verify::remark;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::consumer::Consumer;
use crate::trust::consumer::dockerfile::{BuildArgs, Dockerfile};
use crate::trust::consumer::engine_args::{Argument, BUILD, is_yes};

/// Builds from images by their signed digests.
#[derive(Args, Debug)]
#[command(after_help = "\
What stands after this command's own options goes to the container tool's `build`, with a copy of the
Dockerfile in which every image has its verified digest: in FROM, COPY --from, RUN --mount=from= and
# syntax. Options that this program does not know must be written as --option=value.

Examples:
  privyseal trust build -t reg.example.com/team/app:v2 .
  privyseal trust build --engine podman -f docker/Dockerfile --build-arg TAG=v1 .")]
pub struct BuildCommand {
    #[command(flatten)]
    how: EngineArgs,
    #[command(flatten)]
    consumer: ConsumerArgs,
    /// The arguments of `docker build`: options and the directory of the context.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(super) async fn run(command: BuildCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let given = Arguments::read(command.arguments)?;
    let consumer = command.consumer.open()?;
    let engine = command.how.engine(&consumer)?;
    let mut handed: Vec<OsString> = vec!["build".into()];
    handed.extend(given.options.iter().cloned());
    let mut copy = None;
    if command.how.verifies(given.disabled, &consumer, context)? {
        let copied = given.verified(&consumer, context).await?;
        handed.push("--file".into());
        handed.push(copied.path().join("Dockerfile").into());
        copy = Some(copied);
    } else {
        let file = given.file.iter();
        handed.extend(file.flat_map(|file| [OsString::from("--file"), file.clone()]));
    }
    handed.push(given.directory);
    std::io::Write::flush(context.screen)?;
    let status = engine.attached(&handed).await?;
    drop(copy);
    match status.success() {
        true => Ok(Exit::Done),
        false => Err(Advice::failed(
            format!("{} build did not succeed: {status}", engine.kind().as_str()),
            "it says above why; the trust data of its images is in order",
        )
        .into()),
    }
}

struct Arguments {
    /// But for those that are read here.
    options: Vec<OsString>,
    disabled: Option<bool>,
    file: Option<OsString>,
    directory: OsString,
    args: BuildArgs,
}

impl Arguments {
    fn read(mut rest: Vec<OsString>) -> anyhow::Result<Self> {
        let (mut options, mut plain) = (Vec::new(), Vec::new());
        let (mut disabled, mut file, mut args) = (None, None, BuildArgs::default());
        while let Some(argument) = BUILD.next(&mut rest)? {
            match argument {
                Argument::Option {
                    name,
                    value,
                    written,
                } => {
                    match name.as_str() {
                        "disable-content-trust" => {
                            disabled = Some(is_yes(value.as_deref()));
                            continue;
                        }
                        "f" | "file" => {
                            file = value;
                            continue;
                        }
                        "build-arg" => build_arg(&mut args, value.as_deref())?,
                        "build-context" => build_context(&mut args, value.as_deref())?,
                        "cache-from" => cache_from(value.as_deref())?,
                        "sbom" | "attest" => scanner(&name, value.as_deref())?,
                        // podman's: an image in the place of the first FROM.
                        "from" => return Err(unclear("--from", "write the image into FROM")),
                        _ => {}
                    }
                    options.extend(written);
                }
                Argument::Plain(text) => plain.push(text),
                Argument::End => plain.append(&mut rest),
            }
        }
        let [directory] = <[OsString; 1]>::try_from(plain).map_err(|found| {
            let message = format!("{} contexts are named, and a build has one", found.len());
            Advice::failed(message, "name one directory, as for docker build")
        })?;
        Ok(Self {
            options,
            disabled,
            file,
            directory,
            args,
        })
    }

    /// A directory with the Dockerfile in which every image has its digest.
    async fn verified(
        &self,
        consumer: &Consumer,
        context: &mut Context<'_>,
    ) -> anyhow::Result<TempDir> {
        let path = self.dockerfile()?;
        let shown = path.display().to_string();
        let text = read(&path).with_context(|| format!("cannot read {shown}"))?;
        let file = Dockerfile::parse(&text, &self.args).with_context(|| shown.clone())?;
        let mut names = BTreeMap::new();
        for name in file.images() {
            let image = image(name).with_context(|| shown.clone())?;
            let verdict = consumer.verify(&image).await?;
            remark(context, &verdict)?;
            names.insert(name.to_owned(), image.at(verdict.digest()));
        }
        let copy = tempfile::tempdir()?;
        fs::write(copy.path().join("Dockerfile"), file.with(&names))?;
        // The builder looks for it beside the Dockerfile.
        let mut ignored = path.into_os_string();
        ignored.push(".dockerignore");
        if Path::new(&ignored).is_file() {
            fs::copy(&ignored, copy.path().join("Dockerfile.dockerignore"))?;
        }
        Ok(copy)
    }

    fn dockerfile(&self) -> anyhow::Result<PathBuf> {
        let directory = Path::new(&self.directory);
        if !directory.is_dir() {
            let what = directory.display().to_string();
            let remedy = "build from a directory, so that the Dockerfile can be read first";
            return Err(unclear(&what, remedy));
        }
        match &self.file {
            Some(file) if file == "-" => {
                Err(unclear("--file -", "name a file that can be read first"))
            }
            Some(file) => Ok(file.into()),
            None => {
                let names = ["Dockerfile", "Containerfile"].map(|name| directory.join(name));
                let there = names.iter().find(|path| path.is_file());
                Ok(there.or(names.first()).cloned().unwrap_or_default())
            }
        }
    }
}

/// The longest Dockerfile that is read, in bytes, and one more.
const LONGEST: u64 = (4 << 20) + 1;

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?
        .take(LONGEST)
        .read_to_string(&mut text)?;
    Ok(text)
}

fn build_arg(args: &mut BuildArgs, value: Option<&OsStr>) -> anyhow::Result<()> {
    let text = value.and_then(OsStr::to_str).unwrap_or_default();
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, std::env::var(text).ok()),
    };
    if name == "BUILDKIT_SYNTAX" {
        return Err(unclear(
            "BUILDKIT_SYNTAX",
            "write a # syntax line, which is verified",
        ));
    }
    args.values
        .extend(value.map(|value| (name.to_owned(), value)));
    Ok(())
}

fn build_context(args: &mut BuildArgs, value: Option<&OsStr>) -> anyhow::Result<()> {
    let text = value.and_then(OsStr::to_str).unwrap_or_default();
    let (name, place) = text.split_once('=').unwrap_or((text, ""));
    if !Path::new(place).is_dir() {
        let remedy = "give a directory; name images in the Dockerfile, where they are verified";
        return Err(unclear(&format!("--build-context {text}"), remedy));
    }
    args.contexts.insert(name.to_owned());
    Ok(())
}

/// Layers of a cache become layers of the image, and nobody signed them: a directory is for whoever
/// builds to know, a registry or service is not.
fn cache_from(value: Option<&OsStr>) -> anyhow::Result<()> {
    let text = value.and_then(OsStr::to_str).unwrap_or_default();
    let types = text.split(',').filter(|part| part.starts_with("type="));
    if types.eq(["type=local"]) && !text.contains('"') {
        return Ok(());
    }
    let message = format!("--cache-from {text}: layers that nobody signed would be in the image");
    let remedy =
        "leave it out, or give a cache in a directory: --cache-from type=local,src=DIRECTORY";
    Err(Advice::failed(message, remedy).into())
}

/// A list of contents is made by an image that the builder pulls for it.
fn scanner(name: &str, value: Option<&OsStr>) -> anyhow::Result<()> {
    let text = value.and_then(OsStr::to_str).unwrap_or_default();
    let is_free = match name {
        "sbom" => !is_yes(value),
        _ => {
            text.starts_with("type=provenance")
                && !text.contains(['"', '\''])
                && text.matches("type=").count() == 1
        }
    };
    if is_free {
        return Ok(());
    }
    let remedy = "leave it out, and have the list made afterwards by a tool that you trust";
    Err(unclear(&format!("--{name} {text}"), remedy))
}

fn unclear(what: &str, remedy: &str) -> anyhow::Error {
    let message = format!("{what}: which images that uses is not known before the build");
    Advice::failed(message, remedy).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(option: &str) -> anyhow::Result<Arguments> {
        Arguments::read([option, "."].map(OsString::from).into())
    }

    #[test]
    fn what_the_builder_would_take_from_elsewhere_unverified_is_refused() {
        for option in [
            "--cache-from=reg.test/evil",
            "--cache-from=type=registry,ref=reg.test/evil",
            "--cache-from=type=local,type=registry,ref=evil",
            "--cache-from=\"type=registry\",type=local",
            "--sbom=true",
            "--sbom=generator=reg.test/evil",
            "--attest=type=sbom,generator=evil",
            "--attest=type=provenance,type=sbom",
            "--build-arg=BUILDKIT_SYNTAX=evil",
        ] {
            assert!(read(option).is_err(), "{option}");
        }
        for option in [
            "--cache-from=type=local,src=/cache",
            "--sbom=false",
            "--attest=type=provenance,mode=max",
        ] {
            assert!(read(option).is_ok(), "{option}");
        }
    }
}
