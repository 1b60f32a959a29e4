use privyseal_tuf::{Cause, Deception, ViewError};

use super::field::place;
use crate::show::{absolute, escape, quote};

/// Why a person should look, in words that say what it could mean.
pub(super) fn sentence(cause: &Cause) -> String {
    let plain = match cause {
        Cause::Invalid(error) => return format!("clients refuse this document: {}", why(error)),
        Cause::NotHigher => "the version is not above the old one: clients do not take it",
        Cause::Skipped => "versions are left out: clients need every root, and few are left",
        Cause::FarExpiry { latest } => {
            return format!(
                "later than is usual ({}): clients would trust it long after its keys are lost",
                absolute(*latest)
            );
        }
        Cause::PastExpiry => "it is expired already: clients refuse it",
        Cause::EarlierExpiry => "it expires earlier than the version before",
        Cause::ConsistentSnapshot => "clients look for files under other names than before",
        Cause::OlderSpecification => "an older specification than that of the version before",
        Cause::LoweredThreshold => "fewer keys than before are enough to sign",
        Cause::Unreachable { keys } => {
            return format!("with {keys} different keys nobody can ever sign for this role");
        }
        Cause::SwappedKey { owner, other } => {
            return format!(
                "it takes the place of another key of {}, {}: ask them on another channel",
                quote(owner),
                quote(other.as_str())
            );
        }
        Cause::ReplacedKey => "the same keyid stands for another key than before",
        Cause::OtherOwner => "the key says that it is somebody else's than before",
        Cause::UnknownOwner => "nobody here knows whose key this is: compare it with its owner",
        Cause::WrongKeyId { computed } => {
            return format!("strict clients refuse this keyid: it should be {computed}");
        }
        Cause::SameKey { other } => {
            return format!(
                "it is the same key as {}: some clients count it twice",
                quote(other.as_str())
            );
        }
        Cause::UnusableKey(problem) => {
            return format!(
                "nothing can be verified with it: {}",
                escape(&problem.to_string())
            );
        }
        Cause::SecondKey { owner, other } => {
            return format!(
                "{} has another key in this role, {}: the threshold counts both",
                quote(owner),
                quote(other.as_str())
            );
        }
        Cause::Newcomers { keys } => {
            return format!("the {keys} new keys of the role can sign without any of the old ones");
        }
        Cause::OnlineKey => "these keys decide which files clients see: they seldom change",
        Cause::PromotedKey => "machines use this key, and people's are meant to sign this role",
        Cause::WidenedPath => "the role could not serve these paths before",
        Cause::WidenedKey { keyid } => {
            return format!(
                "no former role of key {} has these paths",
                quote(keyid.as_str())
            );
        }
        Cause::DroppedDelegation => "clients no longer find the targets of this role",
        Cause::RenamedBins => "every bin gets another name: clients no longer ask the old ones",
        Cause::AskedBefore { other } => {
            return format!("its files hide those of the same path in {}", quote(other));
        }
        Cause::Moved => "the first role that has a path decides: others' files may be hidden",
        Cause::Terminating => "other roles are asked after this one than before",
        Cause::Shadows { role } => {
            return format!(
                "{} is trusted with this path, and this file hides what it has there",
                quote(role)
            );
        }
        Cause::TooManyPatterns => "too many targets and patterns are new to compare them all",
        Cause::SelfDelegation => "the role delegates to itself",
        Cause::BadPattern(problem) => return format!("the pattern {problem}"),
        Cause::ReplacedTarget => "another file under the same path",
        Cause::RemovedTarget => "clients no longer find this file",
        Cause::UnknownHash => "it has no hash that clients verify",
        Cause::Unpinned => "its content is no longer pinned by a hash",
        Cause::EntryDropped => "it is no longer listed: clients refuse that",
        Cause::EntryLowered => "an older version than before: clients refuse to go back",
        Cause::EntryReplaced => "another content under the same version",
        Cause::Deceptive { text, how } => return deceptive(text, how),
        Cause::LooksLike { text, other } => {
            let (name, like) = (quote(text), quote(other));
            return format!("{name} can be taken for {like}{}", difference(text, other));
        }
        Cause::OnlyCase { text, other } => {
            return format!(
                "{} differs from {} by upper and lower case alone",
                quote(text),
                quote(other)
            );
        }
    };
    plain.to_owned()
}

fn why(error: &ViewError) -> String {
    match error {
        ViewError::Field { path, problem } => {
            format!("{}: {}", place(path), escape(&problem.to_string()))
        }
        other => escape(&other.to_string()),
    }
}

/// Where two names differ that look the same.
fn difference(text: &str, other: &str) -> String {
    let mut pairs = text.chars().zip(other.chars()).enumerate();
    let first = pairs.find(|(_, (here, there))| here != there);
    let said = first.map(|(at, (here, there))| {
        format!(
            ": character {} is {} here and {} there",
            at + 1,
            code(here),
            code(there)
        )
    });
    said.unwrap_or_default()
}

fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn deceptive(text: &str, how: &Deception) -> String {
    let text = quote(text);
    match how {
        Deception::Hidden(c) => {
            format!("{text} has {}, which a screen hides or obeys", code(*c))
        }
        Deception::MixedScripts { found } => format!(
            "{text} mixes letters of several scripts: {} is not Latin",
            code(*found)
        ),
        Deception::Imitation { found, like } => {
            format!(
                "{text} has {}, which only looks like {}",
                code(*found),
                quote(like)
            )
        }
    }
}
