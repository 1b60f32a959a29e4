//! A card that expects certain commands and has an answer to each, in hex.

use std::cell::RefCell;
use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::{apdu::Transport, error::CardError};

pub(super) struct Fake(RefCell<VecDeque<(String, String)>>);

impl Fake {
    pub(super) fn new(script: &[(&str, &str)]) -> Self {
        let owned = |(command, answer): &(&str, &str)| (command.to_string(), answer.to_string());
        Self(RefCell::new(script.iter().map(owned).collect()))
    }
}

impl Transport for Fake {
    fn transmit(&self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let (expected, answer) = self.0.borrow_mut().pop_front().unwrap();
        assert_eq!(hex::encode(command), expected);
        Ok(Zeroizing::new(hex::decode(answer).unwrap()))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let left = self.0.borrow();
        assert!(
            std::thread::panicking() || left.is_empty(),
            "never sent: {left:?}"
        );
    }
}
