use std::ops::Range;

use super::DockerfileError;

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

/// What stands between blanks, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

impl Word {
    pub(super) fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name)
    }

    /// What stands after a beginning, without quotes; for words that stand in one line.
    pub(super) fn after(&self, beginning: &str) -> Option<Self> {
        let text = self.text.strip_prefix(beginning)?;
        Some(Self {
            text: text.trim_matches('"').to_owned(),
            at: self.at.start + beginning.len()..self.at.end,
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
            }
        });
        parts.collect()
    }
}

/// A line of the text with where it begins.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    number: usize,
    at: usize,
    text: &'a str,
}

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
    let mut file = File::default();
    let mut escape = '\\';
    let mut rest = lines.as_slice();
    // Directives stand before everything else, blank lines and comments included.
    while let Some((line, after)) = rest.split_first() {
        let Some((name, value)) = directive(line) else {
            break;
        };
        match name.as_str() {
            "syntax" => file.syntax = Some(value),
            "escape" if value.text == "`" => escape = '`',
            _ => {}
        }
        rest = after;
    }
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if is_blank_or_comment(first.text) {
            continue;
        }
        let mut words = Vec::new();
        let mut goes_on = words_of(first, escape, &mut words);
        while goes_on && let Some((line, after)) = rest.split_first() {
            rest = after;
            if !is_blank_or_comment(line.text) {
                goes_on = words_of(line, escape, &mut words);
            }
        }
        rest = skip_here_documents(&words, first.number, rest)?;
        file.instructions.push(Instruction {
            line: first.number,
            words,
        });
    }
    Ok(file)
}

/// `# name=value`.
fn directive(line: &Line<'_>) -> Option<(String, Word)> {
    let comment = line.text.trim_start().strip_prefix('#')?;
    let (name, value) = comment.split_once('=')?;
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let text = value.trim();
    let begin = line.at + line.text.len() - value.trim_start().len();
    let word = Word {
        text: text.to_owned(),
        at: begin..begin + text.len(),
    };
    Some((name.to_ascii_lowercase(), word))
}

fn is_blank_or_comment(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with('#')
}

/// Adds the words of a line; true where the next line goes on with it. A word that goes on there
/// becomes one with what follows.
fn words_of(line: &Line<'_>, escape: char, words: &mut Vec<Word>) -> bool {
    let trimmed = line.text.trim_end();
    let (body, goes_on) = match trimmed.strip_suffix(escape) {
        Some(body) => (body, true),
        None => (trimmed, false),
    };
    let mut begin = None;
    let blank = |c: char| c.is_ascii_whitespace();
    for (index, character) in body.char_indices().chain([(body.len(), ' ')]) {
        match (blank(character), begin) {
            (false, None) => begin = Some(index),
            (true, Some(from)) => {
                words.push(Word {
                    text: body.get(from..index).unwrap_or_default().to_owned(),
                    at: line.at + from..line.at + index,
                });
                begin = None;
            }
            _ => {}
        }
    }
    goes_on
}

/// The lines after the here-documents that an instruction begins. Where one has no end, it is none.
fn skip_here_documents<'a, 'b>(
    words: &[Word],
    begun: usize,
    lines: &'a [Line<'b>],
) -> Result<&'a [Line<'b>], DockerfileError> {
    let takes = words.iter().take(2);
    let takes = takes
        .clone()
        .any(|word| ["RUN", "COPY", "ADD"].iter().any(|name| word.is(name)));
    let mut rest = lines;
    for (tabs, name) in words.iter().filter_map(here_document).filter(|_| takes) {
        let ends = |line: &Line<'_>| match tabs {
            true => line.text.trim_start_matches('\t') == name,
            false => line.text == name,
        };
        let Some(end) = rest.iter().position(ends) else {
            continue;
        };
        let (body, after) = rest.split_at(end);
        let from = |line: &&Line<'_>| {
            let first = line.text.split_ascii_whitespace().next();
            first.is_some_and(|word| word.eq_ignore_ascii_case("FROM"))
        };
        if let Some(line) = body.iter().find(from) {
            return Err(DockerfileError::Unclear {
                line: line.number,
                begun,
            });
        }
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(rest)
}

/// `<<NAME` or `<<-NAME`, the name perhaps in quotes: whether tabs before its end are left out, and
/// the name.
fn here_document(word: &Word) -> Option<(bool, String)> {
    let digits = word.text.trim_start_matches(|c: char| c.is_ascii_digit());
    let name = digits.strip_prefix("<<")?;
    let (tabs, name) = match name.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let name = name.trim_matches(['"', '\'']);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then(|| (tabs, name.to_owned()))
}
