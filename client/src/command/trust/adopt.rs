//! `privyseal trust adopt`

mod choose;
mod print;

use std::path::PathBuf;

use clap::Args;
use privyseal_tuf::{Key, RoleType};

use super::desk::{Desk, DeskArgs};
use super::outcome;
use super::place::image;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::adopt::{
    self, BegunError, Elsewhere, NewKeys, OldKeys, Plan, Rehearsal, retired,
};
use crate::trust::docker_keys::{KeyDirectory, Passphrases};
use crate::trust::hands::Hands;
use crate::trust::init::{Choice, own_keys, server_key};
use crate::trust::publish::{Publisher, Request, RoleKeysChange, Settled, State};
use crate::trust::reference::Gun;
use crate::trust::server::ServerRole;
use crate::trust::settings::Settings;
use choose::ChoiceArgs;

/// Goes over from keys in files to keys at the agents.
#[derive(Args, Debug)]
#[command(after_help = "\
For a repository that was signed with `docker trust` or `notary`. Its root, targets and delegation
keys that are files in ~/.docker/trust or ~/.notary give way to keys of the agents; keys of other
people stay. Every tag stays signed, and whoever knows the old root follows to the new one.

The old root key signs once more: its file is opened in memory here, and its passphrase is taken from
DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or NOTARY_ROOT_PASSPHRASE, else asked for. Before the first
signature the repository is made known to the agents, which is for their operators. Cut short, the
same command goes on. At the end it says which files to destroy; it destroys none.

Signers' keys go to delegation keys of the same name, or those that --signer names.

Examples:
  privyseal trust adopt reg.example.com/team/app --dry-run
  privyseal trust adopt reg.example.com/team/app
  privyseal trust adopt reg.example.com/team/app --root-key safe:root-1 --root-key desk:root-2 \\
      --signer alice=desk:alice --old-root-key /media/stick/root.key")]
pub struct Adopt {
    /// The repository: an image's name without tag.
    image: String,
    /// A directory of docker's or notary's with keys. Without it: ~/.docker/trust and ~/.notary.
    #[arg(long, value_name = "DIRECTORY")]
    trust_dir: Vec<PathBuf>,
    /// The file of an old root key that is kept elsewhere.
    #[arg(long, value_name = "FILE")]
    old_root_key: Vec<PathBuf>,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Adopt, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    let mut passphrases = Passphrases::default();
    let mut old = read_old(&command.trust_dir, desk.consumer.settings())?;
    for path in &command.old_root_key {
        let added = old.add_file(path, &mut passphrases);
        added.map_err(|error| error.advice())?;
    }
    print::unread(&old, context)?;
    let place = desk.place(image.gun())?;
    let publisher = place.publisher();
    if !command.dry_run {
        settle(&publisher, context).await?;
    }
    // What is only looked at is not trusted from then on.
    let rehearsal = Rehearsal::begin(place.home(), &old.directories, publisher.now)?;
    print::known(rehearsal.known, context)?;
    let looking = Publisher {
        home: rehearsal.home(),
        ..publisher
    };
    let state = looking.load_existing().await?;
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let begun = adopt::begun(place.home(), &state, &old).map_err(begun_advice)?;
    let wanted = command
        .choice
        .choose(&state, &old, begun.is_some(), &hands)?;
    let plan = Plan::make(&state, begun.as_ref(), &old, &hands, &wanted, publisher.now);
    let plan = plan.map_err(Advice::from)?;
    if plan.is_empty() {
        let others = others(&old, image.gun(), &desk).await;
        print::nothing(&state, &plan, &retired(&state, &old, &others), context)?;
        return Ok(Exit::Done);
    }
    adopt::check_vouched(&state, &old, &plan, publisher.now).map_err(Advice::from)?;
    print::plan(&state, &plan, context)?;
    if command.dry_run {
        return Ok(Exit::Done);
    }
    if !command.yes {
        context.confirm("Go over to these keys?", "nothing was changed")?;
    }
    rehearsal.keep(place.home())?;
    let root = state.base.root();
    if let Some(root) = root.filter(|_| plan.continues || !plan.roles.is_empty()) {
        let former = old.open_root(root, &mut passphrases);
        hands.take_former(former.map_err(|error| error.advice())?);
    }
    print::enrolled(&adopt::enroll(&state, &mut hands).await?, context)?;
    let request = Request {
        roles: new_roles(&publisher, &plan, &command.choice, &mut hands, context).await?,
        changes: plan.changes.clone(),
        ..Request::default()
    };
    let published = publisher.run(&request, &mut hands).await?;
    outcome::print(image.gun(), &published, context)?;
    let state = publisher.load_existing().await?;
    let others = others(&old, image.gun(), &desk).await;
    print::farewell(&state, &plan, &retired(&state, &old, &others), context)?;
    Ok(Exit::Done)
}

