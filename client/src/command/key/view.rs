use std::io::{self, Write};

use privyseal_proto::v1::{Key, Protection};
use serde::Serialize;

use crate::show::{escape, print_fields};

/// A key as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KeyView {
    agent: String,
    name: String,
    keystore: String,
    algorithm: String,
    keyid: String,
    purpose: String,
    authority: String,
    repository: String,
    first_root: String,
    token_label: String,
    token_serial: String,
    object_id: String,
    public_key: String,
    protection: Option<ProtectionView>,
    usable: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct ProtectionView {
    sensitive: bool,
    extractable: bool,
    always_sensitive: bool,
    never_extractable: bool,
    local: bool,
}

impl KeyView {
    pub(super) const HEADER: [&'static str; 8] = [
        "key",
        "algorithm",
        "keyid",
        "purpose",
        "lineage",
        "token",
        "protection",
        "usable",
    ];

    pub(super) fn new(agent: &str, key: Key) -> Self {
        Self {
            agent: agent.to_owned(),
            name: key.name,
            keystore: key.keystore,
            algorithm: key.algorithm,
            keyid: key.keyid,
            purpose: key.purpose,
            authority: key.authority,
            repository: key.repository,
            first_root: key.first_root,
            token_label: key.token_label,
            token_serial: key.token_serial,
            object_id: key.object_id,
            public_key: key.public_key,
            protection: key.protection.map(ProtectionView::from),
            usable: key.usable,
        }
    }

    pub(super) fn token(&self) -> String {
        escape(&format!("{} ({})", self.token_label, self.token_serial))
    }

    pub(super) fn row(&self, wide: bool) -> Vec<String> {
        let cut = |text: &str| if wide { text.to_owned() } else { short(text) };
        vec![
            escape(&format!("{}:{}", self.agent, self.name)),
            escape(&self.algorithm),
            escape(&cut(&self.keyid)),
            escape(&self.purpose),
            self.lineage(cut(&self.first_root)),
            self.token(),
            self.protection
                .map_or_else(|| "unknown".to_owned(), ProtectionView::brief),
            if self.usable { "yes" } else { "no" }.to_owned(),
        ]
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let fields = [
            ("key", escape(&format!("{}:{}", self.agent, self.name))),
            ("algorithm", escape(&self.algorithm)),
            ("keyid", escape(&self.keyid)),
            ("purpose", escape(&self.purpose)),
            ("lineage", self.lineage(self.first_root.clone())),
            ("token", self.token()),
            ("keystore", escape(&self.keystore)),
            ("CKA_ID", escape(&self.object_id)),
            (
                "protection",
                self.protection
                    .map_or("unknown".to_owned(), ProtectionView::brief),
            ),
            ("usable", if self.usable { "yes" } else { "no" }.to_owned()),
        ];
        print_fields(out, &fields)?;
        self.public_key
            .lines()
            .try_for_each(|line| writeln!(out, "{}", escape(line)))
    }

    fn lineage(&self, first_root: String) -> String {
        match (self.authority.as_str(), first_root.as_str()) {
            ("", _) => "-".to_owned(),
            (authority, "") => escape(&format!("{authority}/{} (no root yet)", self.repository)),
            (authority, root) => escape(&format!("{authority}/{} {root}", self.repository)),
        }
    }
}

impl ProtectionView {
    /// What the token says of the private key, the worst in capitals.
    fn brief(self) -> String {
        let sensitive = match (self.sensitive, self.always_sensitive) {
            (true, true) => "sensitive",
            (true, false) => "sensitive now, NOT ALWAYS",
            (false, _) => "NOT SENSITIVE",
        };
        let extractable = match (self.extractable, self.never_extractable) {
            (false, true) => "never extractable",
            (false, false) => "not extractable now, WAS ONCE",
            (true, _) => "EXTRACTABLE",
        };
        let made = if self.local {
            "made on device"
        } else {
            "NOT MADE ON DEVICE"
        };
        format!("{sensitive}, {extractable}, {made}")
    }
}

impl From<Protection> for ProtectionView {
    fn from(protection: Protection) -> Self {
        Self {
            sensitive: protection.sensitive,
            extractable: protection.extractable,
            always_sensitive: protection.always_sensitive,
            never_extractable: protection.never_extractable,
            local: protection.local,
        }
    }
}

/// The first eight characters of a keyid or digest.
fn short(hex: &str) -> String {
    hex.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(sensitive: bool, extractable: bool, local: bool) -> String {
        let brief = ProtectionView {
            sensitive,
            extractable,
            always_sensitive: sensitive,
            never_extractable: !extractable,
            local,
        };
        brief.brief()
    }

    #[test]
    fn weak_protection_stands_out() {
        assert_eq!(
            protection(true, false, true),
            "sensitive, never extractable, made on device"
        );
        assert_eq!(
            protection(false, true, false),
            "NOT SENSITIVE, EXTRACTABLE, NOT MADE ON DEVICE"
        );
    }

    #[test]
    fn a_row_is_short_and_escaped() {
        let key = Key {
            name: "a\u{202e}b".to_owned(),
            keyid: "0123456789abcdef".to_owned(),
            authority: "prod".to_owned(),
            repository: "example.org".to_owned(),
            ..Key::default()
        };
        let view = KeyView::new("agent", key);
        let row = view.row(false);
        assert_eq!(row[0], "agent:a\\u{202e}b");
        assert_eq!(row[2], "01234567");
        assert_eq!(row[4], "prod/example.org (no root yet)");
        assert_eq!(view.row(true)[2], "0123456789abcdef");
    }
}
