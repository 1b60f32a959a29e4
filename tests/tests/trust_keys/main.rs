//! Keys for Docker Content Trust: whom they belong to, what they sign, who may have them, and the
//! certificates that they sign for themselves.

mod certificates;
mod enrolment;
mod granted;
mod imports;
mod removal;
mod stage;
