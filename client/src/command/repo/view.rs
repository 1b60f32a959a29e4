use std::io::Write;
use std::sync::Arc;

use privyseal_tuf::{Document, Draft, Expires, Metadata, Role, RoleType, Snapshot, Timestamp};

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

    /// The roles whose documents change. What follows is made from its draft, where there is one, so
    /// that nothing in that draft is signed unseen.
    pub(super) fn comparisons(
        &self,
    ) -> impl Iterator<Item = anyhow::Result<(&Role, Comparison<'_>)>> {
        let changing = self.steps.iter().filter_map(|(role, step)| match step {
            Step::Document(document) => Some((role, Arc::clone(document))),
            Step::Follows { version, expires } => {
                let draft = self.work.draft(role)?;
                let renewed = renewed(role, draft, *version, expires);
                Some((role, renewed.map_or_else(|| Arc::clone(draft), Arc::new)))
            }
        });
        changing.map(|(role, document)| {
            let before = self.work.published().document(role)?;
            let comparison = Comparison::of(&self.context, role, before.as_deref(), &document);
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

/// What a draft of snapshot or timestamp would be with the version and expiry that it will get.
fn renewed(role: &Role, draft: &Document, version: u64, expires: &Expires) -> Option<Document> {
    fn edited<M: Metadata>(draft: &Document, version: u64, expires: &Expires) -> Option<Document> {
        let mut draft = Draft::<M>::edit(draft).ok()?;
        draft.set_version(version);
        draft.set_expires(expires);
        draft.finish().ok()
    }
    match role.top()? {
        RoleType::Snapshot => edited::<Snapshot>(draft, version, expires),
        RoleType::Timestamp => edited::<Timestamp>(draft, version, expires),
        RoleType::Root | RoleType::Targets => None,
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
