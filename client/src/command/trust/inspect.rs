//! `privyseal trust inspect`

use std::io::Write;

use clap::Args;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::place::{ConsumerArgs, image};
use super::verify::remark_of;
use crate::Exit;
use crate::command::context::Context;
use crate::failure;
use crate::show::ascii_json;
use crate::trust::consumer::{Consumer, Inspection};

/// Shows what is signed of images, and by whom.
#[derive(Args, Debug)]
#[command(after_help = "\
It prints what `docker trust inspect` prints, so that scripts go on working. Where an image is not to
be trusted, it says why, goes on with the next, and ends with the exit code of
`privyseal trust verify`.

Examples:
  privyseal trust inspect reg.example.com/team/app
  privyseal trust inspect --pretty reg.example.com/team/app:v1 reg.example.com/team/other")]
pub struct InspectCommand {
    /// NAME or NAME:TAG, one or more.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// Print it for people.
    #[arg(long)]
    pretty: bool,
    /// It prints JSON as it is: for those who say so.
    #[arg(long, hide = true, conflicts_with = "pretty")]
    json: bool,
    #[command(flatten)]
    consumer: ConsumerArgs,
}

pub(super) async fn run(
    command: InspectCommand,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let consumer = command.consumer.open()?;
    let mut found = Vec::new();
    let mut exit = Exit::Done;
    for name in &command.images {
        match inspect(&consumer, name, context).await {
            Ok(inspection) => found.push(inspection),
            Err(error) => {
                let why = failure::report(&error, &mut anstream::stderr())?;
                exit = if exit == Exit::Done { why } else { exit };
            }
        }
    }
    if command.pretty && !command.json {
        let texts: Vec<String> = found.iter().map(Inspection::pretty).collect();
        write!(context.screen, "{}", texts.join("\n\n"))?;
        return Ok(exit);
    }
    writeln!(context.screen, "{}", json(&found)?)?;
    Ok(exit)
}

async fn inspect(
    consumer: &Consumer,
    name: &str,
    context: &mut Context<'_>,
) -> anyhow::Result<Inspection> {
    let image = image(name)?;
    let pulled = consumer.pull(image.gun()).await?;
    remark_of(context, &pulled)?;
    Ok(Inspection::of(&pulled, name, image.tag()))
}

/// As docker indents it, and escapes it for HTML.
fn json(found: &[Inspection]) -> anyhow::Result<String> {
    let mut text = Vec::new();
    let mut to = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"    "));
    found.serialize(&mut to)?;
    let text = ascii_json(&String::from_utf8(text)?);
    let escaped = ['<', '>', '&'].map(|c| (c, format!("\\u{:04x}", u32::from(c))));
    let escape = |text: String, (c, to): &(char, String)| text.replace(*c, to);
    Ok(escaped.iter().fold(text, escape))
}
