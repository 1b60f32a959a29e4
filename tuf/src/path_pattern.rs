#[cfg(test)]
mod tests;

use std::fmt;

use unicode_normalization::is_nfc;

use crate::TargetPath;

/// A shell-style pattern over target paths (spec, section 4.5): `*`, `?` and `[…]`, none of which
/// crosses a `/`. Letters' case counts.
///
/// What was received is kept as it is; [`problem`](Self::problem) says what a writer must not
/// write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern(String);

/// Why a pattern should not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternProblem {
    /// It matches nothing.
    #[error("is empty, and matches nothing")]
    Empty,
    /// Longer than a target path can be.
    #[error("is longer than 4096 bytes")]
    TooLong,
    /// Target paths are relative.
    #[error("begins with \"/\": target paths are relative, so it matches nothing")]
    Absolute,
    /// No target path has such a segment.
    #[error("has an empty segment, \".\" or \"..\", which no target path has")]
    Segment,
    /// No target path has one.
    #[error("has a control character or backslash, which no target path has")]
    Control,
    /// No target path is.
    #[error("is not in Unicode normalization form C, and target paths are")]
    NotNfc,
}

impl PathPattern {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it matches the whole path, segment by segment.
    pub fn matches(&self, path: &TargetPath) -> bool {
        let (mut patterns, mut segments) = (self.0.split('/'), path.as_str().split('/'));
        loop {
            match (patterns.next(), segments.next()) {
                (None, None) => return true,
                (Some(pattern), Some(segment)) if matches(&parse(pattern), segment) => {}
                _ => return false,
            }
        }
    }

    /// Whether some path may match both. Where `[…]` makes it hard to tell, the answer is yes.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.split('/'), other.0.split('/'));
        ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(a, b)| meet(&parse(a), &parse(b)))
    }

    /// Whether every path that `other` matches is matched by this one too. Where `[…]` makes it
    /// hard to tell, the answer is no.
    pub fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.split('/'), other.0.split('/'));
        ours.clone().count() == theirs.clone().count()
            && ours
                .zip(theirs)
                .all(|(a, b)| a == b || contains(&parse(a), &parse(b)))
    }

    /// What is wrong with it for a writer.
    pub fn problem(&self) -> Option<PathPatternProblem> {
        let text = self.0.as_str();
        if text.is_empty() {
            return Some(PathPatternProblem::Empty);
        }
        if text.len() > 4096 {
            return Some(PathPatternProblem::TooLong);
        }
        if text.starts_with('/') {
            return Some(PathPatternProblem::Absolute);
        }
        if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Some(PathPatternProblem::Segment);
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Some(PathPatternProblem::Control);
        }
        (!is_nfc(text)).then_some(PathPatternProblem::NotNfc)
    }
}

impl From<&str> for PathPattern {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One element of a segment's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    /// `*`
    Many,
    /// `?`
    One,
    /// A character.
    Char(char),
    /// `[…]`: ranges, and whether the characters are those outside of them.
    Class(Vec<(char, char)>, bool),
}

fn parse(segment: &str) -> Vec<Element> {
    let text: Vec<char> = segment.chars().collect();
    let mut rest = text.as_slice();
    let mut elements = Vec::new();
    while let [first, others @ ..] = rest {
        rest = others;
        elements.push(match first {
            '*' => Element::Many,
            '?' => Element::One,
            '[' => match class(others) {
                Some((element, after)) => {
                    rest = after;
                    element
                }
                None => Element::Char('['),
            },
            other => Element::Char(*other),
        });
    }
    elements
}

/// What stands after a `[`, where it is closed. A `]` that comes first is a character.
fn class(text: &[char]) -> Option<(Element, &[char])> {
    let (negated, body) = match text {
        ['!', body @ ..] => (true, body),
        body => (false, body),
    };
    let end = 1 + body.get(1..)?.iter().position(|c| *c == ']')?;
    let (mut inside, after) = (body.get(..end)?, body.get(end + 1..)?);
    let mut ranges = Vec::new();
    while let [first, others @ ..] = inside {
        match others {
            ['-', last, others @ ..] => {
                ranges.push((*first, *last));
                inside = others;
            }
            _ => {
                ranges.push((*first, *first));
                inside = others;
            }
        }
    }
    Some((Element::Class(ranges, negated), after))
}

fn takes(element: &Element, c: char) -> bool {
    match element {
        Element::Many | Element::One => true,
        Element::Char(own) => *own == c,
        Element::Class(ranges, negated) => {
            ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
        }
    }
}

/// Without backtracking beyond the last `*`, so that no pattern takes long.
fn matches(pattern: &[Element], segment: &str) -> bool {
    let text: Vec<char> = segment.chars().collect();
    let (mut at, mut from, mut star) = (0, 0, None);
    while let Some(c) = text.get(at) {
        match pattern.get(from) {
            Some(Element::Many) => {
                star = Some((from, at));
                from += 1;
            }
            Some(element) if takes(element, *c) => {
                from += 1;
                at += 1;
            }
            _ => match star {
                Some((position, taken)) => {
                    star = Some((position, taken + 1));
                    from = position + 1;
                    at = taken + 1;
                }
                None => return false,
            },
        }
    }
    let mut left = pattern.iter().skip(from);
    left.all(|element| *element == Element::Many)
}

/// Whether some text may match both.
fn meet(a: &[Element], b: &[Element]) -> bool {
    walk(
        a,
        b,
        |a, b| match (a, b) {
            (Element::Char(a), other) | (other, Element::Char(a)) => takes(other, *a),
            _ => true,
        },
        true,
    )
}

/// Whether `outer` matches all that `inner` does.
fn contains(outer: &[Element], inner: &[Element]) -> bool {
    walk(
        outer,
        inner,
        |outer, inner| match (outer, inner) {
            (Element::One, _) => true,
            (outer, Element::Char(c)) => takes(outer, *c),
            (outer, inner) => outer == inner,
        },
        false,
    )
}

/// Walks two patterns side by side: a `*` of the first stands for any run of the second's elements,
/// and the other way round where `both`.
fn walk(
    a: &[Element],
    b: &[Element],
    fits: impl Fn(&Element, &Element) -> bool,
    both: bool,
) -> bool {
    // reach[j]: the elements of `a` so far can stand for the first j of `b`.
    let many = |element: Option<&Element>| element == Some(&Element::Many);
    let mut reach: Vec<bool> = vec![true];
    for j in 0..b.len() {
        let before = reach.get(j).copied().unwrap_or(false);
        reach.push(before && both && many(b.get(j)));
    }
    for element in a {
        let is_many = *element == Element::Many;
        let mut next = vec![is_many && reach.first().copied().unwrap_or(false)];
        for (j, other) in b.iter().enumerate() {
            let get = |row: &[bool], at: usize| row.get(at).copied().unwrap_or(false);
            let other_many = *other == Element::Many;
            let mut hit =
                !is_many && (!other_many || both) && fits(element, other) && get(&reach, j);
            hit |= is_many && (get(&reach, j + 1) || get(&next, j));
            hit |= both && other_many && (get(&next, j) || get(&reach, j + 1));
            next.push(hit);
        }
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}
