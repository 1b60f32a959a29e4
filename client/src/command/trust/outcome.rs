//! What is said of what was published.

use std::io::Write;

use serde_json::{Value, json};

use crate::command::context::Context;
use crate::show::escape;
use crate::trust::change::Change;
use crate::trust::publish::{Published, Settled, StillSigned};
use crate::trust::reference::Gun;

/// Says what became of what an earlier run sent.
pub(super) fn print_settled(
    gun: &Gun,
    settled: &Settled,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let text = match settled {
        Settled::Nothing => return Ok(()),
        Settled::Arrived(_) => "what was sent before had arrived",
        Settled::Resent(_) => "what was sent before had not arrived, and was sent again",
        Settled::Overtaken(_) => {
            "what was sent before had not arrived, and others published since: repeat what you did then"
        }
        Settled::Refused { why, .. } => &format!(
            "what was sent before had not arrived, and is given up, since {why}: repeat what you did then"
        ),
    };
    context.screen.note(&escape(&format!("{gun}: {text}")))?;
    Ok(())
}

/// Says what was published.
pub(super) fn print(
    gun: &Gun,
    published: &Published,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    print_settled(gun, &published.settled, context)?;
    if published.is_new {
        writeln!(context.screen, "{}: initialised", escape(gun.as_str()))?;
    }
    for change in &published.changes {
        writeln!(context.screen, "{}", escape(&change.to_string()))?;
    }
    for signed in &published.documents {
        let keys: Vec<String> = signed
            .by
            .iter()
            .map(|by| format!("{} (record {})", by.key, by.record))
            .collect();
        let by = match keys.is_empty() {
            true => "had its signatures".to_owned(),
            false => format!("signed with {}", keys.join(", ")),
        };
        let text = format!("{} {} {by}", signed.role, signed.version);
        writeln!(context.screen, "{}", escape(&text))?;
    }
    for still in &published.still {
        let text = format!(
            "{} stays signed in {}, for which no key is here",
            still.target, still.role
        );
        context.screen.note(&escape(&text))?;
    }
    for revived in &published.revived {
        let text = format!(
            "{} of {} counts again: it was signed before the delegation was taken back; `privyseal trust revoke` takes it back",
            revived.target, revived.role
        );
        context.screen.note(&escape(&text))?;
    }
    let is_nothing = published.documents.is_empty() && published.still.is_empty();
    if is_nothing && published.settled == Settled::Nothing {
        writeln!(
            context.screen,
            "{}: nothing to change",
            escape(gun.as_str())
        )?;
    }
    Ok(())
}

/// The same for scripts.
pub(super) fn to_json(gun: &Gun, published: &Published) -> Value {
    let documents = published.documents.iter().map(|signed| {
        let by = signed.by.iter();
        let by = by.map(|by| json!({"key": by.key, "record": by.record}));
        json!({
            "role": signed.role.as_str(),
            "version": signed.version,
            "signed_with": by.collect::<Vec<_>>(),
        })
    });
    let still = published.still.iter();
    let tag = |tag: &StillSigned| json!({"target": tag.target, "role": tag.role});
    let still = still.map(tag);
    let revived = published.revived.iter().map(tag);
    json!({
        "repository": gun.as_str(),
        "initialised": published.is_new,
        "changes": published.changes,
        "documents": documents.collect::<Vec<_>>(),
        "still_signed": still.collect::<Vec<_>>(),
        "signed_again": revived.collect::<Vec<_>>(),
        "earlier": settled(&published.settled),
    })
}

fn settled(settled: &Settled) -> Value {
    let (what, changes): (_, &[Change]) = match settled {
        Settled::Nothing => return Value::Null,
        Settled::Arrived(changes) => ("arrived", changes),
        Settled::Resent(changes) => ("resent", changes),
        Settled::Overtaken(changes) => ("overtaken", changes),
        Settled::Refused { changes, why } => {
            return json!({"what": "refused", "changes": changes, "why": why});
        }
    };
    json!({"what": what, "changes": changes})
}
