//! `privyseal trust init`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_tuf::RoleType;

use super::desk::{Desk, DeskArgs, Place, read_text};
use super::place::image;
use super::{ceremony, outcome};
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;
use crate::trust::hands::Hands;
use crate::trust::init::{Choice, NewRepository};
use crate::trust::publish::{PendingRoot, Published, Request};

/// Makes the trust data of a repository.
#[derive(Args, Debug)]
#[command(after_help = "\
The root names two root keys, on different tokens, either of which is enough: where one is lost, the
other goes on. The targets key is made where a grant lets you (generate_in). The trust server signs
snapshots and timestamps.

Where the agent of a root key is away, give its certificate (--root-certificate, from `privyseal trust
key certificate`): the root then waits, and the draft file that is written goes to where the key is.

Examples:
  privyseal trust init reg.example.com/team/app
  privyseal trust init reg.example.com/team/app --root-key desk:root-1 --root-key safe:root-2
  privyseal trust init reg.example.com/team/app --threshold root=2 --threshold targets=2 \\
      --targets-key desk:app-1 --targets-key safe:app-2
  privyseal trust init reg.example.com/team/app --own-snapshot")]
pub struct Init {
    /// The repository: an image's name without tag.
    image: String,
    #[command(flatten)]
    new: NewArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// The keys of a new repository.
#[derive(Args, Debug, Default)]
pub(super) struct NewArgs {
    /// A root key, AGENT:KEY or KEY; twice, on different tokens. Without it: root_keys of [trust],
    /// else all that the agents have for the repository.
    #[arg(long, value_name = "KEY")]
    root_key: Vec<KeyRef>,
    /// A certificate of a root key, PEM, whose common name is the repository or PREFIX/*.
    #[arg(long, value_name = "FILE", visible_alias = "rootcert")]
    root_certificate: Vec<PathBuf>,
    /// One token with a root key is enough. Where it is lost, the repository is.
    #[arg(long)]
    single_root: bool,
    /// A targets key. Without it: those that the agents have for the repository, else a new one.
    #[arg(long, value_name = "KEY")]
    targets_key: Vec<KeyRef>,
    /// A snapshot key, instead of the server's.
    #[arg(long, value_name = "KEY")]
    snapshot_key: Vec<KeyRef>,
    /// Sign snapshots here, with a key of the agents, instead of at the server.
    #[arg(long)]
    own_snapshot: bool,
    /// Where a new key is made: AGENT:KEYSTORE or KEYSTORE. Without it: where a grant allows it.
    #[arg(long, value_name = "KEYSTORE")]
    generate_in: Option<KeyRef>,
    /// The algorithm of new keys: ecdsa-p256, ecdsa-p384, ed25519, rsa-pss-2048, …
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    algorithm: String,
    /// How many of a role's keys must sign, such as targets=2. Docker's own tools can't make more
    /// than one, but obey it.
    #[arg(long, value_name = "ROLE=N", value_parser = threshold)]
    threshold: Vec<(RoleType, u32)>,
}

fn threshold(text: &str) -> Result<(RoleType, u32), String> {
    let (role, number) = text.split_once('=').ok_or("write ROLE=N, such as root=2")?;
    let role = role
        .parse::<RoleType>()
        .map_err(|error| error.to_string())?;
    match number.parse() {
        Ok(number) if number > 0 => Ok((role, number)),
        _ => Err(format!("{number:?} is no number of keys")),
    }
}

impl NewArgs {
    /// With what the config says of new repositories.
    fn choose(&self, desk: &Desk) -> anyhow::Result<NewRepository> {
        let mut root_keys = self.root_key.clone();
        if root_keys.is_empty() && self.root_certificate.is_empty() {
            for text in desk.consumer.settings().root_keys() {
                let key = text.parse::<KeyRef>().map_err(|error| {
                    Advice::failed(
                        format!("root_keys of [trust]: {error}"),
                        "correct it in ~/.config/privyseal/config.toml",
                    )
                });
                root_keys.push(key?);
            }
        }
        let certificates = self.root_certificate.iter();
        let certificates = certificates.map(|path| read_text(path, 256 << 10));
        let choice = |named: &[KeyRef]| Choice {
            named: named.to_vec(),
            keystore: self.generate_in.clone(),
            algorithm: Some(self.algorithm.clone()),
            fresh: false,
        };
        let own = self.own_snapshot || !self.snapshot_key.is_empty();
        Ok(NewRepository {
            root_keys,
            root_certificates: certificates.collect::<anyhow::Result<_>>()?,
            single_root: self.single_root,
            targets: choice(&self.targets_key),
            snapshot: own.then(|| choice(&self.snapshot_key)),
            thresholds: self.threshold.iter().copied().collect::<BTreeMap<_, _>>(),
        })
    }
}

pub(super) async fn run(command: Init, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    let place = desk.place(image.gun())?;
    let publisher = place.publisher();
    let state = publisher.load().await?;
    if state.pulled.is_some() {
        return Err(Advice::failed(
            format!("{} has trust data already", image.gun()),
            "look at it with `privyseal trust inspect`; to sign, nothing more is needed",
        )
        .into());
    }
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let request = Request::default();
    let published = publish_new(&desk, &place, &command.new, request, &mut hands, context).await?;
    if command.json {
        context
            .screen
            .json(&outcome::to_json(image.gun(), &published))?;
    } else {
        outcome::print(image.gun(), &published, context)?;
    }
    Ok(Exit::Done)
}

/// Publishes the first documents of a repository, with what else is requested.
pub(super) async fn publish_new(
    desk: &Desk,
    place: &Place<'_>,
    new: &NewArgs,
    request: Request,
    hands: &mut Hands<'_>,
    context: &mut Context<'_>,
) -> anyhow::Result<Published> {
    let publisher = place.publisher();
    let begun = PendingRoot::of(place.home()).read().map_err(Advice::from)?;
    let roles = match begun {
        // A root that was begun says whose keys it names.
        Some(_) => Vec::new(),
        None => {
            let first = publisher.first_root(&new.choose(desk)?, hands).await?;
            for note in &first.notes {
                context.screen.flush()?;
                context.screen.note(&escape(note))?;
            }
            first.roles
        }
    };
    let request = Request { roles, ..request };
    let published = publisher.run(&request, hands).await;
    ceremony::or_draft(desk, place, published).await
}
