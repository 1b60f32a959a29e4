//! The harness: real binaries over real sockets, each test in a directory of its own.
//!
//! What goes wrong in the harness panics, since that is how a test says that it failed.

pub mod agent;
pub mod bad;
pub mod certificates;
pub mod client;
pub mod delegation;
pub mod elsewhere;
pub mod engine;
pub mod faulty_proxy;
pub mod foreign;
pub mod half_sent;
pub mod hosts;
pub mod images;
pub mod keeper;
pub mod memory;
pub mod metadata;
pub mod ngclient;
pub mod notary;
pub mod openssl;
pub mod pkcs11_tool;
pub mod project;
pub mod python;
pub mod records;
pub mod repository;
pub mod require;
pub mod rpc;
pub mod s3;
pub mod sandbox;
pub mod segment;
pub mod setup;
pub mod shim;
pub mod shim_stage;
pub mod software_key;
pub mod somebody;
pub mod stage;
pub mod strace;
pub mod terminal;
pub mod tls_stage;
pub mod tmpfs;
pub mod token;
pub mod tuf_client;
pub mod wait;
pub mod web;
pub mod ykman;
