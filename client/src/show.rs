//! What a person sees.

mod aloud;
mod diff;
mod escape;
mod hidden;
mod progress;
mod screen;
mod signatures;
mod table;
mod time;

pub use aloud::aloud;
pub use diff::{Comparison, DangerCounts, DiffContext, print_danger_counts};
pub use escape::{ascii_json, escape, quote};
pub use hidden::{Hidden, Question};
pub use progress::Progress;
pub use screen::Screen;
pub use signatures::print_signatures;
pub use table::{print_fields, print_table};
pub use time::{absolute, in_days, now};
