use privyseal_tuf::TargetPath;

use super::What;
use crate::command::context::Context;
use crate::command::trust::desk::{Desk, read_text};
use crate::failure::Advice;
use crate::show::escape;
use crate::trust::change::TargetContent;
use crate::trust::engine::Engine;
use crate::trust::login::Logins;
use crate::trust::publish::State;
use crate::trust::reference::{Digest, ImageReference};
use crate::trust::registry::Registry;

/// Custom data is a line or two, not a file of its own.
const MOST_CUSTOM: u64 = 64 << 10;

/// Where it is found out what a tag stands for.
pub(super) struct Contents<'a> {
    what: &'a What,
    desk: &'a Desk,
    custom: Option<String>,
}

impl<'a> Contents<'a> {
    pub(super) fn of(what: &'a What, desk: &'a Desk) -> anyhow::Result<Self> {
        let custom = what.custom.as_deref();
        Ok(Self {
            custom: custom
                .map(|path| read_text(path, MOST_CUSTOM))
                .transpose()?,
            what,
            desk,
        })
    }

    /// What a tag stands for: what the command line says; else what the registry has, after the
    /// engine's image was pushed where there is one.
    pub(super) async fn find(
        &self,
        image: &ImageReference,
        state: &State,
        context: &mut Context<'_>,
    ) -> anyhow::Result<TargetContent> {
        if let (Some(digest), Some(length)) = (&self.what.digest, self.what.size) {
            return Ok(self.content(digest.hex(), length));
        }
        let Some(tag) = image.tag() else {
            return Err(Advice::failed(format!("{image} names no tag"), "write NAME:TAG").into());
        };
        let mut pushed = None;
        if self.what.local || (!self.what.no_push && !is_signed(image, state)) {
            pushed = self.push(image, context).await?;
        }
        let settings = self.desk.consumer.settings();
        let Some(registry) = settings.registry_for(image.gun())? else {
            return Err(Advice::failed(
                format!("{} names no registry", image.gun()),
                "give --digest and --size",
            )
            .into());
        };
        let registry = Registry::new(&registry, Logins::of(settings.environment()));
        let registry = registry.map_err(Advice::from)?;
        let found = registry.resolve(image.gun(), tag).await;
        let found = found.map_err(Advice::from)?;
        if let Some(pushed) = pushed {
            check_pushed(image, &pushed, &found.digest)?;
        }
        Ok(self.content(found.digest.hex(), found.size))
    }

    fn content(&self, sha256: String, length: u64) -> TargetContent {
        TargetContent {
            length,
            sha256,
            sha512: None,
            custom: self.custom.clone(),
        }
    }

    /// Pushes the image that the engine has; returns the digests by which the engine knows it there.
    /// An engine that is not there has none.
    async fn push(
        &self,
        image: &ImageReference,
        context: &mut Context<'_>,
    ) -> anyhow::Result<Option<Vec<Digest>>> {
        let named = self.what.engine.as_deref();
        let named = named.or_else(|| self.desk.consumer.settings().engine());
        let must = self.what.local || self.what.engine.is_some();
        let engine = match Engine::find(named) {
            Ok(engine) => engine,
            Err(error) if must => return Err(Advice::from(error).into()),
            Err(_) => return Ok(None),
        };
        match engine.has_image(image).await {
            Ok(true) => {
                let line = format!("pushing {}", image.familiar());
                context.screen.note(&escape(&line))?;
                let pushed = engine.push(image).await;
                Ok(Some(pushed.map_err(Advice::from)?))
            }
            Ok(false) if self.what.local => Err(Advice::failed(
                format!("the engine has no image {}", image.familiar()),
                "build or pull it first; or sign what the registry has: leave out --local",
            )
            .into()),
            Err(error) if must => Err(Advice::from(error).into()),
            Ok(false) => {
                let engine = engine.kind().as_str();
                let line = format!(
                    "{engine} has no image {}: what the registry has is signed",
                    image.familiar()
                );
                context.screen.note(&escape(&line))?;
                Ok(None)
            }
            Err(error) => {
                let line =
                    format!("{error}; nothing is pushed, and what the registry has is signed");
                context.screen.note(&escape(&line))?;
                Ok(None)
            }
        }
    }
}

/// What was pushed is what is signed, and nothing that the registry, or somebody else meanwhile, put
/// in its place.
fn check_pushed(image: &ImageReference, pushed: &[Digest], found: &Digest) -> Result<(), Advice> {
    if pushed.contains(found) {
        return Ok(());
    }
    let pushed: Vec<String> = pushed.iter().map(ToString::to_string).collect();
    let pushed = match pushed.is_empty() {
        true => "nothing that it names".to_owned(),
        false => pushed.join(" or "),
    };
    Err(Advice::needs_person(
        format!(
            "nothing was signed: the registry says that {image} is {found}, and the engine pushed {pushed}"
        ),
        "find out who else pushes to that tag; to sign what the registry has, give --no-push; to sign one digest, --digest and --size",
    ))
}

fn is_signed(image: &ImageReference, state: &State) -> bool {
    let path = image.tag().and_then(|tag| tag.as_str().parse().ok());
    path.is_some_and(|path: TargetPath| {
        let mut roles = state.base.targets.values();
        roles.any(|(_, targets)| targets.targets.contains_key(&path))
    })
}
