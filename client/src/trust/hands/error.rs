use privyseal_tuf::Tally;

use crate::failure::Advice;

/// Why a document does not get its signatures.
#[derive(Debug)]
pub struct HandsError {
    /// The role.
    pub role: String,
    /// Whose signatures it needs, and how far that is met.
    pub open: Vec<(String, Tally)>,
    /// What went wrong with keys that are here.
    pub problems: Vec<anyhow::Error>,
    /// Why agents did not answer.
    pub missing: Vec<String>,
}

impl HandsError {
    /// The first thing that went wrong with a key that is here, with its own advice; else which
    /// keys are not here.
    #[must_use]
    pub fn into_error(self) -> anyhow::Error {
        let open = self.open.iter().map(|(label, tally)| {
            let missing: Vec<&str> = tally.missing.iter().map(|id| id.as_str()).collect();
            format!("{label}: {tally}, missing {}", missing.join(", "))
        });
        let open = open.collect::<Vec<_>>().join("; ");
        let what = format!("{} is not signed ({open})", self.role);
        if let Some(problem) = self.problems.into_iter().next() {
            return problem.context(what);
        }
        let (what, remedy) = match self.missing.is_empty() {
            true => (
                what,
                "no agent lists these keys for this user: `privyseal key list --wide` shows those that there are",
            ),
            false => (
                format!("{what}; {}", self.missing.join("; ")),
                "bring that agent back, then run the same command again",
            ),
        };
        Advice::failed(what, remedy).into()
    }
}
