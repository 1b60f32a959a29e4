use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how much is done, how fast, and how long it will take, on a terminal, for what takes more
/// than a second.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: Cell<bool>,
    paused: Cell<bool>,
}

impl Progress {
    /// Begins work on `total` bytes.
    pub fn of_bytes(total: u64, what: &'static str) -> Self {
        let template = "{msg} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        Self::begin(total, what, template)
    }

    /// Begins work on `total` things.
    pub fn of_count(total: u64, what: &'static str) -> Self {
        Self::begin(total, what, "{msg} {pos} of {len}, {per_sec}, {eta} left")
    }

    /// Shows nothing.
    pub fn none() -> Self {
        Self::of_count(0, "")
    }

    fn begin(total: u64, what: &'static str, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self {
            bar,
            since: Instant::now(),
            shown: Cell::new(false),
            paused: Cell::new(false),
        }
    }

    /// Says that more is done.
    pub fn advance(&self, more: u64) {
        let may_show = !self.shown.get() && !self.paused.get();
        if may_show && self.since.elapsed() > PATIENCE {
            self.shown.set(true);
            // Draws nothing where standard error is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(more);
    }

    /// Writes something to the terminal beside it.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Shows nothing until it is resumed: somebody types on the terminal.
    pub fn pause(&self) {
        self.paused.set(true);
        if self.shown.take() {
            let done = self.bar.position();
            self.bar.finish_and_clear();
            self.bar.set_draw_target(ProgressDrawTarget::hidden());
            self.bar.reset();
            self.bar.set_position(done);
        }
    }

    /// Goes on after a pause; how fast it is and how long it will take begin anew.
    pub fn resume(&self) {
        self.paused.set(false);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
