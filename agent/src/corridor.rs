//! The corridor: the one way a request walks through the agent, each room taking by value the
//! proof that the last one made.

pub mod permit;
