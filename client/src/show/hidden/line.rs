use std::io;

use zeroize::Zeroizing;

/// More than any secret that is typed.
const LONGEST: usize = 1024;

/// A line that is being typed.
pub(super) struct Line {
    /// It never grows: a growing buffer would leave copies behind.
    bytes: Zeroizing<Vec<u8>>,
}

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The line goes on.
    More,
    /// It ended.
    Whole,
    /// Ctrl-D on an empty line.
    Nothing,
    /// Ctrl-C.
    Interrupt,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(LONGEST)),
        }
    }
}

impl Line {
    /// Takes a byte from the terminal. The keys that edit are those of a terminal's own lines.
    pub(super) fn take(&mut self, key: u8) -> Typed {
        match key {
            b'\r' | b'\n' => return Typed::Whole,
            0x03 => return Typed::Interrupt,
            0x04 if self.bytes.is_empty() => return Typed::Nothing,
            // Backspace takes a whole character of UTF-8.
            0x08 | 0x7f => while self.bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            0x15 => self.bytes.clear(),
            0x00..=0x1f => {}
            key if self.bytes.len() < LONGEST => self.bytes.push(key),
            _ => {}
        }
        Typed::More
    }

    /// The line, which is empty from then on.
    pub(super) fn text(&mut self) -> io::Result<Zeroizing<String>> {
        let line = std::mem::take(self);
        let text = std::str::from_utf8(&line.bytes);
        // The error's text would say where in the secret it is.
        let text = text.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> (Line, Typed) {
        let mut line = Line::default();
        let mut last = Typed::More;
        for key in keys {
            last = line.take(*key);
        }
        (line, last)
    }

    fn text(keys: &[u8]) -> String {
        let (mut line, last) = typed(keys);
        assert_eq!(last, Typed::Whole);
        let text = line.text().unwrap().to_string();
        assert!(line.bytes.is_empty());
        text
    }

    #[test]
    fn a_line_is_edited_and_ends_with_enter() {
        assert_eq!(text(b"123456\r"), "123456");
        assert_eq!(text(b"12x\x7f3456\n"), "123456");
        assert_eq!(text("1ä\u{8}23456\n".as_bytes()), "123456");
        assert_eq!(text(b"nonsense\x15123456\n"), "123456");
        assert_eq!(text(b"\x7f\x7f1\x01\x1b\x042\n"), "12");
    }

    #[test]
    fn a_person_may_decline_or_interrupt() {
        assert_eq!(typed(b"\x04").1, Typed::Nothing);
        assert_eq!(typed(b"1\x04").1, Typed::More);
        assert_eq!(typed(b"123\x03").1, Typed::Interrupt);
    }

    #[test]
    fn a_line_has_an_end_and_is_text() {
        let (line, _) = typed(&[b'1'; LONGEST + 9]);
        assert_eq!(line.bytes.len(), LONGEST);
        assert_eq!(line.bytes.capacity(), LONGEST);
        let (mut line, _) = typed(b"\xff\n");
        assert!(line.text().is_err());
    }
}
