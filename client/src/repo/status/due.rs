use privyseal_tuf::Role;
use serde::Serialize;

use crate::repo::settings::{Period, Settings};

/// People need time to meet: no role's renewal is called for earlier than this.
const LONGEST_NOTICE: i64 = 30 * 86_400;

/// How a published version stands to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing to do.
    Good,
    /// It should be renewed.
    Due,
    /// Clients refuse it.
    Expired,
}

/// When a version should be renewed: in the last third of the time that its role's versions are
/// valid, and 30 days before its end at the earliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    expires: i64,
    notice: i64,
}

impl Due {
    /// Of a version of a role that expires then (Unix seconds).
    pub fn of(settings: &Settings, role: &Role, expires: i64) -> Self {
        Self {
            expires,
            notice: notice(settings.expires(role)),
        }
    }

    /// From when on, in Unix seconds.
    pub fn from(self) -> i64 {
        self.expires.saturating_sub(self.notice)
    }

    /// How it stands at a time.
    pub fn at(self, now: i64) -> Standing {
        match now {
            _ if now >= self.expires => Standing::Expired,
            _ if now >= self.from() => Standing::Due,
            _ => Standing::Good,
        }
    }
}

fn notice(period: Period) -> i64 {
    (period.seconds() / 3).min(LONGEST_NOTICE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::example_settings;
    use privyseal_tuf::RoleType;

    #[test]
    fn renewal_is_due_in_the_last_third_but_not_months_before() {
        let settings = example_settings();
        let day = 86_400;
        // 365, 90, 7 and 1 days.
        let notices = [30 * day, 30 * day, 7 * day / 3, day / 3];
        for (role, notice) in RoleType::ALL.into_iter().zip(notices) {
            let due = Due::of(&settings, &role.into(), 400 * day);
            assert_eq!(due.from(), 400 * day - notice, "{role}");
            let at = |now| due.at(now);
            assert_eq!(at(due.from() - 1), Standing::Good);
            assert_eq!(at(due.from()), Standing::Due);
            assert_eq!(at(400 * day - 1), Standing::Due);
            assert_eq!(at(400 * day), Standing::Expired);
        }
    }
}
