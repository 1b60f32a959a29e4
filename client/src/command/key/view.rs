mod notary;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use privyseal_proto::v1::{Key, Protection};
use serde::Serialize;

use crate::show::{escape, print_fields, print_table};
use notary::NotaryUseView;

/// A key as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KeyView {
    agent: String,
    name: String,
    keystore: String,
    algorithm: String,
    keyid: String,
    purpose: String,
    /// Of a key for images, or of a notary-server.
    role: Option<String>,
    /// Of a notary key that has signed.
    notary_use: Option<NotaryUseView>,
    authority: String,
    repository: String,
    first_root: String,
    token_label: String,
    token_serial: String,
    object_id: String,
    public_key: String,
    protection: Option<ProtectionView>,
    /// When it asks for the PIN or a touch; null where the token says nothing.
    pin_policy: Option<String>,
    touch_policy: Option<String>,
    attested: bool,
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
    pub(super) fn new(agent: &str, key: Key) -> Self {
        Self {
            role: Some(key.role).filter(|role| !role.is_empty()),
            notary_use: key.notary_use.map(NotaryUseView::from),
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
            pin_policy: Some(key.pin_policy).filter(|policy| !policy.is_empty()),
            touch_policy: Some(key.touch_policy).filter(|policy| !policy.is_empty()),
            attested: key.attested,
            usable: key.usable,
        }
    }

    pub(super) fn token(&self) -> String {
        escape(&format!("{} ({})", self.token_label, self.token_serial))
    }

    /// Prints keys, one a line, with what the notary keys among them signed last.
    pub(super) fn print_table(views: &[Self], wide: bool, out: &mut dyn Write) -> io::Result<()> {
        let notary = views.iter().any(Self::is_notary);
        let asks = views.iter().any(Self::tells_policies);
        let header = [
            Some("key"),
            Some("algorithm"),
            Some("keyid"),
            Some("purpose"),
            Some("lineage"),
            notary.then_some("last signed"),
            Some("token"),
            Some("protection"),
            asks.then_some("asks for"),
            asks.then_some("attested"),
            Some("usable"),
        ];
        let header: Vec<&str> = header.into_iter().flatten().collect();
        let rows = views.iter().map(|view| view.row(wide, notary, asks));
        print_table(out, &header, rows)
    }

    fn row(&self, wide: bool, notary: bool, asks: bool) -> Vec<String> {
        let cut = |text: &str| if wide { text.to_owned() } else { short(text) };
        let cells = [
            Some(escape(&format!("{}:{}", self.agent, self.name))),
            Some(escape(&self.algorithm)),
            Some(escape(&cut(&self.keyid))),
            Some(self.purpose()),
            Some(self.lineage(cut(&self.first_root))),
            notary.then(|| self.last_signed()),
            Some(self.token()),
            Some(self.protection()),
            asks.then(|| self.asks_for()),
            asks.then(|| self.attested().to_owned()),
            Some(self.usable().to_owned()),
        ];
        cells.into_iter().flatten().collect()
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut fields = vec![
            ("key", escape(&format!("{}:{}", self.agent, self.name))),
            ("algorithm", escape(&self.algorithm)),
            ("keyid", escape(&self.keyid)),
            ("purpose", self.purpose()),
            ("lineage", self.lineage(self.first_root.clone())),
        ];
        if self.is_notary() {
            fields.push(("last signed", self.last_signed()));
        }
        fields.extend([
            ("token", self.token()),
            ("keystore", escape(&self.keystore)),
            (self.object(), escape(&self.object_id)),
            ("protection", self.protection()),
            ("asks for", self.asks_for()),
            ("attested", self.attested().to_owned()),
            ("usable", self.usable().to_owned()),
        ]);
        print_fields(out, &fields)?;
        self.public_key
            .lines()
            .try_for_each(|line| writeln!(out, "{}", escape(line)))
    }

    fn purpose(&self) -> String {
        match &self.role {
            Some(role) => escape(&format!("{} {role}", self.purpose)),
            None => escape(&self.purpose),
        }
    }

    fn is_notary(&self) -> bool {
        self.purpose == "notary"
    }

    /// A notary key's lineage is (authority, repository, role, key): it never sees a root. A key for
    /// images belongs to every lineage of its repositories.
    fn lineage(&self, first_root: String) -> String {
        match (self.authority.as_str(), first_root.as_str()) {
            ("", _) => "-".to_owned(),
            (authority, _) if self.role.is_some() => {
                escape(&format!("{authority}/{}", self.repository))
            }
            (authority, "") => escape(&format!("{authority}/{} (no root yet)", self.repository)),
            (authority, root) => escape(&format!("{authority}/{} {root}", self.repository)),
        }
    }

    fn last_signed(&self) -> String {
        match &self.notary_use {
            _ if !self.is_notary() => "-".to_owned(),
            None => "UNUSED".to_owned(),
            Some(used) => used.brief(),
        }
    }

    fn protection(&self) -> String {
        let protection = self.protection.map(ProtectionView::brief);
        protection.unwrap_or_else(|| "unknown".to_owned())
    }

    fn tells_policies(&self) -> bool {
        self.pin_policy.is_some() || self.touch_policy.is_some()
    }

    /// When a person is needed, by the token's word.
    fn asks_for(&self) -> String {
        let policy = |what: &str, policy: &Option<String>| {
            policy
                .as_ref()
                .map(|policy| format!("{what} {}", escape(policy)))
        };
        let asks = [
            policy("PIN", &self.pin_policy),
            policy("touch", &self.touch_policy),
        ];
        let asks: Vec<String> = asks.into_iter().flatten().collect();
        match asks.is_empty() {
            true => "-".to_owned(),
            false => asks.join(", "),
        }
    }

    fn attested(&self) -> &'static str {
        match self.attested {
            true => "yes",
            false => "no",
        }
    }

    /// What the key's place on its token is called: PIV has slots (SP 800-73-4, part 1, table 4b).
    fn object(&self) -> &'static str {
        let slot = u8::from_str_radix(&self.object_id, 16);
        match slot {
            Ok(0x9a | 0x9c..=0x9e | 0x82..=0x95) if self.tells_policies() => "slot",
            _ => "CKA_ID",
        }
    }

    fn usable(&self) -> &'static str {
        match self.usable {
            true => "yes",
            false => "no",
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
