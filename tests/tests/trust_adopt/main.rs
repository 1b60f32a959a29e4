//! Repositories with keys in files, as docker 28 and notary 0.7 make them, go over to keys in
//! SoftHSM2; judged by docker with its engine, by notary, and by who knew the old root.

mod docker;
mod interrupted;
mod notary;
mod refused;
mod stage;