/// The directories that are named, or docker's and notary's own.
fn read_old(named: &[PathBuf], settings: &Settings) -> anyhow::Result<OldKeys> {
    let own = [
        settings.docker_directory().join("trust"),
        settings.notary_directory(),
    ];
    let paths = if named.is_empty() { &own[..] } else { named };
    let directories = paths.iter().map(|path| KeyDirectory::of(path));
    let directories: Vec<KeyDirectory> = directories.filter(KeyDirectory::has_keys).collect();
    if directories.is_empty() {
        let paths: Vec<String> = paths.iter().map(|it| it.display().to_string()).collect();
        let message = format!("there are no keys in {}", paths.join(" or "));
        let remedy = "name the directory with --trust-dir: the one with private/ in it";
        return Err(Advice::failed(message, remedy).into());
    }
    let old = OldKeys::read(directories);
    old.map_err(|error| {
        let message = format!("the key files can't be listed: {error}");
        Advice::failed(message, "check who may read the directory").into()
    })
}

/// Who else needs the old keys.
async fn others(old: &OldKeys, gun: &Gun, desk: &Desk) -> Elsewhere {
    let server = |gun: &Gun| desk.consumer.server(gun);
    Elsewhere::ask(&old.directories, gun, desk.consumer.home(), server).await
}

/// Finds out what became of what an earlier run sent.
async fn settle(publisher: &Publisher<'_>, context: &mut Context<'_>) -> anyhow::Result<()> {
    let lock = publisher.lock().map_err(Advice::from)?;
    let settled: Settled = publisher.settle().await?;
    drop(lock);
    outcome::print_settled(publisher.gun(), &settled, context)
}

fn begun_advice(error: BegunError) -> Advice {
    match error {
        BegunError::Adopt(error) => error.into(),
        BegunError::Publish(error) => error.into(),
    }
}

/// The keys of the new root, with certificates.
async fn new_roles(
    publisher: &Publisher<'_>,
    plan: &Plan,
    choice: &ChoiceArgs,
    hands: &mut Hands<'_>,
    context: &mut Context<'_>,
) -> anyhow::Result<Vec<RoleKeysChange>> {
    let gun = publisher.gun();
    let mut roles = Vec::new();
    for role in &plan.roles {
        let mut keys: Vec<Key> = role.kept.clone();
        match (&role.new, role.role) {
            (NewKeys::Held(new), RoleType::Root) => {
                for hand in new {
                    keys.push(hands.certify(hand, gun.as_str(), 0).await?);
                }
            }
            (NewKeys::Held(new), _) => keys.extend(new.iter().map(|hand| hand.key.clone())),
            (NewKeys::Server, _) => {
                keys.push(server_key(publisher.server, gun, ServerRole::Snapshot).await?);
            }
            (NewKeys::Made, _) => {
                let wanted: Choice = choice.new_targets();
                let mut notes = Vec::new();
                keys.extend(own_keys(gun, "targets", &wanted, hands, &mut notes).await?);
                print::notes(&notes, context)?;
            }
        }
        roles.push(RoleKeysChange {
            role: role.role,
            keys,
            threshold: role.threshold,
        });
    }
    hands.prove().await?;
    Ok(roles)
}
