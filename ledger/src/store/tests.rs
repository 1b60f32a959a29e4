//! The store against what crashes, disks and hands do to it.

mod appending;
mod crashes;
mod cuts;
mod faults;
mod faulty;
mod flips;
mod sample;
