use std::io::{self, Read};

use reqwest::Response;
use tokio::runtime::Handle;

/// The body of an answer, for a thread that may block.
pub(super) struct Body {
    response: Response,
    runtime: Handle,
    chunk: Vec<u8>,
    /// How much of the chunk was given out.
    given: usize,
}

impl Body {
    pub(super) fn new(response: Response, runtime: Handle) -> Self {
        Self {
            response,
            runtime,
            chunk: Vec::new(),
            given: 0,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            match self.runtime.block_on(self.response.chunk()) {
                Ok(Some(chunk)) => self.chunk = chunk.into(),
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            }
            self.given = 0;
        }
        let mut rest = self.chunk.get(self.given..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}
