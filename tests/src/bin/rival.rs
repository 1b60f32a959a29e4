//! Another program that uses a smart card. It does what standard input says, a line a step, and
//! answers each step with a line: `ok`, with hex where the card answered, or `error`.
//!
//! usage: privyseal-rival READER
//!
//! steps: connect, own (connect, exclusively), begin, end, send HEX, leave, reset

use std::ffi::{CStr, CString};
use std::io::Write;

use anyhow::Context as _;
use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};

fn main() -> anyhow::Result<()> {
    let reader = std::env::args()
        .nth(1)
        .context("usage: privyseal-rival READER")?;
    let reader = CString::new(reader)?;
    let context = Context::establish(Scope::System)?;
    let mut card = None;
    let mut steps = std::io::stdin().lines();
    while let Some(step) = steps.next().transpose()? {
        if step == "begin" {
            let card: &mut Card = card.as_mut().context("not connected")?;
            let transaction = card.transaction()?;
            answer("ok")?;
            for step in steps.by_ref() {
                match step?.as_str() {
                    "end" => break,
                    step => answer(&said(sent(&transaction, step)))?,
                }
            }
            transaction
                .end(Disposition::LeaveCard)
                .map_err(|(_, error)| error)?;
            answer("ok")?;
        } else {
            answer(&said(taken(&context, &reader, &mut card, &step)))?;
        }
    }
    Ok(())
}

fn taken(
    context: &Context,
    reader: &CStr,
    card: &mut Option<Card>,
    step: &str,
) -> anyhow::Result<String> {
    let connected = |mode| context.connect(reader, mode, Protocols::ANY);
    match step {
        "connect" => *card = Some(connected(ShareMode::Shared)?),
        "own" => *card = Some(connected(ShareMode::Exclusive)?),
        "leave" | "reset" => {
            let end = match step {
                "reset" => Disposition::ResetCard,
                _ => Disposition::LeaveCard,
            };
            let card = card.take().context("not connected")?;
            card.disconnect(end).map_err(|(_, error)| error)?;
        }
        step => return sent(card.as_ref().context("not connected")?, step),
    }
    Ok(String::new())
}

fn sent(card: &Card, step: &str) -> anyhow::Result<String> {
    let command = step.strip_prefix("send ").context("no such step")?;
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let answer = card.transmit(&hex::decode(command)?, &mut buffer)?;
    Ok(hex::encode(answer))
}

fn said(done: anyhow::Result<String>) -> String {
    match done {
        Ok(answer) => format!("ok {answer}"),
        Err(error) => format!("error {error}"),
    }
}

fn answer(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
