//! What `privyseal trust` publishes, on a real notary-server with keys in SoftHSM2, judged by docker
//! and notary.

mod believed;
mod engine;
mod first;
mod mixed;
mod races;
mod roots;
mod signers;
mod stage;
