//! YubiKeys that come and go, as programs see it.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use virtual_yubikey::{Effect, Fault, Touch};

use crate::stage::{MANAGEMENT_KEY, NEWER, PIN};
use crate::ykman::Ykman;

const PATIENCE: Duration = Duration::from_secs(60);

impl Ykman {
    fn serials(&self) -> String {
        self.stage
            .run(self.program(), &["list", "--serials"])
            .stdout
    }
}

#[test]
fn programs_see_what_is_pulled_and_plugged_and_survive_pcscd() {
    let Some(mut ykman) = Ykman::new(NEWER, &[]) else {
        return;
    };
    let (one, other) = (ykman.stage.yubikey.clone(), ykman.stage.other.clone());
    let both = ykman.serials();
    assert_eq!(both.lines().count(), 2);
    ykman.stage.plugboard.pull(&one);
    assert_eq!(ykman.serials(), format!("{}\n", other.profile().serial));
    ykman.stage.plugboard.swap(&other, &one);
    assert_eq!(ykman.serials(), format!("{}\n", one.profile().serial));
    ykman.stage.plugboard.plug(&other);
    assert_eq!(ykman.serials(), both);

    ykman.stage.plugboard.stop_pcscd();
    assert_eq!(ykman.serials(), "");
    ykman.stage.plugboard.restart_pcscd();
    assert_eq!(ykman.serials(), both);
    ykman.stage.plugboard.restart_pcscd_without_readers();
    assert_eq!(ykman.serials(), "");
    ykman.stage.plugboard.restart_pcscd();
    assert_eq!(ykman.serials(), both);
}

#[test]
fn a_program_that_waits_for_a_touch_leaves_the_other_yubikey_to_others() {
    let Some(ykman) = with_touch_key() else {
        return;
    };
    let yubikey = &ykman.stage.yubikey;
    yubikey.set_touch(Touch::Wait);
    thread::scope(|scope| {
        let asking = scope.spawn(|| ykman.ok(&certificate()));
        assert!(yubikey.wait_until_touch_is_wanted(PATIENCE));
        // The other one answers meanwhile.
        let reader = ykman.stage.plugboard.reader(&ykman.stage.other);
        let info = ykman
            .stage
            .run(ykman.program(), &["--reader", &reader, "info"]);
        let other = ykman.stage.other.profile().serial.to_string();
        assert!(info.stdout.contains(&other), "{info:#?}");
        assert!(yubikey.waiting_for_touch());
        assert!(yubikey.touch());
        asking.join().unwrap();
    });
}

#[test]
fn a_yubikey_that_is_pulled_while_it_waits_for_a_touch_ends_the_wait() {
    let Some(mut ykman) = with_touch_key() else {
        return;
    };
    let yubikey = ykman.stage.yubikey.clone();
    yubikey.set_touch(Touch::Wait);
    yubikey.set_touch_timeout(Duration::from_secs(3600));
    let serial = ykman.stage.serial();
    let mut command = ykman.stage.command(ykman.program());
    let asking = command
        .args(["--device", &serial])
        .args(certificate().split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(yubikey.wait_until_touch_is_wanted(PATIENCE));
    ykman.stage.plugboard.pull(&yubikey);
    let asked = asking.wait_with_output().unwrap();
    assert!(!asked.status.success(), "{asked:?}");
    assert!(!yubikey.waiting_for_touch());
    yubikey.set_touch(Touch::Automatic);
    ykman.stage.plugboard.plug(&yubikey);
    ykman.ok(&certificate());
}

#[test]
fn a_yubikey_that_leaves_by_itself_can_be_plugged_in_again() {
    let Some(mut ykman) = with_touch_key() else {
        return;
    };
    let yubikey = ykman.stage.yubikey.clone();
    // GENERAL AUTHENTICATE, which signs.
    yubikey.fail(Fault::once(0x87, Effect::RemoveBefore).with_p2(0x9A));
    ykman.fails(&certificate());
    ykman.stage.plugboard.pull(&yubikey);
    ykman.stage.plugboard.plug(&yubikey);
    ykman.ok(&certificate());
}

/// A key in 9A that wants a touch for each signature.
fn with_touch_key() -> Option<Ykman> {
    let ykman = Ykman::new(NEWER, &[])?;
    ykman.ok(&format!(
        "piv keys generate -m {MANAGEMENT_KEY} -a ECCP256 --touch-policy always 9a public.pem"
    ));
    Some(ykman)
}

fn certificate() -> String {
    format!("piv certificates generate -m {MANAGEMENT_KEY} -P {PIN} -s CN=touched 9a public.pem")
}
