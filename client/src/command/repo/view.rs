use std::io::Write;

use privyseal_tuf::{Document, Role};

use crate::repo::{Project, Step, Work};
use crate::show::{Comparison, DangerCounts, DiffContext, in_days, print_danger_counts, quote};

/// What a round of signatures would change, role by role.
pub(super) struct Preview<'a> {
    context: DiffContext,
    work: &'a Work,
    steps: &'a [(Role, Step)],
}

impl<'a> Preview<'a> {
    /// Of these steps. `most_lines`: see [`DiffContext`].
    pub(super) fn of(
        project: &Project,
        work: &'a Work,
        steps: &'a [(Role, Step)],
        now: i64,
        most_lines: Option<usize>,
    ) -> anyhow::Result<Self> {
        let settings = project.settings();
        let periods = steps
            .iter()
            .map(|(role, _)| (role.clone(), settings.expires(role).seconds()));
        let context = DiffContext {
            owners: project.owners().by_keyid(settings)?,
            periods: periods.collect(),
            now,
            most_lines,
        };
        Ok(Self {
            context,
            work,
            steps,
        })
    }

    /// The roles whose documents change. What follows is made from its draft, where there is one.
    pub(super) fn comparisons(
        &self,
    ) -> impl Iterator<Item = anyhow::Result<(&Role, Comparison<'_>)>> {
        let changing = self.steps.iter().filter_map(|(role, step)| match step {
            Step::Document(document) => Some((role, &**document)),
            Step::Follows { .. } => Some((role, &**self.work.draft(role)?)),
        });
        changing.map(|(role, document): (&Role, &Document)| {
            let before = self.work.published().document(role)?;
            let comparison = Comparison::of(&self.context, role, before.as_deref(), document);
            Ok((role, comparison))
        })
    }

    /// Prints it, and returns the dangers of each role.
    pub(super) fn print(&self, out: &mut dyn Write) -> anyhow::Result<Vec<(Role, DangerCounts)>> {
        let mut dangers = Vec::new();
        for comparison in self.comparisons() {
            let (role, comparison) = comparison?;
            comparison.print(out)?;
            dangers.push((role.clone(), comparison.dangers()));
        }
        for (role, step) in self.steps {
            if let Step::Follows { version, expires } = step {
                let day = in_days(expires.seconds(), self.context.now);
                writeln!(
                    out,
                    "{}: version {version} follows, over the finished files; it expires {expires} ({day})",
                    quote(role.as_str())
                )?;
            }
        }
        print_danger_counts(out, &sum(dangers.iter().map(|(_, dangers)| dangers)))?;
        Ok(dangers)
    }
}

/// The dangers of several roles together.
pub(super) fn sum<'a>(all: impl Iterator<Item = &'a DangerCounts>) -> DangerCounts {
    let mut sum = DangerCounts::new();
    for (kind, count) in all.flatten() {
        *sum.entry(*kind).or_default() += count;
    }
    sum
}
