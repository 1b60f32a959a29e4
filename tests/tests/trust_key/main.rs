//! `privyseal trust key`: what it writes is what docker, notary and OpenSSL read, and the reverse.

mod loaded;
mod made;
mod stage;
