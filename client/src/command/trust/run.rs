//! `privyseal trust run`

use std::ffi::{OsStr, OsString};

use clap::Args;

use super::place::{ConsumerArgs, image};
use super::pull::EngineArgs;
use super::verify::remark;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::consumer::engine_args::{Argument, RUN, is_yes};

/// Runs an image by its signed digest.
#[derive(Args, Debug)]
#[command(after_help = "\
What stands after this command's own options goes to the container tool's `run`, with the image's
name exchanged for its verified digest. Options that this program does not know must be written as
--option=value.

Examples:
  privyseal trust run --rm -it reg.example.com/team/app:v1 sh
  privyseal trust run --engine podman --rm alpine true")]
pub struct RunCommand {
    #[command(flatten)]
    how: EngineArgs,
    #[command(flatten)]
    consumer: ConsumerArgs,
    /// The arguments of `docker run`: options, IMAGE, command.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(super) async fn run(command: RunCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let arguments = Arguments::read(command.arguments)?;
    let consumer = command.consumer.open()?;
    let engine = command.how.engine(&consumer)?;
    let mut handed: Vec<OsString> = vec!["run".into()];
    handed.extend(arguments.options);
    if command
        .how
        .verifies(arguments.disabled, &consumer, context)?
    {
        let text = arguments.image.to_str().unwrap_or_default();
        if is_id(text) {
            context
                .screen
                .note("an image's id stands for one content: it was not looked up")?;
            handed.push(arguments.image);
        } else {
            let image = image(text)?;
            let verdict = consumer.verify(&image).await?;
            remark(context, &verdict)?;
            handed.push(image.at(verdict.digest()).into());
        }
    } else {
        handed.push(arguments.image);
    }
    handed.extend(arguments.command);
    std::io::Write::flush(context.screen)?;
    Err(engine.hand_over(&handed).into())
}

/// The id of an image that is here: 64 hex digits.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() == 64
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

struct Arguments {
    options: Vec<OsString>,
    disabled: Option<bool>,
    image: OsString,
    command: Vec<OsString>,
}

impl Arguments {
    fn read(mut rest: Vec<OsString>) -> anyhow::Result<Self> {
        let mut options = Vec::new();
        let mut disabled = None;
        loop {
            match RUN.next(&mut rest)? {
                Some(Argument::Option {
                    name,
                    value,
                    written,
                }) => match name.as_str() {
                    "disable-content-trust" => disabled = Some(is_yes(value.as_deref())),
                    // A directory in place of an image.
                    "rootfs" => return Err(unverifiable("--rootfs")),
                    "mount" if !is_mount_without_image(value.as_deref()) => {
                        return Err(unverifiable("--mount of an image"));
                    }
                    _ => options.extend(written),
                },
                // Whatever it looks like, what follows is the image.
                Some(Argument::End) if !rest.is_empty() => {
                    let image = rest.remove(0);
                    return Ok(Self {
                        options,
                        disabled,
                        image,
                        command: rest,
                    });
                }
                Some(Argument::End) => {}
                Some(Argument::Plain(image)) => {
                    return Ok(Self {
                        options,
                        disabled,
                        image,
                        command: rest,
                    });
                }
                None => {
                    let remedy = "name it after the options, as for docker run";
                    return Err(Advice::failed("no image is named", remedy).into());
                }
            }
        }
    }
}

/// Whether every `type` of a mount is one that takes its files from no image; without any it is a
/// volume.
fn is_mount_without_image(value: Option<&OsStr>) -> bool {
    let known = [
        "bind", "volume", "tmpfs", "npipe", "cluster", "ramfs", "devpts", "glob",
    ];
    let Some(text) = value.and_then(OsStr::to_str) else {
        return false;
    };
    let text = text.replace('"', "").to_ascii_lowercase();
    let parts = text.split(',').filter_map(|part| part.split_once('='));
    let mut types = parts.filter(|(key, _)| key.trim() == "type");
    types.all(|(_, value)| known.contains(&value.trim()))
}

fn unverifiable(option: impl AsRef<OsStr>) -> anyhow::Error {
    let option = option.as_ref().display();
    Advice::failed(
        format!("{option} runs something that nobody signed"),
        "run it with the container tool itself",
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Arguments> {
        Arguments::read(text.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn images_that_are_mounted_are_refused() {
        for mount in [
            "type=image,source=evil,target=/x",
            "src=evil,Type=Image",
            "\"type=image\"",
            "type=bind,type=image",
            "type=artifact",
        ] {
            assert!(read(&format!("--mount {mount} app")).is_err(), "{mount}");
            assert!(read(&format!("--mount={mount} app")).is_err(), "{mount}");
        }
        for mount in [
            "type=bind,source=/image,target=/x",
            "source=v,target=/type=image",
            "type=tmpfs,target=/x",
        ] {
            assert!(read(&format!("--mount {mount} app")).is_ok(), "{mount}");
        }
    }

    #[test]
    fn what_follows_two_hyphens_is_the_image() {
        let found = read("-d -- --rm app").unwrap();
        assert_eq!(
            (found.image, found.command),
            ("--rm".into(), vec!["app".into()])
        );
        assert!(read("-d --").is_err());
    }
}
