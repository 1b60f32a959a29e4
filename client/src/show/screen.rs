use std::io::{self, BufRead, IsTerminal, Stdout, Write};

use anstream::AutoStream;
use serde::Serialize;

/// Where a command writes: standard output, with colours only where a terminal shows them
/// (NO_COLOR is respected).
pub struct Screen {
    out: AutoStream<Stdout>,
}

impl Screen {
    /// Standard output.
    pub fn new() -> Self {
        Self {
            out: AutoStream::auto(io::stdout()),
        }
    }

    /// Writes a value as JSON, for scripts.
    pub fn json<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        Ok(writeln!(self.out)?)
    }

    /// A remark that is not part of the output.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        writeln!(anstream::stderr(), "privyseal: {text}")
    }

    /// True where a person can be asked.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a yes-or-no question on the terminal; anything but "y" or "yes" is a no.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        self.out.flush()?;
        let mut error = anstream::stderr();
        write!(error, "{question} [y/N] ")?;
        error.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
