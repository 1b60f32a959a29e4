//! pcscd itself, and OpenSC as a client of it.

use std::process::Command;
use std::thread;

use super::*;

/// A card that is a number, and answers nothing else.
struct Number(u8);

impl Card for Number {
    fn atr(&self) -> Vec<u8> {
        vec![0x3B, 0x01, self.0]
    }

    fn reset(&mut self) {}

    fn transmit(&mut self, _: &[u8]) -> Vec<u8> {
        vec![0x6D, 0x00]
    }
}

fn with_pcscd(readers: usize, test: impl FnOnce(Pcscd)) {
    if let Some(why) = missing() {
        println!("skipped: {why}");
        return;
    }
    let directory = tempfile::Builder::new().prefix("yk-").tempdir_in("/tmp");
    let directory = directory.unwrap();
    test(Pcscd::start(directory.path(), readers));
}

/// What OpenSC sees: "Yes" or "No" and the name of each reader.
fn readers(pcscd: &Pcscd) -> Vec<(bool, String)> {
    let listed = Command::new("opensc-tool")
        .arg("--list-readers")
        .env("PCSCLITE_CSOCK_NAME", pcscd.socket())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let reader = |line: &str| {
        let (card, name) = line.split_at(16);
        name.starts_with(' ')
            .then(|| (card.contains("Yes"), name.trim().to_owned()))
    };
    listed.lines().skip(2).filter_map(reader).collect()
}

#[test]
fn clients_see_cards_come_and_go() {
    with_pcscd(2, |pcscd| {
        let seen = |index| {
            let seen = readers(&pcscd);
            seen.contains(&(true, pcscd.reader(index)))
        };
        assert_eq!(readers(&pcscd).len(), 2);
        assert!(!seen(0) && !seen(1));
        let one = pcscd.insert(0, Box::new(Number(1)));
        assert!(seen(0) && !seen(1));
        let two = pcscd.insert(1, Box::new(Number(2)));
        assert!(seen(0) && seen(1));
        drop(one);
        pcscd.wait_until_empty(0);
        assert!(!seen(0) && seen(1));
        drop(two);
        let _again = pcscd.insert(1, Box::new(Number(3)));
        assert!(!seen(0) && seen(1));
    });
}

#[test]
fn a_card_is_still_there_after_pcscd_was_away() {
    with_pcscd(1, |mut pcscd| {
        let _card = pcscd.insert(0, Box::new(Number(1)));
        pcscd.stop();
        assert!(!pcscd.socket().exists());
        assert!(readers(&pcscd).is_empty());
        pcscd.restart();
        pcscd.wait_until_present(0);
        assert!(readers(&pcscd).contains(&(true, pcscd.reader(0))));
    });
}

#[test]
fn readers_can_be_taken_away() {
    with_pcscd(3, |mut pcscd| {
        let _one = pcscd.insert(0, Box::new(Number(1)));
        let _three = pcscd.insert(2, Box::new(Number(3)));
        pcscd.restart_without_readers();
        assert!(readers(&pcscd).is_empty());
        pcscd.restart();
        pcscd.wait_until_present(0);
        pcscd.wait_until_present(2);
        let cards: Vec<_> = readers(&pcscd).iter().map(|(card, _)| *card).collect();
        assert_eq!(cards, [true, false, true, false]);
    });
}

#[test]
fn many_run_at_once() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            thread::spawn(move || {
                with_pcscd(1, |pcscd| {
                    let _card = pcscd.insert(0, Box::new(Number(number)));
                    assert!(readers(&pcscd).contains(&(true, pcscd.reader(0))));
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
