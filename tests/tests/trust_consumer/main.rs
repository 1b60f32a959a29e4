//! Docker Content Trust for those who use images: `privyseal trust verify`, `inspect`, `pull`, `run`
//! and `build`, with repositories that docker and notary made on a real notary-server.

mod engine;
mod inspect;
mod liar;
mod lying;
mod pinned;
mod reader;
mod verify;
