//! What a person does at the terminal, and with a finger.

use std::time::Duration;

use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::terminal::Terminal;
use privyseal_tests::token::write_secret;

use crate::stage::{Named, Stage};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a command ends that leaves something to do for another person.
pub(crate) const UNFINISHED: i32 = 3;

/// The words of `yubikey setup` for a key of this repository of TUF.
pub(crate) fn for_repository(repository: &str) -> String {
    format!("--authority {AUTHORITY} --repository {repository}")
}

impl Stage {
    /// `privyseal yubikey setup`, everything typed; what the terminal showed.
    pub(crate) fn sets_up(&self, named: Named, words: &str) -> String {
        let Named { name, pin, puk, .. } = named;
        let words = format!("yubikey setup {name} {words}");
        let mut terminal = Terminal::start(&self.client, &words).unwrap();
        terminal.shows("Set YubiKey");
        terminal.types("y");
        terminal.shows("Name of the key");
        terminal.types("");
        for (what, secret) in [("PIN", pin), ("PUK", puk)] {
            terminal.shows(&format!("new {what} for {name}: "));
            terminal.types(secret);
            terminal.shows(&format!("{what} for {name}: \r\nthe same again: "));
            terminal.types(secret);
        }
        ended(terminal, &words, 0)
    }

    /// As [`Self::sets_up`], as a script does it.
    pub(crate) fn sets_up_from_files(&self, named: Named, words: &str) -> String {
        let name = named.name;
        let pin = self.secret_file(&format!("{name}-pin"), named.pin);
        let puk = self.secret_file(&format!("{name}-puk"), named.puk);
        self.client.ok(&format!(
            "yubikey setup {name} {words} --yes --new-pin-file {pin} --new-puk-file {puk}"
        ))
    }

    /// A file that only its owner may read.
    pub(crate) fn secret_file(&self, name: &str, secret: &str) -> String {
        let path = self.sandbox.join(name);
        write_secret(&path, secret);
        path.display().to_string()
    }

    /// A command that has one YubiKey sign all of `abouts`, one after the other, and ends with this
    /// status: each PIN is typed where it is asked for, each touch given where it is wanted. What the
    /// terminal showed.
    pub(crate) fn signs(&self, named: Named, words: &str, abouts: &[&str], status: i32) -> String {
        let device = format!("YubiKey {}", named.serial);
        let yubikey = self.yubikey(named);
        let mut terminal = Terminal::start(&self.client, words).unwrap();
        for about in abouts {
            terminal.shows(&format!("PIN of {device}, to sign {about}: "));
            terminal.types(named.pin);
            terminal.shows(&format!("touch your {device} now, to sign {about}"));
            assert!(yubikey.wait_until_touch_is_wanted(PATIENCE), "{about}");
            assert!(yubikey.touch(), "{about}");
            terminal.shows(&format!("{device} has signed {about}"));
        }
        ended(terminal, words, status)
    }
}

fn ended(terminal: Terminal, words: &str, status: i32) -> String {
    let answer = terminal.ends();
    assert_eq!(
        answer.status, status,
        "privyseal {words}: {}",
        answer.stdout
    );
    answer.stdout
}
