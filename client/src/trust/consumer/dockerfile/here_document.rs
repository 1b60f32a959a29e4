//! Here-documents. Some builders know none, and those that do tell them by rules of a shell: only the
//! plain form is taken, and only where the text within would pull nothing if it were instructions.

use super::DockerfileError;
use super::lines::{BLANK, Line, Word, is_odd};

/// The lines after the here-documents that an instruction begins.
pub(super) fn skip<'a, 'b>(
    words: &[Word],
    first: &Line<'_>,
    lines: &'a [Line<'b>],
    escape: char,
) -> Result<&'a [Line<'b>], DockerfileError> {
    let keyword = match words {
        [onbuild, keyword, ..] if onbuild.is("ONBUILD") => Some(keyword),
        words => words.first(),
    };
    let takes = keyword.is_some_and(|word| ["RUN", "COPY", "ADD"].iter().any(|it| word.is(it)));
    let (begins, others): (Vec<&Word>, Vec<&Word>) =
        words.iter().partition(|word| word.text.contains("<<"));
    let mut rest = lines;
    if !takes || begins.is_empty() {
        return Ok(rest);
    }
    let is_quoting = |word: &&Word| word.text.contains(['"', '\'', '\\', '`']);
    if others.iter().any(is_quoting) || others.iter().any(|word| word.text.contains("${")) {
        return Err(first.doubtful("<< beside quotes, escape characters or ${"));
    }
    for word in begins {
        let Some((tabs, name)) = plain(word) else {
            return Err(first.doubtful("<< that is not <<NAME or <<-NAME"));
        };
        let ends = |line: &Line<'_>| match tabs {
            true => line.text.trim_start_matches('\t') == name,
            false => line.text == name,
        };
        let Some(end) = rest.iter().position(ends) else {
            return Err(first.doubtful("a here-document without an end"));
        };
        let (body, after) = rest.split_at(end);
        check(body, first.number, escape)?;
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(rest)
}

/// `<<NAME` or `<<-NAME`, the name perhaps in quotes: whether tabs before its end are left out, and
/// the name.
fn plain(word: &Word) -> Option<(bool, &str)> {
    let name = word.text.strip_prefix("<<").filter(|_| !word.is_split)?;
    let (tabs, name) = match name.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let unquoted = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    let name = unquoted('"').or_else(|| unquoted('\'')).unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some((tabs, name))
}

/// Refuses text that would name an image, line by line and with its continued lines joined.
fn check(body: &[Line<'_>], begun: usize, escape: char) -> Result<(), DockerfileError> {
    let mut joined = String::new();
    for line in body {
        let blank = |c: char| is_odd(c) || BLANK.contains(&c);
        let text = line.text.trim_end_matches(blank);
        joined.push_str(text.strip_suffix(escape).unwrap_or(text));
        if names_an_image(line.text) || names_an_image(&joined) {
            let line = line.number;
            return Err(DockerfileError::Unclear { line, begun });
        }
        if !text.ends_with(escape) && !line.is_blank_or_comment() {
            joined.clear();
        }
    }
    Ok(())
}

fn names_an_image(text: &str) -> bool {
    let quoting = |c: &char| !['"', '\'', '\\', '`'].contains(c);
    let text: String = text.chars().filter(quoting).collect();
    let text = text.to_lowercase();
    let words = text.split(|c: char| is_odd(c) || BLANK.contains(&c));
    let mut words = words.filter(|word| !word.is_empty());
    let first = words.find(|word| *word != "onbuild");
    match first.unwrap_or_default() {
        "from" => true,
        "copy" | "add" | "run" => {
            words.any(|word| word.contains("--from") || word.contains("--mount"))
        }
        _ => false,
    }
}
