use std::fmt;

use super::{MAX_BYTES, MAX_DEPTH, MAX_VALUES};

/// A place in a JSON text. Both numbers start at 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Why a text is not JSON that TUF metadata may use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// One object has two members of one name: readers differ in which they take.
    #[error("the key {key:?} stands twice in one object, at {at}: remove one")]
    DuplicateKey {
        /// The name.
        key: String,
        /// Where the second one stands.
        at: Position,
    },
    /// A number with a fraction or an exponent, or -0: canonical JSON has none.
    #[error("a number that is not a plain integer, at {0}: metadata has integers only")]
    Float(Position),
    /// An integer that some readers would round.
    #[error("an integer beyond ±(2^53-1), at {0}: some readers would round it")]
    IntegerRange(Position),
    /// Half of a surrogate pair, which is no Unicode text.
    #[error("a lone surrogate in a \\u escape, at {0}: the string is no Unicode text")]
    LoneSurrogate(Position),
    /// Arrays and objects nested too deep.
    #[error("nested deeper than {MAX_DEPTH} levels, at {0}")]
    TooDeep(Position),
    /// More values than are read: each takes much more memory than its text.
    #[error("more than {MAX_VALUES} values, at {0}")]
    TooMany(Position),
    /// Something follows the value.
    #[error("bytes after the end of the JSON value, at {0}: remove them")]
    TrailingBytes(Position),
    /// Not UTF-8.
    #[error("not UTF-8: byte {0} (counted from 0) belongs to no character")]
    InvalidUtf8(usize),
    /// More bytes than are read.
    #[error("{0} bytes are more than the {MAX_BYTES} that are read")]
    TooLong(usize),
    /// Not JSON (RFC 8259).
    #[error("not JSON: {message}, at {at}")]
    Syntax {
        /// What the parser found.
        message: String,
        /// Where.
        at: Position,
    },
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}
