//! What a person sees.

mod aloud;
mod diff;
mod escape;
mod progress;
mod screen;
mod signatures;
mod table;
mod time;

pub use aloud::aloud;
pub use diff::{DiffContext, changes_json, print_changes};
pub use escape::escape;
pub use progress::Progress;
pub use screen::Screen;
pub use signatures::print_signatures;
pub use table::{print_fields, print_table};
pub use time::{absolute, in_days, now};
