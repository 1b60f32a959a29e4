//! What a person sees.

mod diff;
mod escape;
mod progress;
mod screen;
mod table;
mod time;

pub use diff::{DiffContext, changes_json, print_changes};
pub use escape::escape;
pub use progress::Progress;
pub use screen::Screen;
pub use table::{print_fields, print_table};
pub use time::{absolute, in_days, now};
