//! How long to wait after a token failed us though it took the PIN.

use std::time::Duration;

use super::TICK;

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(10);

/// The setbacks since the token last served: each asks for twice the wait of the one before.
#[derive(Debug)]
pub(super) struct Setbacks {
    wait: Duration,
}

impl Setbacks {
    pub(super) fn none() -> Self {
        Self { wait: TICK }
    }

    /// One more; the time to wait before the next look.
    pub(super) fn another(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = wait.saturating_mul(2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_up_to_ten_seconds() {
        let mut setbacks = Setbacks::none();
        let waits = std::iter::repeat_with(|| setbacks.another().as_millis());
        let expected = [300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000];
        assert_eq!(waits.take(8).collect::<Vec<_>>(), expected);
    }
}
