//! Asks an agent one thing and prints the answer as JSON: a process for a test that is somebody
//! else. The request comes encoded on standard input. Or connects, and asks nothing until standard
//! input ends.
//!
//! usage: privyseal-ask SOCKET METHOD
//!        privyseal-ask SOCKET hold CONNECTIONS

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use privyseal_proto::v1::{LineageRef, SignRequest};
use privyseal_tests::rpc::{Answer, Rpc};
use prost::Message;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (socket, method) = match arguments.as_slice() {
        [socket, method] => (socket, method),
        [socket, method, connections] if method == "hold" => {
            return hold(socket.as_ref(), connections.parse()?);
        }
        _ => anyhow::bail!("usage: privyseal-ask SOCKET METHOD | SOCKET hold CONNECTIONS"),
    };
    let mut request = Vec::new();
    std::io::stdin().read_to_end(&mut request)?;
    let request = request.as_slice();
    let answer = match Rpc::try_connect(&PathBuf::from(socket)) {
        None => json!({ "connected": false }),
        Some(rpc) => match method.as_str() {
            "sign" => shown(rpc.sign(SignRequest::decode(request)?)),
            "lineage" => shown(rpc.lineage(&LineageRef::decode(request)?)),
            "keys" => {
                let keys = rpc.keys();
                shown(keys.map(|keys| privyseal_proto::v1::ListKeysReply { keys }))
            }
            "status" => shown(rpc.try_status()),
            "head" => shown(rpc.head(0)),
            "records" => match rpc.records() {
                Ok(records) => json!({ "connected": true, "records": records.len() }),
                Err(refusal) => shown::<LineageRef>(Err(refusal)),
            },
            "lock" => shown(rpc.lock("hsm")),
            other => anyhow::bail!("no method {other}"),
        },
    };
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(())
}

fn hold(socket: &Path, connections: usize) -> anyhow::Result<()> {
    let held = (0..connections).map(|_| UnixStream::connect(socket));
    let held = held.collect::<Result<Vec<_>, _>>()?;
    writeln!(std::io::stdout(), "connected")?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    drop(held);
    Ok(())
}

fn shown<T: Message>(answer: Answer<T>) -> serde_json::Value {
    match answer {
        Ok(message) => json!({
            "connected": true,
            "message": hex::encode(message.encode_to_vec()),
        }),
        Err(refusal) => json!({
            "connected": true,
            "code": i32::from(refusal.code),
            "reason": refusal.reason,
            "text": refusal.message,
            "remedy": refusal.remedy,
            "retry": refusal.retry,
            "details_length": refusal.details_length,
        }),
    }
}
