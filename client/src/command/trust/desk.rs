//! Where a publisher works: the settings, the trust server, the agents and their keys.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Args;

use super::place::ConsumerArgs;
use crate::agent::Agents;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::now;
use crate::trust::change::Staged;
use crate::trust::consumer::Consumer;
use crate::trust::edit::Lifetimes;
use crate::trust::hands::Hands;
use crate::trust::home::RepositoryHome;
use crate::trust::publish::Publisher;
use crate::trust::reference::Gun;
use crate::trust::server::Server;

/// Which trust server, what is pinned, and whose keys.
#[derive(Args, Debug)]
pub(super) struct DeskArgs {
    #[command(flatten)]
    consumer: ConsumerArgs,
    /// Only keys of this authority in the agents' configs. Without it: authority of [trust].
    #[arg(long, value_name = "AUTHORITY")]
    authority: Option<String>,
}

/// Settings and pins.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) consumer: Consumer,
    authority: Option<String>,
}

/// A repository at its server.
#[derive(Debug)]
pub(super) struct Place<'a> {
    consumer: &'a Consumer,
    server: Server,
    home: RepositoryHome,
}

impl DeskArgs {
    pub(super) fn open(self) -> anyhow::Result<Desk> {
        let consumer = self.consumer.open()?;
        let authority = self
            .authority
            .or_else(|| consumer.settings().authority().map(str::to_owned));
        Ok(Desk {
            consumer,
            authority,
        })
    }
}

impl Desk {
    /// A repository. Nothing is sent yet.
    pub(super) fn place(&self, gun: &Gun) -> anyhow::Result<Place<'_>> {
        Ok(Place {
            consumer: &self.consumer,
            server: self.consumer.server(gun)?,
            home: self.consumer.home().repository(gun),
        })
    }

    /// The agents that answer; those that don't are said.
    pub(super) async fn agents(&self, context: &mut Context<'_>) -> anyhow::Result<Agents> {
        let agents = context.agents(Vec::new()).await?;
        context.report_missing(&agents)?;
        Ok(agents)
    }

    /// Their keys for image repositories.
    pub(super) async fn hands<'a>(&self, agents: &'a mut Agents) -> anyhow::Result<Hands<'a>> {
        Ok(Hands::of(agents, self.authority.as_deref()).await?)
    }

    pub(super) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}

impl Place<'_> {
    pub(super) fn publisher(&self) -> Publisher<'_> {
        Publisher {
            server: &self.server,
            home: &self.home,
            pins: self.consumer.pins(),
            lifetimes: Lifetimes::default(),
            now: now(),
            expired: false,
        }
    }

    /// One who signs anew what is out of date.
    pub(super) fn publisher_of(&self, expired: bool) -> Publisher<'_> {
        Publisher {
            expired,
            ..self.publisher()
        }
    }

    pub(super) fn staged(&self) -> Staged {
        Staged::of(&self.home)
    }

    pub(super) fn home(&self) -> &RepositoryHome {
        &self.home
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }
}

/// Reads a text file that a person names, of at most this many bytes.
pub(super) fn read_text(path: &Path, most: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_string(&mut text));
    let failed = |what: String| {
        Advice::failed(
            format!("cannot use {}: {what}", path.display()),
            "name another file",
        )
    };
    read.map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > most {
        return Err(failed(format!("it has more than {most} bytes")).into());
    }
    Ok(text)
}
