//! The body of a YubiKey: its touch sensor and its power. A command that waits for a finger waits
//! here, and ends at once when the power goes.

use std::{
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// Who touches the YubiKey when a key asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Somebody, at once.
    Automatic,
    /// The test: the command waits for [`crate::VirtualYubiKey::touch`], or for the time to pass.
    Wait,
    /// Nobody; the command fails at once, as if the time had passed.
    Never,
    /// Somebody, after this time.
    After(Duration),
}

/// How a wait for a finger ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Touched,
    TimePassed,
    PowerLost,
}

#[derive(Default)]
pub(crate) struct Body {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    touch: Touch,
    /// How long the YubiKey waits for a finger.
    patience: Duration,
    /// How long a touch counts for keys whose touch policy is "cached".
    remembers: Duration,
    last_touch: Option<Instant>,
    waiting: bool,
    wanted: u64,
    touches: u64,
    cuts: u64,
    /// `cuts` when the command began that is executed now.
    cuts_before: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            touch: Touch::Automatic,
            patience: Duration::from_secs(15),
            remembers: Duration::from_secs(15),
            last_touch: None,
            waiting: false,
            wanted: 0,
            touches: 0,
            cuts: 0,
            cuts_before: 0,
        }
    }
}

impl State {
    fn lost_power(&self) -> bool {
        self.cuts != self.cuts_before
    }
}

impl Body {
    /// A command begins: power that goes from now on ends its waits.
    pub(crate) fn begin_command(&self) {
        let mut state = self.lock();
        state.cuts_before = state.cuts;
    }

    /// Whether the power went since the command began.
    pub(crate) fn lost_power(&self) -> bool {
        self.lock().lost_power()
    }

    /// Waits for a finger, unless a touch that still counts was allowed to (`cached`).
    pub(crate) fn wait_for_touch(&self, cached: bool) -> Ended {
        let mut state = self.lock();
        if cached
            && state
                .last_touch
                .is_some_and(|last| last.elapsed() < state.remembers)
        {
            return Ended::Touched;
        }
        state.wanted += 1;
        let touches = state.touches;
        let began = Instant::now();
        state.waiting = true;
        self.changed.notify_all();
        let ended = loop {
            if state.lost_power() {
                break Ended::PowerLost;
            }
            if state.touches != touches {
                break Ended::Touched;
            }
            let touched_at = match state.touch {
                Touch::Automatic => break Ended::Touched,
                Touch::Never => break Ended::TimePassed,
                Touch::Wait => None,
                Touch::After(time) => Some(began + time),
            };
            let now = Instant::now();
            let gives_up_at = began + state.patience;
            if touched_at.is_some_and(|at| at <= now) {
                break Ended::Touched;
            }
            if gives_up_at <= now {
                break Ended::TimePassed;
            }
            let until = touched_at.map_or(gives_up_at, |at| at.min(gives_up_at));
            state = self.wait(state, until - now);
        };
        state.waiting = false;
        if ended == Ended::Touched {
            state.last_touch = Some(Instant::now());
        }
        self.changed.notify_all();
        ended
    }

    /// Hangs for a time; says whether the power stayed.
    pub(crate) fn hang(&self, time: Duration) -> bool {
        let mut state = self.lock();
        let until = Instant::now() + time;
        loop {
            if state.lost_power() {
                return false;
            }
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return true;
            };
            if left.is_zero() {
                return true;
            }
            state = self.wait(state, left);
        }
    }

    /// A finger; says whether a command was waiting for one.
    pub(crate) fn touch(&self) -> bool {
        let mut state = self.lock();
        if state.waiting {
            state.touches += 1;
        }
        self.changed.notify_all();
        state.waiting
    }

    pub(crate) fn set_touch(&self, touch: Touch) {
        self.lock().touch = touch;
        self.changed.notify_all();
    }

    pub(crate) fn set_patience(&self, patience: Duration) {
        self.lock().patience = patience;
        self.changed.notify_all();
    }

    pub(crate) fn set_remembers(&self, remembers: Duration) {
        self.lock().remembers = remembers;
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.lock().waiting
    }

    /// How often a key asked for a finger.
    pub(crate) fn wanted(&self) -> u64 {
        self.lock().wanted
    }

    /// Waits until a command waits for a finger; says whether one does.
    pub(crate) fn wait_until_wanted(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while !state.waiting {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return false;
            };
            state = self.wait(state, left);
        }
        true
    }

    /// The power goes: whatever waits ends, and a touch no longer counts.
    pub(crate) fn cut_power(&self) {
        let mut state = self.lock();
        state.cuts += 1;
        state.last_touch = None;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while holding the body's lock")
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, time)
            .expect("nobody panics holding it")
            .0
    }
}
