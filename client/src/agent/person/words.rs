//! What is said to a person. Names and reasons come from an agent, so they are made safe to show.

use privyseal_proto::v1::Waiting;

use crate::agent::Agent;
use crate::show::{absolute, escape};

/// Where several agents are asked, what is said of one begins with its name here: an agent may lie
/// about its devices, and nobody should type the PIN of another's.
pub(super) fn whose(agent: &Agent) -> String {
    match agent.is_one_of_several() {
        true => format!("agent {}: ", agent.name()),
        false => String::new(),
    }
}

pub(super) fn touch(waiting: &Waiting) -> String {
    let (device, about) = (escape(&waiting.device), escape(&waiting.about));
    format!("touch your {device} now, to sign {about}")
}

/// Where the PIN can't be typed here.
pub(super) fn pin_elsewhere(agent: &str, waiting: &Waiting, now: i64) -> String {
    let (device, about) = (escape(&waiting.device), escape(&waiting.about));
    let seconds = waiting.until.saturating_sub(now).max(0);
    format!(
        "{device} needs its PIN, to sign {about}: within {seconds} seconds (until {}) an operator of agent {agent} types it with `privyseal agent unlock {}`",
        absolute(waiting.until),
        escape(&waiting.keystore),
    )
}

pub(super) fn prompt(waiting: &Waiting) -> String {
    let (device, about) = (escape(&waiting.device), escape(&waiting.about));
    format!("PIN of {device}, to sign {about}: ")
}

pub(super) fn pin_taken(waiting: &Waiting) -> String {
    format!("{} has taken the PIN", escape(&waiting.device))
}

/// A question for a PIN was taken back.
pub(super) fn pointless(waiting: &Waiting) -> String {
    let (device, about) = (escape(&waiting.device), escape(&waiting.about));
    format!(
        "the PIN of {device} is no longer asked for, to sign {about}; what was typed is forgotten"
    )
}

/// A request that waited goes on no more.
pub(super) fn over(waiting: &Waiting, done: bool) -> String {
    let (device, about) = (escape(&waiting.device), escape(&waiting.about));
    match done {
        true => format!("{device} has signed {about}"),
        false => format!("{device} is not waited for any more; {about} is not signed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Waiting {
        Waiting {
            keystore: "root-a".to_owned(),
            device: "YubiKey 12345678".to_owned(),
            about: "root v7 of example.org".to_owned(),
            until: 1_795_316_295,
            ..Waiting::default()
        }
    }

    #[test]
    fn a_person_is_told_which_device_waits_and_what_for() {
        let waiting = waiting();
        assert_eq!(
            touch(&waiting),
            "touch your YubiKey 12345678 now, to sign root v7 of example.org"
        );
        assert_eq!(
            prompt(&waiting),
            "PIN of YubiKey 12345678, to sign root v7 of example.org: "
        );
        assert_eq!(
            pin_elsewhere("build", &waiting, 1_795_316_200),
            "YubiKey 12345678 needs its PIN, to sign root v7 of example.org: within 95 seconds (until 2026-11-22T02:58:15Z) an operator of agent build types it with `privyseal agent unlock root-a`"
        );
        assert!(pin_elsewhere("build", &waiting, i64::MAX).contains("within 0 seconds"));
    }

    #[test]
    fn what_an_agent_says_can_not_steer_the_terminal() {
        let hostile = Waiting {
            keystore: "a\u{1b}[2J".to_owned(),
            device: "Yubi\rKey".to_owned(),
            about: "root\n>>> touch".to_owned(),
            ..waiting()
        };
        let said = [
            touch(&hostile),
            pin_elsewhere("build", &hostile, 0),
            prompt(&hostile),
            pin_taken(&hostile),
            pointless(&hostile),
            over(&hostile, true),
            over(&hostile, false),
        ];
        for said in said {
            assert!(!said.chars().any(char::is_control), "{said}");
        }
    }
}
