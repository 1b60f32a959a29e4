//! `privyseal key list`, `key remove` and `notary restored`, with keys that a notary-server had made.

mod list;
mod remove;
mod restored;
mod stage;
