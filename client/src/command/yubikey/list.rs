use std::io::{self, Write};

use clap::Args;
use privyseal_proto::v1::{ConnectedYubiKey, ListYubiKeysRequest};
use serde::Serialize;

use crate::Exit;
use crate::command::context::Context;
use crate::show::{escape, print_table};

#[derive(Args, Debug)]
#[command(after_help = "\
Shows what is plugged in where the agent runs. No PIN is tried, and no other program is disturbed.

Examples:
  privyseal yubikey list
  privyseal yubikey list --json | jq -r '.[].serial'")]
pub struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A YubiKey as it is printed.
#[derive(Clone, Debug, Serialize)]
struct ConnectedView {
    serial: Option<String>,
    firmware: Option<String>,
    reader: String,
    keystore: Option<String>,
    warnings: Vec<String>,
    problem: Option<String>,
}

pub(super) async fn run(command: List, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let reply = agent.yubikeys().list(ListYubiKeysRequest {}).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let views = reply.yubikeys.into_iter().map(ConnectedView::from);
    let views: Vec<ConnectedView> = views.collect();
    if command.json {
        context.screen.json(&views)?;
    } else {
        print(&views, context.screen)?;
    }
    Ok(Exit::Done)
}

fn print(views: &[ConnectedView], out: &mut dyn Write) -> io::Result<()> {
    if views.is_empty() {
        return writeln!(out, "no YubiKey is plugged in where the agent runs");
    }
    let header = ["serial", "firmware", "keystore", "reader"];
    print_table(out, &header, views.iter().map(ConnectedView::row))?;
    for view in views {
        let name = view.name();
        for warning in &view.warnings {
            writeln!(out, "warning: {name}: {}", escape(warning))?;
        }
        if let Some(problem) = &view.problem {
            writeln!(out, "{name}: {}", escape(problem))?;
        }
    }
    for view in views {
        view.print_config(out)?;
    }
    Ok(())
}

impl ConnectedView {
    fn row(&self) -> Vec<String> {
        let or_none = |text: &Option<String>| escape(text.as_deref().unwrap_or("-"));
        vec![
            or_none(&self.serial),
            or_none(&self.firmware),
            or_none(&self.keystore),
            escape(&self.reader),
        ]
    }

    fn name(&self) -> String {
        match &self.serial {
            Some(serial) => format!("YubiKey {}", escape(serial)),
            None => escape(&self.reader),
        }
    }

    /// What the agent's config needs so that this is a keystore.
    fn print_config(&self, out: &mut dyn Write) -> io::Result<()> {
        let serial = self.serial.as_deref().filter(|_| self.keystore.is_none());
        // It stands in a file that is pasted: nothing but a number does.
        let Some(serial) = serial.and_then(|serial| serial.parse::<u32>().ok()) else {
            return Ok(());
        };
        writeln!(
            out,
            "
YubiKey {serial} is no keystore yet. Add this to the agent's config, under a name of your choice:

[[keystore]]
name = \"yubikey-{serial}\"
kind = \"piv\"
serial = {serial}
pin = \"operator\"

Then restart the agent, and go on with: privyseal yubikey setup yubikey-{serial}"
        )
    }
}

impl From<ConnectedYubiKey> for ConnectedView {
    fn from(yubikey: ConnectedYubiKey) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            serial: some(yubikey.serial),
            firmware: some(yubikey.firmware),
            reader: yubikey.reader,
            keystore: some(yubikey.keystore),
            warnings: yubikey.warnings,
            problem: some(yubikey.problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(yubikeys: Vec<ConnectedYubiKey>) -> String {
        let views: Vec<_> = yubikeys.into_iter().map(ConnectedView::from).collect();
        let mut out = Vec::new();
        print(&views, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn yubikey(serial: &str, keystore: &str) -> ConnectedYubiKey {
        ConnectedYubiKey {
            serial: serial.to_owned(),
            firmware: "5.4.3".to_owned(),
            reader: "Yubico YubiKey 00".to_owned(),
            keystore: keystore.to_owned(),
            warnings: vec!["EUCLEAK (\u{202e})".to_owned()],
            ..ConnectedYubiKey::default()
        }
    }

    #[test]
    fn one_that_is_no_keystore_comes_with_the_lines_that_make_it_one() {
        let text = printed(vec![yubikey("12345678", "root-a"), yubikey("7", "")]);
        let (_, config) = text.split_once("\n[[keystore]]\n").unwrap();
        let (config, _) = config.split_once("\n\n").unwrap();
        let config: toml::Table = config.parse().unwrap();
        assert_eq!(config["serial"].as_integer(), Some(7));
        assert_eq!(config["kind"].as_str(), Some("piv"));
        assert!(!text.contains("YubiKey 12345678 is no keystore"), "{text}");
        assert!(
            text.contains("warning: YubiKey 7: EUCLEAK (\\u{202e})"),
            "{text}"
        );
    }

    #[test]
    fn no_lines_are_made_of_what_is_no_number() {
        let text = printed(vec![yubikey("1\"\npin = \"x", "")]);
        assert!(!text.contains("[[keystore]]"), "{text}");
        let held = ConnectedYubiKey {
            reader: "Yubico YubiKey 01".to_owned(),
            problem: "another program holds it".to_owned(),
            ..ConnectedYubiKey::default()
        };
        let text = printed(vec![held]);
        assert!(
            text.contains("Yubico YubiKey 01: another program holds it"),
            "{text}"
        );
        assert_eq!(
            printed(Vec::new()),
            "no YubiKey is plugged in where the agent runs\n"
        );
    }
}
