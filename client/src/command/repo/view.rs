use std::io::{self, Write};

use privyseal_tuf::{Document, Role};

use crate::repo::{Project, RoleStatus, RoleVersion, Step, Work};
use crate::show::{Comparison, DangerCounts, DiffContext, in_days, print_danger_counts, quote};
use crate::show::{escape, print_table};

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

    /// Shows each role by `show`, and returns the dangers of each.
    pub(super) fn each(
        &self,
        mut show: impl FnMut(&Role, Option<&Comparison<'_>>, &Step) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<(Role, DangerCounts)>> {
        let mut dangers = Vec::new();
        for (role, step) in self.steps {
            // What follows is made from its draft, where there is one.
            let document: Option<&Document> = match step {
                Step::Document(document) => Some(document),
                Step::Follows { .. } => self.work.draft(role).map(|draft| &**draft),
            };
            let Some(document) = document else {
                show(role, None, step)?;
                continue;
            };
            let before = self.work.published().document(role)?;
            let comparison = Comparison::of(&self.context, role, before.as_deref(), document);
            show(role, Some(&comparison), step)?;
            dangers.push((role.clone(), comparison.dangers()));
        }
        Ok(dangers)
    }

    /// Prints it, and returns the dangers of each role.
    pub(super) fn print(&self, out: &mut dyn Write) -> anyhow::Result<Vec<(Role, DangerCounts)>> {
        let dangers = self.each(|role, comparison, step| {
            if let Some(comparison) = comparison {
                comparison.print(out)?;
            }
            if let Step::Follows { version, expires } = step {
                let (role, day) = (quote(role.as_str()), in_days(expires.seconds(), self.context.now));
                writeln!(
                    out,
                    "{role}: version {version} follows, over the finished files; it expires {expires} ({day})"
                )?;
            }
            Ok(())
        })?;
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

/// Prints how the roles stand, and who is missing.
pub(super) fn print_status(
    out: &mut dyn Write,
    statuses: &[RoleStatus],
    now: i64,
) -> io::Result<()> {
    let rows = statuses.iter().map(|status| {
        let draft = match (&status.draft, status.follows) {
            (_, true) => "follows".to_owned(),
            (draft, false) => version(draft.as_ref()),
        };
        let next = status.draft.as_ref().or(status.published.as_ref());
        vec![
            status.role.clone(),
            version(status.published.as_ref()),
            expiry(status.published.as_ref(), now),
            draft,
            status
                .draft
                .as_ref()
                .map_or_else(|| "-".to_owned(), |draft| expiry(Some(draft), now)),
            next.map_or_else(|| "-".to_owned(), |_| signatures(status)),
        ]
    });
    let header = [
        "role",
        "published",
        "expires",
        "draft",
        "expires",
        "signatures",
    ];
    print_table(out, &header, rows)?;
    for status in statuses {
        print_missing(out, status)?;
    }
    Ok(())
}

fn print_missing(out: &mut dyn Write, status: &RoleStatus) -> io::Result<()> {
    for requirement in status
        .signatures
        .iter()
        .filter(|s| s.have < s.need as usize)
    {
        writeln!(
            out,
            "{}: {} of {} signatures by {}; not yet by:",
            status.role, requirement.have, requirement.need, requirement.required_by
        )?;
        for key in &requirement.missing {
            let owner = key.owner.as_deref().unwrap_or("not in privyseal.toml");
            writeln!(out, "  {} ({})", escape(owner), escape(&key.keyid))?;
        }
    }
    Ok(())
}

fn version(version: Option<&RoleVersion>) -> String {
    version.map_or_else(|| "-".to_owned(), |version| version.version.to_string())
}

fn expiry(version: Option<&RoleVersion>, now: i64) -> String {
    version.map_or_else(
        || "-".to_owned(),
        |version| {
            let warning = if version.expires_seconds <= now {
                "EXPIRED "
            } else {
                ""
            };
            format!(
                "{warning}{} ({})",
                version.expires,
                in_days(version.expires_seconds, now)
            )
        },
    )
}

fn signatures(status: &RoleStatus) -> String {
    let counts = status
        .signatures
        .iter()
        .map(|s| format!("{} of {}", s.have, s.need));
    counts.collect::<Vec<_>>().join(", ")
}
