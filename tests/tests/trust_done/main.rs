//! Docker Content Trust with every key in a token, from end to end: docker, notary, their servers and
//! an engine as they are; SoftHSM2 for the tokens.

mod hardware;
mod lost_root;
mod mixed;
mod parity;
mod points;
mod whole;

mod stage;
