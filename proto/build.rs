//! Compiles the .proto files in Rust (no protoc) and keeps the descriptor set for reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 5] = [
    "privyseal/v1/signing.proto",
    "privyseal/v1/keys.proto",
    "privyseal/v1/admin.proto",
    "privyseal/v1/ledger.proto",
    "privyseal/ledger/v1/record.proto",
];

/// Apart from ours: reflection says nothing of it.
const NOTARY: &str = "notary/signer.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=privyseal");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("privyseal.bin"), descriptors.encode_to_vec())?;
    println!("cargo:rerun-if-changed=notary");
    tonic_prost_build::configure().compile_fds(protox::compile([NOTARY], ["."])?)?;
    tonic_prost_build::configure()
        // A PIN must not be printable by accident: no Debug for the message that carries one.
        .skip_debug(["privyseal.v1.UnlockRequest"])
        .compile_fds(descriptors)?;
    Ok(())
}
