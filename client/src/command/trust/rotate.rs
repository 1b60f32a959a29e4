//! `privyseal trust rotate`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_tuf::RoleType;

use super::desk::{DeskArgs, read_text};
use super::place::image;
use super::{ceremony, outcome};
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::show::escape;
use crate::trust::init::Choice;
use crate::trust::publish::Request;
use crate::trust::rotate::NewKeys;

/// Gives a role other keys, and publishes.
#[derive(Args, Debug)]
#[command(after_help = "\
The keys that are named are all that the role has then. The new root is signed by the root keys before
and by its own; targets are signed anew where their keys change. Without --key: root gets new
certificates for the keys that it has, targets and snapshot a new key.

Where a token with a root key is lost, name those that go on:
  privyseal trust rotate reg.example.com/team/app root --key safe:root-2 --key desk:root-3

Examples:
  privyseal trust rotate reg.example.com/team/app targets
  privyseal trust rotate reg.example.com/team/app snapshot --server-managed
  privyseal trust rotate reg.example.com/team/app timestamp -r
  privyseal trust rotate reg.example.com/team/app targets --key desk:t-1 --key safe:t-2 --threshold 2")]
pub struct Rotate {
    /// The repository.
    image: String,
    /// root, targets, snapshot or timestamp.
    role: RoleType,
    /// A key that the role is to have: AGENT:KEY, or KEY.
    #[arg(long, short, value_name = "KEY")]
    key: Vec<KeyRef>,
    /// A certificate of a root key whose agent is not here.
    #[arg(long, value_name = "FILE", visible_alias = "rootcert")]
    root_certificate: Vec<PathBuf>,
    /// The trust server signs for the role, with a new key of its own.
    #[arg(long, short = 'r', conflicts_with_all = ["key", "root_certificate"])]
    server_managed: bool,
    /// One token with a root key is enough.
    #[arg(long)]
    single_root: bool,
    /// How many of the keys must sign; as before where it is not said.
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
    /// Where a new key is made: AGENT:KEYSTORE or KEYSTORE.
    #[arg(long, value_name = "KEYSTORE")]
    generate_in: Option<KeyRef>,
    /// The algorithm of a new key.
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    algorithm: String,
    /// Build on what is out of date, to sign it anew.
    #[arg(long)]
    expired: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Rotate, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let gun = image.gun();
    let certificates = command.root_certificate.iter();
    let certificates = certificates.map(|path| read_text(path, 256 << 10));
    let new = match (command.role, command.server_managed) {
        (_, true) => NewKeys::Server,
        (RoleType::Root, false) => NewKeys::Root {
            named: command.key,
            certificates: certificates.collect::<anyhow::Result<_>>()?,
            single: command.single_root,
        },
        (_, false) => NewKeys::Own(Choice {
            fresh: command.key.is_empty(),
            named: command.key,
            keystore: command.generate_in,
            algorithm: Some(command.algorithm),
        }),
    };
    let desk = command.desk.open()?;
    let place = desk.place(gun)?;
    let publisher = place.publisher_of(command.expired);
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let state = publisher.load_existing().await?;
    let rotated = publisher.rotated(&state, command.role, &new, command.threshold, &mut hands);
    let (change, notes) = rotated.await?;
    context.screen.flush()?;
    for note in &notes {
        context.screen.note(&escape(note))?;
    }
    let request = Request {
        roles: vec![change],
        ..Request::default()
    };
    let published = publisher.run(&request, &mut hands).await;
    let published = ceremony::or_draft(&desk, &place, published).await?;
    match command.json {
        true => context.screen.json(&outcome::to_json(gun, &published))?,
        false => outcome::print(gun, &published, context)?,
    }
    Ok(Exit::Done)
}
