//! Publication: to directories and buckets, interrupted, contested, and as python-tuf sees it.

#![cfg(test)]

mod contested;
mod directory;
mod faults;
mod ground;
mod kill;
mod s3;
