//! From YubiKeys as they leave the factory to roots that others accept, all of it through the programs
//! and as a person does it: PINs typed on a terminal, fingers on the YubiKeys.

mod alone;
mod demand;
mod docker;
mod person;
mod proof;
mod root;
mod stage;
