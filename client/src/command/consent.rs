use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use privyseal_tuf::DangerKind;

use super::context::Context;
use crate::failure::Advice;
use crate::show::DangerCounts;

/// What a person agrees to before signing.
#[derive(Args, Debug)]
pub(super) struct Consent {
    /// Do not ask before signing. Where a change is dangerous, that is not enough.
    #[arg(long, short)]
    yes: bool,
    /// Dangers that are meant, by their names: without a question, no other ones are signed.
    #[arg(long, value_name = "DANGER", value_delimiter = ',', value_parser = kinds())]
    accept: Vec<DangerKind>,
}

impl Consent {
    /// Asks whether to sign, where that was not said before.
    pub(super) fn ask(
        &self,
        dangers: &DangerCounts,
        context: &mut Context<'_>,
    ) -> anyhow::Result<()> {
        let open = dangers
            .iter()
            .filter(|(kind, _)| !self.accept.contains(kind));
        let open: DangerCounts = open.map(|(kind, n)| (*kind, *n)).collect();
        match (open.values().sum::<usize>(), self.yes) {
            (0, true) => Ok(()),
            (0, false) => context.confirm("Sign this?", "nothing was signed"),
            (count, false) if context.screen.can_ask() => {
                let words = format!("sign {}", counted(count));
                let question = format!(
                    "Look at each line marked !!. If all of it is meant, type \"{words}\":"
                );
                if context.screen.ask_for(&question, &words)? {
                    return Ok(());
                }
                Err(Advice::needs_person("nothing was signed", "all is as it was").into())
            }
            (count, _) => Err(refused(count, &open).into()),
        }
    }
}

fn refused(count: usize, open: &DangerCounts) -> Advice {
    let kinds: Vec<&str> = open.keys().map(|kind| kind.as_str()).collect();
    Advice::needs_person(
        format!("nothing was signed: nobody accepted {}", counted(count)),
        format!(
            "look at each line marked !!; if all of it is meant: --yes --accept {}",
            kinds.join(",")
        ),
    )
}

fn counted(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} danger{plural}")
}

fn kinds() -> impl TypedValueParser<Value = DangerKind> {
    let names = PossibleValuesParser::new(DangerKind::ALL.map(DangerKind::as_str));
    names.try_map(|name| name.parse::<DangerKind>())
}
