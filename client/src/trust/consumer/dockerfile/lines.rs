use std::ops::Range;

use super::{DockerfileError, directives, here_document};

/// The instructions of a Dockerfile.
#[derive(Debug, Default)]
pub(super) struct File {
    /// What the `# syntax` line names.
    pub(super) syntax: Option<Word>,
    pub(super) instructions: Vec<Instruction>,
}

/// One instruction, over however many lines.
#[derive(Debug)]
pub(super) struct Instruction {
    /// Its first line, from 1.
    pub(super) line: usize,
    pub(super) words: Vec<Word>,
}

/// What stands between blanks once continued lines are joined, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) at: Range<usize>,
    /// Whether its line is continued within it: its text is then not what stands at its place.
    pub(super) is_split: bool,
}

impl Word {
    pub(super) fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name)
    }

    /// What stands after a beginning; for words that stand in one line.
    pub(super) fn after(&self, beginning: &str) -> Option<Self> {
        let text = self.text.strip_prefix(beginning)?;
        Some(Self {
            text: text.to_owned(),
            at: self.at.start + beginning.len()..self.at.end,
            is_split: self.is_split,
        })
    }

    pub(super) fn split(&self, by: char) -> Vec<Self> {
        let mut at = self.at.start;
        let parts = self.text.split(by).map(|part| {
            let begin = at;
            at += part.len() + by.len_utf8();
            Self {
                text: part.to_owned(),
                at: begin..begin + part.len(),
                is_split: self.is_split,
            }
        });
        parts.collect()
    }
}

/// A line of the text with where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) at: usize,
    /// Without what ends it.
    pub(super) text: &'a str,
}

impl Line<'_> {
    pub(super) fn is_blank_or_comment(&self) -> bool {
        let text = self.text.trim_start_matches(BLANK);
        text.is_empty() || text.starts_with('#')
    }

    pub(super) fn doubtful(&self, what: &'static str) -> DockerfileError {
        let line = self.number;
        DockerfileError::Doubtful { line, what }
    }

    /// The text that an instruction has in this line, and whether the next line goes on with it.
    fn body(&self, escape: char) -> Result<(&str, bool), DockerfileError> {
        if self.text.chars().any(is_odd) {
            return Err(self.doubtful("a blank or control character that is no space or tab"));
        }
        match self.text.trim_end_matches(BLANK).strip_suffix(escape) {
            Some(body) if body.ends_with(escape) => {
                Err(self.doubtful("an escape character twice at a line's end"))
            }
            Some(body) => Ok((body, true)),
            None => Ok((self.text, false)),
        }
    }
}

pub(super) const BLANK: [char; 2] = [' ', '\t'];

/// Blank for some builders and not for others, or not to be seen.
pub(super) fn is_odd(c: char) -> bool {
    (c.is_control() && c != '\t') || (!c.is_ascii() && c.is_whitespace()) || c == '\u{feff}'
}

const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

pub(super) fn read(text: &str) -> Result<File, DockerfileError> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').enumerate().map(|(index, line)| {
        let begin = at;
        at += line.len();
        Line {
            number: index + 1,
            at: begin,
            text: line.trim_end_matches(['\n', '\r']),
        }
    });
    let lines: Vec<Line<'_>> = lines.collect();
    let directives = directives::read(&lines)?;
    let mut file = File {
        syntax: directives.syntax,
        instructions: Vec::new(),
    };
    let mut rest = lines.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if first.is_blank_or_comment() {
            continue;
        }
        let mut joined = Joined::default();
        let mut goes_on = joined.push(first, directives.escape)?;
        while goes_on && let Some((line, after)) = rest.split_first() {
            rest = after;
            if !line.is_blank_or_comment() {
                goes_on = joined.push(line, directives.escape)?;
            }
        }
        let words = joined.words();
        let Some(keyword) = words.first() else {
            continue;
        };
        if keyword.is_split || !INSTRUCTIONS.iter().any(|name| keyword.is(name)) {
            return Err(first.doubtful("it begins with no instruction that is known here"));
        }
        rest = here_document::skip(&words, first, rest, directives.escape)?;
        file.instructions.push(Instruction {
            line: first.number,
            words,
        });
    }
    Ok(file)
}

/// The characters of an instruction, with their lines and places.
#[derive(Default)]
struct Joined(Vec<(usize, usize, char)>);

impl Joined {
    /// Adds a line; true where the next one goes on with it.
    fn push(&mut self, line: &Line<'_>, escape: char) -> Result<bool, DockerfileError> {
        let (body, goes_on) = line.body(escape)?;
        let characters = body.char_indices();
        self.0
            .extend(characters.map(|(index, c)| (line.number, line.at + index, c)));
        Ok(goes_on)
    }

    fn words(&self) -> Vec<Word> {
        let words = self.0.split(|(_, _, c)| BLANK.contains(c));
        let word = |characters: &[(usize, usize, char)]| {
            let (first, begin, _) = *characters.first()?;
            let (last, end, c) = *characters.last()?;
            Some(Word {
                text: characters.iter().map(|(_, _, c)| c).collect(),
                at: begin..end + c.len_utf8(),
                is_split: first != last,
            })
        };
        words.filter_map(word).collect()
    }
}
