use std::io::{self, Read, Write};

use privyseal_tuf::Sha256Digest;
use sha2::{Digest, Sha256};

use crate::show::Progress;

/// What a stream was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Bytes.
    pub length: u64,
    /// Of the content.
    pub sha256: Sha256Digest,
}

/// Copies a stream and says what it was.
pub fn copy_hashing(
    from: &mut dyn Read,
    to: &mut dyn Write,
    progress: &Progress,
) -> io::Result<Copied> {
    let mut hasher = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        hasher.update(chunk);
        to.write_all(chunk)?;
        length += chunk.len() as u64;
        progress.advance(chunk.len() as u64);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok(Copied {
        length,
        sha256: digest.into(),
    })
}
