use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use privyseal_tuf::{Document, KeyId, Role, RoleType, Root, Sha256Digest};

use crate::command::context::Context;
use crate::command::source::read_root;
use crate::failure::Advice;
use crate::fetch::Source;
use crate::repo::{MAX_ROOT, TrustedRoot};
use crate::show::{absolute, aloud, escape, in_days};

/// A root that came by a trusted way.
pub(super) fn from_file(path: &Path) -> anyhow::Result<TrustedRoot> {
    TrustedRoot::read(&read_root(path)?).with_context(|| format!("{} is no root", path.display()))
}

/// The first root, once somebody has confirmed it.
pub(super) async fn first(
    source: Source,
    is_confirmed: bool,
    now: i64,
    context: &mut Context<'_>,
) -> anyhow::Result<TrustedRoot> {
    let name = Role::from(RoleType::Root).file_name(1);
    let reading = tokio::task::spawn_blocking(move || source.metadata(&name, MAX_ROOT));
    let bytes = reading.await.context("reading the first root broke off")?;
    let bytes = bytes.map_err(|error| {
        Advice::failed(
            format!("the first root can't be read: {error}"),
            "name the place that has metadata/1.root.json, or that of the metadata itself with --metadata",
        )
    })?;
    let trusted = TrustedRoot::read(&bytes).context("1.root.json is no root")?;
    show(&bytes, now, context)?;
    if !is_confirmed {
        confirm(context)?;
    }
    Ok(trusted)
}

fn show(bytes: &[u8], now: i64, context: &mut Context<'_>) -> anyhow::Result<()> {
    let document = Document::parse(bytes)?;
    let root = document.root()?;
    let (out, keys) = (&mut context.screen, &root.roles.root);
    let expires = root.header.expires.seconds();
    writeln!(
        out,
        "root {}: {} of {} keys must sign; it expires {} ({})",
        root.header.version,
        keys.threshold,
        keys.keyids.len(),
        absolute(expires),
        in_days(expires, now)
    )?;
    for keyid in &keys.keyids {
        writeln!(out, "  key {}", escape(&describe(keyid, &root)))?;
    }
    writeln!(
        out,
        "SHA-256 of the file:    {}",
        aloud(&Sha256Digest::of(bytes))
    )?;
    writeln!(
        out,
        "SHA-256 of its content: {}",
        aloud(&document.payload().digest)
    )?;
    Ok(())
}

fn describe(keyid: &KeyId, root: &Root) -> String {
    let owner = root.keys.get(keyid).and_then(|key| key.claimed_owner());
    match owner {
        Some(owner) => format!("{keyid}, which says that it is of {owner}"),
        None => keyid.to_string(),
    }
}

fn confirm(context: &mut Context<'_>) -> anyhow::Result<()> {
    let remedy = "compare the digests with those who run the repository; then give --root FILE, or --trust-first-root";
    if !context.screen.can_ask() {
        let message = "nothing was imported: there is no terminal on which somebody could confirm the first root";
        return Err(Advice::needs_person(message, remedy).into());
    }
    if context
        .screen
        .ask("Is this the first root of the repository that you mean?")?
    {
        return Ok(());
    }
    Err(Advice::needs_person("nothing was imported", remedy).into())
}
