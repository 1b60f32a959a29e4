use std::path::PathBuf;

use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::desk::DeskArgs;
use crate::command::trust::init::{NewArgs, publish_new};
use crate::command::trust::outcome;
use crate::command::trust::pem::key_file;
use crate::command::trust::place::image;
use crate::failure::{Advice, report};
use crate::trust::change::Change;
use crate::trust::edit::signer_role;
use crate::trust::publish::Request;

#[derive(Args, Debug)]
#[command(after_help = "\
The signer's keys get the roles targets/NAME and targets/releases, in which docker looks for tags. A
repository without trust data gets it where your grants allow that.

Examples:
  privyseal trust signer add alice reg.example.com/team/app --key alice.pub
  privyseal trust signer add --key bob.crt --key bob-2.crt bob reg.example.com/team/app \\
      reg.example.com/team/web
  privyseal trust signer add alice reg.example.com/team/app --key alice.pub --signer-threshold 2")]
pub struct Add {
    /// The signer's name: lower-case letters, digits, - and _.
    name: String,
    /// The repositories.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// A file with a public key or a certificate of the signer.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// How many of the signer's keys must sign in targets/NAME.
    #[arg(long, value_name = "N")]
    signer_threshold: Option<u32>,
    #[command(flatten)]
    new: NewArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Add, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let role = signer_role(&command.name).map_err(|error| {
        let remedy = "choose another name: docker keeps targets/releases for all signers";
        Advice::failed(error.to_string(), remedy)
    })?;
    let keys = command.key.iter().map(|path| Ok(key_file(path)?.pem));
    let keys: Vec<String> = keys.collect::<anyhow::Result<_>>()?;
    let guns = command
        .images
        .iter()
        .map(|text| Ok(image(text)?.gun().clone()));
    let guns: Vec<_> = guns.collect::<anyhow::Result<_>>()?;
    let delegate = |role: &str, threshold: Option<u32>| Change::Delegate {
        role: role.to_owned(),
        keys: keys.clone(),
        paths: vec![String::new()],
        threshold,
    };
    let changes = vec![
        delegate(role.as_str(), command.signer_threshold),
        delegate("targets/releases", None),
    ];
    let desk = command.desk.open()?;
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let (mut results, mut exit) = (Vec::new(), Exit::Done);
    for gun in &guns {
        let request = Request {
            changes: changes.clone(),
            ..Request::default()
        };
        let place = desk.place(gun)?;
        let publisher = place.publisher();
        let published = match publisher.load().await {
            Ok(state) if state.pulled.is_none() => {
                publish_new(&desk, &place, &command.new, request, &mut hands, context).await
            }
            Ok(_) => publisher.run(&request, &mut hands).await,
            Err(error) => Err(error),
        };
        // What fails for one repository need not for the next.
        match published {
            Ok(published) if command.json => results.push(outcome::to_json(gun, &published)),
            Ok(published) => outcome::print(gun, &published, context)?,
            Err(error) => {
                std::io::Write::flush(context.screen)?;
                exit = report(&error.context(gun.to_string()), &mut anstream::stderr())?;
            }
        }
    }
    if command.json {
        context.screen.json(&results)?;
    }
    Ok(exit)
}
