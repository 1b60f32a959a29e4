use std::io::{self, BufRead, BufWriter, IsTerminal, Stdout, Write};

use anstream::AutoStream;
use serde::Serialize;

use super::ascii_json;

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

    /// Writes a value as JSON, for scripts. It is ASCII, so that it may go to a terminal too.
    pub fn json<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let mut ascii = Ascii(BufWriter::new(&mut self.out));
        serde_json::to_writer_pretty(&mut ascii, value)?;
        writeln!(ascii)?;
        Ok(ascii.flush()?)
    }

    /// Writes a value as JSON on one line.
    pub fn json_line<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let mut ascii = Ascii(BufWriter::new(&mut self.out));
        serde_json::to_writer(&mut ascii, value)?;
        writeln!(ascii)?;
        Ok(ascii.flush()?)
    }

    /// True where a person reads the output line by line.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
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
        let answer = self.answer(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }

    /// Asks for these very words.
    pub fn ask_for(&mut self, question: &str, words: &str) -> io::Result<bool> {
        Ok(self.answer(question)? == words)
    }

    /// Asks for a line of text. Where there is a default, an empty line means it.
    pub fn ask_line(&mut self, question: &str, default: &str) -> io::Result<String> {
        let line = match default {
            "" => self.line(&format!("{question}:"))?,
            default => self.line(&format!("{question} [{default}]:"))?,
        };
        Ok(match line.is_empty() {
            true => default.to_owned(),
            false => line,
        })
    }

    fn answer(&mut self, question: &str) -> io::Result<String> {
        Ok(self.line(question)?.to_ascii_lowercase())
    }

    fn line(&mut self, question: &str) -> io::Result<String> {
        self.out.flush()?;
        let mut error = anstream::stderr();
        write!(error, "{question} ")?;
        error.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}

/// Writes JSON in ASCII.
struct Ascii<W>(W);

impl<W: Write> Write for Ascii<W> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        // serde_json writes whole characters.
        let text = std::str::from_utf8(json).map_err(io::Error::other)?;
        self.0.write_all(ascii_json(text).as_bytes())?;
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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
