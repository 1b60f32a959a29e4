use std::io::Write;

use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::destination::{Address, Bucket, Destination, Directory, Interrupt, Written};
use crate::failure::{self, Advice};
use crate::repo::{Begun, Project, Scope, Work, publish, publish_to};
use crate::show::{escape, now};

/// Longer lists are summed up.
const MOST_NAMES: usize = 20;

#[derive(Args, Debug, Default)]
#[command(after_help = "\
Writes targets/ and metadata/ below the output directory of privyseal.toml, then to every destination
of its `publish` list and of --to: target files first, the timestamp last. Readers see the old state
or the new one, never a part of it. Where it was interrupted, the same command finishes.

A destination is a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX. The
credentials come from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, for
other services than Amazon's, AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true for one without TLS);
GOOGLE_APPLICATION_CREDENTIALS; AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY. What
somebody else published there is never overwritten: that ends with 3, and says what to do.

Examples:
  privyseal repo publish
  privyseal repo publish --to /srv/tuf --to s3://releases/tuf
  AWS_ENDPOINT_URL=https://s3.example.org privyseal repo publish --to s3://releases/tuf
  privyseal repo publish --all")]
pub(super) struct Publish {
    /// Publish here too: a directory, or the address of a bucket. May be given several times.
    #[arg(long, value_name = "DIR|URL")]
    to: Vec<Address>,
    /// Look at every file, not only at those that changed: where files were lost, or after a change
    /// of `layout` in privyseal.toml.
    #[arg(long)]
    all: bool,
}

/// A destination besides the project's own directory.
struct Place {
    destination: Box<dyn Destination>,
    begun: Begun,
}

pub(super) async fn run(
    command: Publish,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let interrupt = Interrupt::listen()?;
    let scope = match command.all {
        true => Scope::Everything,
        false => Scope::Changes,
    };
    let work = Work::load(project, now)?;
    let mut failed = Vec::new();
    let places = begin_all(command.to, project, &work, &interrupt, &mut failed).await?;
    let own = publish(project, &work, scope, &interrupt, now).await?;
    drop(work);
    let base = escape(&project.published_files().display().to_string());
    print(context, &base, &own.written)?;
    for role in &own.waiting {
        writeln!(context.screen, "left as a draft, not finished: {role}")?;
    }
    let mut written = own.written.count();
    if !places.is_empty() {
        // What was a draft is published now.
        let work = Work::load(project, now)?;
        for Place { destination, begun } in &places {
            match publish_to(project, &work, &**destination, begun, scope).await {
                Ok(here) => {
                    print(context, destination.name(), &here)?;
                    written += here.count();
                }
                Err(error) if is_interruption(&error) => return Err(error),
                Err(error) => failed.push(error),
            }
        }
    }
    if !failed.is_empty() {
        return report(failed, context);
    }
    let said = match written {
        0 => "nothing to publish: it is as it was signed",
        _ => "published and verified from the first root on",
    };
    writeln!(context.screen, "{said}")?;
    Ok(Exit::Done)
}

/// Looks at every destination before anything is written anywhere. Those that can't be reached are
/// left for the end.
async fn begin_all(
    given: Vec<Address>,
    project: &Project,
    work: &Work,
    interrupt: &Interrupt,
    failed: &mut Vec<anyhow::Error>,
) -> anyhow::Result<Vec<Place>> {
    let mut places = Vec::new();
    for address in addresses(given, project) {
        match begin(&address, project, work, interrupt).await {
            Ok(place) => places.push(place),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => failed.push(error),
        }
    }
    Ok(places)
}

/// Those of the settings, seen from the project, and those of the command line.
fn addresses(given: Vec<Address>, project: &Project) -> Vec<Address> {
    let settings = project.settings().publishing.to.iter().cloned();
    let mut addresses: Vec<Address> = settings
        .map(|address| address.from_base(project.directory()))
        .collect();
    for address in given {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

async fn begin(
    address: &Address,
    project: &Project,
    work: &Work,
    interrupt: &Interrupt,
) -> anyhow::Result<Place> {
    let destination: Box<dyn Destination> = match address {
        Address::Directory(path) => Box::new(Directory::open(path, interrupt.clone())?),
        Address::Bucket(url) => Box::new(Bucket::open(url, interrupt.clone())?),
    };
    let begun = Begun::at(project, work, &*destination).await?;
    Ok(Place { destination, begun })
}

/// What ends all of it before anything is written. A destination that can't be reached does not: the
/// others are published to.
fn is_final(error: &anyhow::Error) -> bool {
    let advice = error.downcast_ref::<Advice>();
    is_interruption(error) || advice.is_some_and(Advice::wants_person)
}

fn is_interruption(error: &anyhow::Error) -> bool {
    error.downcast_ref::<failure::Interrupted>().is_some()
}

fn print(context: &mut Context<'_>, name: &str, written: &Written) -> anyhow::Result<()> {
    let screen = &mut context.screen;
    if written.count() <= MOST_NAMES {
        for file in written.names() {
            writeln!(screen, "wrote {name}/{}", escape(file))?;
        }
    } else {
        writeln!(screen, "wrote {} files to {name}", written.count())?;
    }
    for note in written.notes() {
        writeln!(screen, "note: {note}")?;
    }
    Ok(())
}

/// The destinations that it was not published to. The worst of them decides how the command ends.
fn report(failed: Vec<anyhow::Error>, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    context.screen.flush()?;
    let mut exit = Exit::Failed;
    for error in failed {
        if failure::report(&error, &mut anstream::stderr())? == Exit::NeedsPerson {
            exit = Exit::NeedsPerson;
        }
    }
    Ok(exit)
}
