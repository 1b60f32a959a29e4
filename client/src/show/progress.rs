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
        }
    }

    /// Says that more is done.
    pub fn advance(&self, more: u64) {
        if !self.shown.get() && self.since.elapsed() > PATIENCE {
            self.shown.set(true);
            // Draws nothing where standard error is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(more);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
