use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::desk::DeskArgs;
use crate::command::trust::outcome;
use crate::command::trust::place::image;
use crate::failure::{Advice, report};
use crate::trust::change::Change;
use crate::trust::edit::signer_role;
use crate::trust::publish::Request;

#[derive(Args, Debug)]
#[command(after_help = "\
The role targets/NAME goes, and from targets/releases the signer's keys, unless another signer has the
same. Tags in targets/releases that only these keys signed are signed anew in the same publish; where
no key here can, nothing is published and the tags are named.

Exit codes: 0 removed everywhere; 1 not; 3 tags would be lost; 4 an agent refused.

Examples:
  privyseal trust signer remove alice reg.example.com/team/app
  privyseal trust signer remove alice reg.example.com/team/app --lose-tags")]
pub struct Remove {
    /// The signer's name.
    name: String,
    /// The repositories.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// Tags that nobody here can sign anew may be lost, as all are with the last signer.
    #[arg(long, short, visible_alias = "lose-tags")]
    force: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Remove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    signer_role(&command.name)
        .map_err(|error| Advice::failed(error.to_string(), "name a signer"))?;
    let guns = command
        .images
        .iter()
        .map(|text| Ok(image(text)?.gun().clone()));
    let guns: Vec<_> = guns.collect::<anyhow::Result<_>>()?;
    let desk = command.desk.open()?;
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let request = Request {
        changes: vec![Change::RemoveSigner {
            name: command.name.clone(),
        }],
        lose: command.force,
        ..Request::default()
    };
    let (mut results, mut exit) = (Vec::new(), Exit::Done);
    for gun in &guns {
        let place = desk.place(gun)?;
        match place.publisher().run(&request, &mut hands).await {
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
