mod chains;
mod comparison;
mod forge;
mod real;
mod statements;
mod tampering;
