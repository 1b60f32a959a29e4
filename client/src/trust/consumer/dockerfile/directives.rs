//! The comments at the top that say how the rest is read. Builders, and their versions, differ in
//! which of them they take: what one could take and another not is refused.

use super::DockerfileError;
use super::lines::{BLANK, Line, Word, is_odd};

pub(super) struct Directives {
    pub(super) syntax: Option<Word>,
    pub(super) escape: char,
}

pub(super) fn read(lines: &[Line<'_>]) -> Result<Directives, DockerfileError> {
    let mut found = Directives {
        syntax: None,
        escape: '\\',
    };
    if let Some(first) = lines.first() {
        if first.text.starts_with('\u{feff}') {
            return Err(first.doubtful("a byte order mark"));
        }
        if first.text.starts_with("#!") {
            return Err(first.doubtful("a line for an interpreter (#!)"));
        }
    }
    // Whether a directive may still stand here, and if not, whether some would read on.
    let (mut may_stand, mut some_read_on) = (true, false);
    for line in lines.iter().take_while(|line| line.is_blank_or_comment()) {
        let Some((name, value)) = named(line) else {
            if may_stand {
                some_read_on = line.text.contains('=');
            }
            may_stand = false;
            continue;
        };
        let is_strict = line.text.starts_with('#') && !line.text.starts_with("##");
        match name.as_str() {
            "escape" => {
                if line.number != 1 || !is_strict {
                    return Err(line.doubtful("# escape elsewhere than in the first line"));
                }
                found.escape = match value.text.as_str() {
                    "\\" => '\\',
                    "`" => '`',
                    _ => return Err(line.doubtful("# escape takes \\ or `")),
                };
            }
            "syntax" if may_stand => {
                let is_plain = value.text.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_strict || !is_plain || value.text.is_empty() || found.syntax.is_some() {
                    return Err(line.doubtful("# syntax that is not `# syntax=IMAGE`, once"));
                }
                found.syntax = Some(value);
            }
            "syntax" if some_read_on => {
                return Err(line.doubtful("# syntax after another comment with a ="));
            }
            "check" if may_stand && is_strict && !value.text.is_empty() => {}
            _ => {
                some_read_on |= may_stand;
                may_stand = false;
            }
        }
    }
    Ok(found)
}

/// `# name=value`, in any form that some builder could take.
fn named(line: &Line<'_>) -> Option<(String, Word)> {
    let comment = line.text.trim_start_matches(BLANK).trim_start_matches('#');
    let (name, value) = comment.split_once('=')?;
    let blank = |c: char| is_odd(c) || BLANK.contains(&c);
    let name = name.trim_matches(blank);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let text = value.trim_matches(BLANK);
    let begin = line.at + line.text.len() - value.trim_start_matches(BLANK).len();
    let word = Word {
        text: text.to_owned(),
        at: begin..begin + text.len(),
        is_split: false,
    };
    Some((name.to_ascii_lowercase(), word))
}
