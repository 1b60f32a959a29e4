//! What a person sees.

mod escape;
mod screen;
mod table;
mod time;

pub use escape::escape;
pub use screen::Screen;
pub use table::{print_fields, print_table};
pub use time::{absolute, in_days, now};
