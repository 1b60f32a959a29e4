//! Compiles the .proto files in Rust (no protoc) and keeps the descriptor set for reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 6] = [
    "privyseal/v1/signing.proto",
    "privyseal/v1/keys.proto",
    "privyseal/v1/admin.proto",
    "privyseal/v1/ledger.proto",
    "privyseal/v1/yubikeys.proto",
    "privyseal/ledger/v1/record.proto",
];

/// Messages with a PIN, a PUK or a management key.
const SECRETS: [&str; 6] = [
    "privyseal.v1.UnlockRequest",
    "privyseal.v1.DeviceAccess",
    "privyseal.v1.ChangePinRequest",
    "privyseal.v1.ChangePukRequest",
    "privyseal.v1.UnblockPinRequest",
    "privyseal.v1.SetManagementKeyRequest",
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
        // A PIN must not be printable by accident: no Debug for the messages that carry one.
        .skip_debug(SECRETS)
        .compile_fds(descriptors)?;
    Ok(())
}
