//! What pcscd tells its clients of its readers.
//!
//! A client asks on the socket, in the byte order and layout of the machine: `winscard_msg.h` and
//! `eventhandler.h` of pcsclite, unchanged in their protocol 4. In-process clients of libpcsclite
//! would all have one socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything takes; who waits so long has failed. pcscd looks for cards every 400 ms.
const PATIENCE: Duration = Duration::from_secs(60);

const GET_READERS_STATE: u32 = 0x12;
const READERS: usize = 16;
const READER_SIZE: usize = 184;
const NAME_SIZE: usize = 128;
/// Where a reader's state is, and its flag for a card that is present (`SCARD_PRESENT`).
const STATE_AT: usize = 132;
const PRESENT: u32 = 0x0004;

/// Waits until there is a card in a reader, or none.
pub(super) fn wait_for_card(socket: &Path, reader: &str, present: bool) {
    let started = Instant::now();
    loop {
        let state = state(socket, reader);
        if matches!(state, Ok(is) if is == present) {
            return;
        }
        let wanted = if present { "a card" } else { "no card" };
        assert!(
            started.elapsed() < PATIENCE,
            "waited in vain for {wanted} in {reader}: {state:?}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Is there a reader of this name, with a card in it?
fn state(socket: &Path, reader: &str) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let no_data = 0_u32;
    stream.write_all(&[no_data.to_ne_bytes(), GET_READERS_STATE.to_ne_bytes()].concat())?;
    let mut states = vec![0; READERS * READER_SIZE];
    stream.read_exact(&mut states)?;
    let mut states = states.chunks(READER_SIZE);
    let named = |state: &&[u8]| {
        let name = state[..NAME_SIZE].split(|byte| *byte == 0).next();
        name == Some(reader.as_bytes())
    };
    Ok(states.find(named).is_some_and(|state| {
        let flags = state[STATE_AT..STATE_AT + 4].try_into().unwrap();
        u32::from_ne_bytes(flags) & PRESENT != 0
    }))
}
