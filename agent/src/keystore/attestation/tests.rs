mod chains;
mod forge;
mod real;
mod statements;
mod tampering;
