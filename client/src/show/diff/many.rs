use std::collections::BTreeMap;
use std::io::{self, Write};

use super::line::{Line, Sign};

/// As many changes are read one by one; of more, their numbers come first.
const FEW: usize = 50;

/// How many lines of each sort there are, and how many of them were not shown.
pub(super) struct Counts {
    most: Option<usize>,
    many: bool,
    sorts: BTreeMap<(&'static str, Sign), Count>,
}

#[derive(Default)]
struct Count {
    changes: usize,
    shown: usize,
    hidden: usize,
}

impl Counts {
    pub(super) fn new(most: Option<usize>, changes: usize) -> Self {
        Self {
            most,
            many: changes > FEW,
            sorts: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, line: &Line) {
        self.of(line).changes += 1;
    }

    /// Prints a line without danger, where there is room for one of its sort.
    pub(super) fn print(&mut self, out: &mut dyn Write, line: &Line) -> io::Result<()> {
        let most = self.most;
        let count = self.of(line);
        if most.is_some_and(|most| count.shown >= most) {
            count.hidden += 1;
            return Ok(());
        }
        count.shown += 1;
        line.print(out, &[])
    }

    /// Prints what was left out, and of many changes how many there were.
    pub(super) fn print_rest(&self, out: &mut dyn Write) -> io::Result<()> {
        for ((subject, sign), count) in &self.sorts {
            if count.hidden > 0 {
                let text = format!(
                    "and {} more without danger (all of them: privyseal repo diff --all)",
                    count.hidden
                );
                Line::new(*sign, subject, text).print(out, &[])?;
            }
        }
        if self.many {
            let counts = self.sorts.iter().map(|((subject, sign), count)| {
                let verb = match sign {
                    Sign::Added => "added",
                    Sign::Removed => "removed",
                    Sign::Changed => "changed",
                };
                format!("{} {subject} {verb}", count.changes)
            });
            let counts: Vec<String> = counts.collect();
            writeln!(out, "   in all: {}", counts.join(", "))?;
        }
        Ok(())
    }

    fn of(&mut self, line: &Line) -> &mut Count {
        self.sorts.entry((line.subject, line.sign)).or_default()
    }
}
