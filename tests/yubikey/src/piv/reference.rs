//! PIN and PUK, and their counters (SP 800-73-4 part 2, sections 3.2.1 to 3.2.3).

use crate::status::Status;

/// Six to eight characters, and 0xFF up to eight.
pub(crate) type Value = [u8; 8];

/// The PIN as it leaves the factory: 123456.
pub(crate) const FACTORY_PIN: Value = *b"123456\xff\xff";
/// The PUK as it leaves the factory: 12345678.
pub(crate) const FACTORY_PUK: Value = *b"12345678";
/// The tries as they leave the factory.
pub(crate) const FACTORY_TRIES: u8 = 3;

/// Reference data with a counter of tries.
#[derive(Clone)]
pub(crate) struct Reference {
    value: Value,
    factory: Value,
    total: u8,
    left: u8,
}

impl Reference {
    pub(crate) fn new(factory: Value, tries: u8) -> Self {
        Self {
            value: factory,
            factory,
            total: tries,
            left: tries,
        }
    }

    /// Compares; a wrong value costs a try, the right one restores them all.
    pub(crate) fn verify(&mut self, value: &[u8]) -> Result<(), Status> {
        if self.left == 0 {
            return Err(Status::BLOCKED);
        }
        if self.value != value {
            self.left -= 1;
            return Err(Status::tries_left(self.left));
        }
        self.left = self.total;
        Ok(())
    }

    /// Sets a new value and restores the tries.
    pub(crate) fn set(&mut self, value: Value) {
        self.value = value;
        self.left = self.total;
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.left == 0
    }

    /// What asking for the state says while nothing is verified.
    pub(crate) fn state(&self) -> Status {
        if self.is_blocked() {
            Status::BLOCKED
        } else {
            Status::tries_left(self.left)
        }
    }

    pub(crate) fn is_factory(&self) -> bool {
        self.value == self.factory
    }

    /// All tries, and those that are left.
    pub(crate) fn tries(&self) -> [u8; 2] {
        [self.total, self.left]
    }
}

/// Takes what can be a PIN or PUK: six to eight bytes, then 0xFF only.
pub(crate) fn well_formed(value: Value) -> Result<Value, Status> {
    let length = value.iter().position(|&byte| byte == 0xff).unwrap_or(8);
    if length < 6 || value[length..].iter().any(|&byte| byte != 0xff) {
        return Err(Status::WRONG_DATA);
    }
    Ok(value)
}
