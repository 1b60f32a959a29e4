//! `privyseal trust add`

use std::path::PathBuf;

use clap::Args;
use sha2::{Digest, Sha256, Sha512};

use super::desk::read_text;
use super::place::image;
use super::stage::{StageArgs, stage};
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::change::{Change, TargetContent};

/// Adds a target by a file, or by its digest.
#[derive(Args, Debug)]
#[command(after_help = "\
For what is no image, or for one role alone: `privyseal trust sign` looks an image up and signs it in
every role of yours.

Examples:
  privyseal trust add reg.example.com/team/app policy.json ./policy.json --publish
  privyseal trust add reg.example.com/team/app v1 --sha256 4bf5… --size 1573 -r targets/releases
  privyseal trust add reg.example.com/team/app v1 ./v1 --custom build.json")]
pub struct Add {
    /// The repository.
    image: String,
    /// The target's name; of an image its tag.
    target: String,
    /// The file.
    #[arg(required_unless_present = "sha256", conflicts_with_all = ["sha256", "sha512", "size"])]
    file: Option<PathBuf>,
    /// Its SHA-256, hex.
    #[arg(long, value_name = "HEX", requires = "size")]
    sha256: Option<String>,
    /// Its SHA-512, hex.
    #[arg(long, value_name = "HEX", requires = "sha256")]
    sha512: Option<String>,
    /// Its length, in bytes.
    #[arg(long, value_name = "BYTES", requires = "sha256")]
    size: Option<u64>,
    /// JSON that is signed with it.
    #[arg(long, value_name = "FILE")]
    custom: Option<PathBuf>,
    /// The roles.
    #[arg(
        long,
        short,
        value_name = "ROLE",
        value_delimiter = ',',
        default_value = "targets"
    )]
    roles: Vec<String>,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Add, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let custom = command.custom.as_deref();
    let custom = custom.map(|path| read_text(path, 64 << 10)).transpose()?;
    let content = match (&command.file, &command.sha256, command.size) {
        (Some(path), ..) => of_file(path, custom)?,
        (None, Some(sha256), Some(length)) => TargetContent {
            length,
            sha256: sha256.clone(),
            sha512: command.sha512.clone(),
            custom,
        },
        _ => {
            return Err(
                Advice::failed("no content is named", "give FILE, or --sha256 and --size").into(),
            );
        }
    };
    let changes = command.roles.iter().map(|role| Change::SetTarget {
        role: role.clone(),
        target: command.target.clone(),
        content: content.clone(),
    });
    let changes: Vec<Change> = changes.collect();
    stage(command.stage, image.gun(), &changes, context).await
}

/// What a file is, read once and not kept.
fn of_file(path: &PathBuf, custom: Option<String>) -> anyhow::Result<TargetContent> {
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let failed = |error: std::io::Error| {
        let what = format!("cannot read {}: {error}", path.display());
        Advice::failed(what, "name another file")
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut both = Both(&mut sha256, &mut sha512);
    let length = std::io::copy(&mut file, &mut both).map_err(failed)?;
    Ok(TargetContent {
        length,
        sha256: hex::encode(sha256.finalize()),
        sha512: Some(hex::encode(sha512.finalize())),
        custom,
    })
}

struct Both<'a>(&'a mut Sha256, &'a mut Sha512);

impl std::io::Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        self.1.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
