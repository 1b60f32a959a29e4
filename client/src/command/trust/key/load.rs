use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use privyseal_proto::v1::{ImportKeyRequest, Key};

use super::token::{KeyRole, Place, check_signer};
use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;
use crate::trust::docker_keys::{KeyFile, Passphrases, PrivateKey};

#[derive(Args, Debug)]
#[command(after_help = "\
Reads what docker and notary write (~/.docker/trust/private, ~/.notary/private, notary key export)
and what OpenSSL writes: PKCS#8, plain or encrypted with AES, and the older forms of plain EC and RSA
keys. Keys are ECDSA P-256 or P-384, RSA of 2048 to 4096 bits, or Ed25519.

The agent takes it only where its keystore's config says allow_import = true, and from operators
only. The passphrase is taken from the variables that docker and notary take it from
(DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, NOTARY_TARGETS_PASSPHRASE and so on), else asked for.

A key that was in a file may be in other places, too. `privyseal trust adopt` goes over to keys that
were made in the token, which is better.

Examples:
  privyseal trust key load alice.pem --name alice
  privyseal trust key load ~/.docker/trust/private/0f5d50b57d9e7f.key --keystore safe")]
pub struct Load {
    /// The file with the private key.
    file: PathBuf,
    /// The key's name in the agent; without it the signer's name that the file has, or the role.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What the key signs; without it, what the file says.
    #[arg(long, short, value_enum, value_name = "ROLE")]
    role: Option<KeyRole>,
    /// The repository that it is for, or of root and delegation keys a glob; without it, what the
    /// file says, or all.
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(command: Load, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let files = KeyFile::read_all(&command.file).map_err(|error| error.advice())?;
    if files.len() > 1 && (command.name.is_some() || command.role.is_some()) {
        let message = format!("{} has {} keys", command.file.display(), files.len());
        return Err(Advice::failed(message, "leave out --name and --role").into());
    }
    let agent = context.agent().await?;
    let authority = command.place.authority(&agent).await?;
    let keystore = command.place.keystore(&agent).await?;
    let mut passphrases = Passphrases::default();
    for file in &files {
        let role = command.role.unwrap_or_else(|| role_of(file));
        let named = command.repository.clone();
        let repository = role.repository(named.or(file.gun().map(str::to_owned)))?;
        let private = passphrases.open(file, Some(role.as_str()));
        let private = private.map_err(|error| error.advice())?;
        let name = match (&command.name, role) {
            (Some(name), _) => name.clone(),
            (None, role) => name_of(file, role, &private),
        };
        if role == KeyRole::Delegation {
            check_signer(&name).context("give --name")?;
        }
        let request = ImportKeyRequest {
            keystore: keystore.clone(),
            name,
            private_key: private.pkcs8().to_vec(),
            authority: authority.clone(),
            repository,
            role: role.as_str().to_owned(),
        };
        let key = import(&agent, request, &private).await?;
        print(&key, context)?;
    }
    warn(&command.file, context)?;
    Ok(Exit::Done)
}

async fn import(
    agent: &Agent,
    request: ImportKeyRequest,
    private: &PrivateKey,
) -> anyhow::Result<Key> {
    let reply = agent.keys().import(request).await;
    let key = reply.map_err(|status| agent.error(&status))?.into_inner();
    if key.public_key != private.public().to_spki_pem() {
        return Err(agent.wrong_answer("it took another key").into());
    }
    Ok(key)
}

fn print(key: &Key, context: &mut Context<'_>) -> anyhow::Result<()> {
    Ok(writeln!(
        context.screen,
        "loaded {} into token {} ({}): {} {}, for {}",
        escape(&key.name),
        escape(&key.token_label),
        escape(&key.token_serial),
        escape(&key.role),
        escape(&key.keyid),
        escape(&key.repository),
    )?)
}

fn warn(file: &Path, context: &mut Context<'_>) -> anyhow::Result<()> {
    let file = file.display();
    context.screen.note(&format!(
        "warning: this key was not made in the token. Whoever has had {file}, or a backup of it, may have the key"
    ))?;
    Ok(context.screen.note(&format!(
        "destroy the file and its copies (shred -u {file}), and go over to a key that was made in the token when you can"
    ))?)
}

/// What docker and notary wrote into the file: a role, or of a signer's key the name.
fn role_of(file: &KeyFile) -> KeyRole {
    match file.role() {
        Some("root") => KeyRole::Root,
        Some("targets") => KeyRole::Targets,
        Some("snapshot") => KeyRole::Snapshot,
        _ => KeyRole::Delegation,
    }
}

/// The signer's name; of other keys the role, with the beginning of the keyid.
fn name_of(file: &KeyFile, role: KeyRole, private: &PrivateKey) -> String {
    let signer = file.role().map(|role| role.trim_start_matches("targets/"));
    match (role, signer) {
        (KeyRole::Delegation, Some(signer)) => signer.to_owned(),
        _ => {
            let keyid = private.canonical_keyid();
            let short = keyid.as_str().get(..12).unwrap_or(keyid.as_str());
            format!("{}-{short}", role.as_str())
        }
    }
}
