use std::io::{self, Write};

use owo_colors::OwoColorize;
use privyseal_tuf::Danger;

use super::danger::sentence;

/// How wide the column of subjects is.
const WIDTH: usize = 12;

/// One change as it is shown: a sign, its subject, what it says, and lines below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sign: Sign,
    pub(super) subject: &'static str,
    text: String,
    details: Vec<String>,
    /// Lines of one group are shown as one.
    group: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Added,
    Removed,
    Changed,
}

impl Line {
    pub(super) fn new(sign: Sign, subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            sign,
            subject,
            text: text.into(),
            details: Vec::new(),
            group: None,
        }
    }

    pub(super) fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// A line with one item of a group: lines of one group that follow each other become one.
    pub(super) fn of_group(sign: Sign, subject: &'static str, group: String, item: &str) -> Self {
        let mut line = Self::new(sign, subject, format!("{group} {item}"));
        line.group = Some(group);
        line
    }

    /// Takes `next` in, where both are of one group.
    pub(super) fn join(&mut self, next: &Self) -> bool {
        let same = self.sign == next.sign && self.subject == next.subject;
        let Some(group) = self.group.as_deref().filter(|_| same) else {
            return false;
        };
        if next.group.as_deref() != Some(group) {
            return false;
        }
        self.text
            .push_str(next.text.strip_prefix(group).unwrap_or_default());
        true
    }

    pub(super) fn print(&self, out: &mut dyn Write, dangers: &[&Danger]) -> io::Result<()> {
        let sign = match self.sign {
            Sign::Added => '+'.green().to_string(),
            Sign::Removed => '-'.red().to_string(),
            Sign::Changed => '~'.yellow().to_string(),
        };
        let (subject, text) = (self.subject, &self.text);
        if dangers.is_empty() {
            writeln!(out, "   {sign} {subject:WIDTH$} {text}")?;
        } else {
            let rest = format!("{subject:WIDTH$} {text}");
            writeln!(out, "{} {sign} {}", "!!".red().bold(), rest.red())?;
        }
        for detail in &self.details {
            writeln!(out, "     {:WIDTH$} {detail}", "")?;
        }
        print_dangers(out, dangers)
    }
}

/// Prints dangers below the line that they are about.
pub(super) fn print_dangers(out: &mut dyn Write, dangers: &[&Danger]) -> io::Result<()> {
    for danger in dangers {
        let text = format!(
            "!!   {:WIDTH$} {}: {}",
            "DANGER",
            danger.kind(),
            sentence(&danger.cause)
        );
        writeln!(out, "{}", text.red().bold())?;
    }
    Ok(())
}
