//! Docker Content Trust with every key in hardware, from end to end: real docker, real notary, a real
//! engine and real tokens' software twin.

mod hardware;
mod lost_root;
mod mixed;
mod parity;
mod points;
mod whole;

mod stage;
