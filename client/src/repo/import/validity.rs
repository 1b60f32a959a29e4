use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{Document, Role, RoleType};

use crate::repo::settings::Period;

const DAY: i64 = 86_400;

/// Periods that people choose, in days.
const USUAL: [i64; 13] = [1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650];

/// Where tuf-on-ci keeps its period, in days.
const DECLARED: &str = "x-tuf-on-ci-expiry-period";

/// How long new versions of a role will be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// So long.
    pub period: Period,
    /// How that is known.
    pub basis: Basis,
}

/// How a period is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The metadata says so.
    Declared,
    /// It is a usual one, and no shorter than what the present version shows: metadata says when it
    /// ends, and not when it began.
    Guessed,
    /// The present version is expired: it is what `repo init` chooses.
    Default,
}

impl Validity {
    /// The longer of two.
    pub(super) fn max(self, other: Self) -> Self {
        if other.period.seconds() > self.period.seconds() {
            other
        } else {
            self
        }
    }
}

/// How long versions of a role are valid, as far as its present one and the last root tell.
/// `before` is when the version before it expires, where that is known; `now` in Unix seconds.
pub(super) fn validity(
    role: &Role,
    document: &Document,
    root: &Document,
    before: Option<i64>,
    now: i64,
) -> anyhow::Result<Validity> {
    let declared = declared(role, document, root).and_then(Period::of_days);
    if let Some(period) = declared {
        let basis = Basis::Declared;
        return Ok(Validity { period, basis });
    }
    let expires = document.view(role.kind())?.expires().seconds();
    let left = expires.saturating_sub(now);
    // A version is made before the one before it expires.
    let since_last = before.map_or(0, |before| expires.saturating_sub(before));
    let (days, basis) = match left {
        1.. => (usual(left.max(since_last)), Basis::Guessed),
        _ => (default(role), Basis::Default),
    };
    let period = Period::of_days(days).or_else(|| Period::of_days(default(role)));
    Ok(Validity {
        period: period.ok_or_else(|| anyhow::anyhow!("{days} days are no period"))?,
        basis,
    })
}

fn declared(role: &Role, document: &Document, root: &Document) -> Option<i64> {
    match role.top() {
        // Nobody looks at these before they are signed, so root speaks for them.
        Some(role @ (RoleType::Snapshot | RoleType::Timestamp)) => {
            let roles = root.signed().get("roles")?.as_object()?;
            days(roles.get(role.as_str())?.as_object()?)
        }
        _ => days(document.signed()),
    }
}

fn days(object: &Object) -> Option<i64> {
    object.get(DECLARED).and_then(Value::as_integer)
}

/// The shortest usual period that covers so many seconds; beyond those, whole days.
fn usual(seconds: i64) -> i64 {
    let days = seconds / DAY + i64::from(seconds % DAY > 0);
    let covers = USUAL.into_iter().find(|usual| *usual >= days);
    covers.unwrap_or(days.min(36_500))
}

fn default(role: &Role) -> i64 {
    match role.top() {
        Some(RoleType::Root) => 365,
        Some(RoleType::Targets) | None => 90,
        Some(RoleType::Snapshot) => 7,
        Some(RoleType::Timestamp) => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use privyseal_tuf::{Draft, Expires};

    use super::*;

    const NOW: i64 = 2_000_000_000;

    fn document(expires: i64, more: &str) -> Document {
        let expires = Expires::from_seconds(expires).unwrap();
        let text = Draft::targets(1, &expires).finish().unwrap().to_bytes();
        let text = String::from_utf8(text).unwrap();
        let text = text.replace("\"spec_version\"", &format!("{more}\"spec_version\""));
        Document::parse(text.as_bytes()).unwrap()
    }

    fn of(expires: i64, more: &str, before: Option<i64>) -> (String, Basis) {
        let document = document(expires, more);
        let validity = validity(&Role::TARGETS, &document, &document, before, NOW).unwrap();
        (validity.period.to_string(), validity.basis)
    }

    #[test]
    fn a_guess_is_a_usual_period_and_never_too_short() {
        for (left, guess) in [
            (1, "1d"),
            (DAY, "1d"),
            (DAY + 1, "2d"),
            (6 * DAY, "7d"),
            (89 * DAY, "90d"),
            (300 * DAY, "365d"),
            (5000 * DAY - 7, "5000d"),
            (200_000 * DAY, "36500d"),
        ] {
            assert_eq!(of(NOW + left, "", None), (guess.to_owned(), Basis::Guessed));
        }
        let last = Some(NOW - 79 * DAY);
        assert_eq!(
            of(NOW + 10 * DAY, "", last),
            ("90d".to_owned(), Basis::Guessed)
        );
        assert_eq!(of(NOW, "", None), ("90d".to_owned(), Basis::Default));
    }

    #[test]
    fn what_is_declared_counts_if_it_is_a_period() {
        let said = |days: i64| format!("\"{DECLARED}\": {days},");
        let at = NOW + DAY;
        assert_eq!(
            of(at, &said(197), None),
            ("197d".to_owned(), Basis::Declared)
        );
        assert_eq!(
            of(NOW - 9, &said(3), None),
            ("3d".to_owned(), Basis::Declared)
        );
        for days in [0, -4, 99_999_999] {
            assert_eq!(of(at, &said(days), None), ("1d".to_owned(), Basis::Guessed));
        }
    }

    #[test]
    fn roots_speak_for_online_roles() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = std::fs::read(root.join("../tuf/corpus/sigstore/15.root.json")).unwrap();
        let root = Document::parse(&root).unwrap();
        let days = |role: RoleType| declared(&role.into(), &root, &root);
        let said = RoleType::ALL.map(days);
        assert_eq!(said, [Some(197), Some(197), Some(3650), Some(7)]);
    }
}
