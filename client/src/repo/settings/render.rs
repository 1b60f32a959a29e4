use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use privyseal_tuf::RoleType;

use super::{DelegatedSettings, KeySettings, RoleSettings, Settings};

/// The text of a new `privyseal.toml`, with comments.
pub(crate) fn render(settings: &Settings) -> String {
    let mut document = DocumentMut::new();
    put(&mut document, "authority", &settings.authority, AUTHORITY);
    put(&mut document, "repository", &settings.repository, "");
    put(
        &mut document,
        "output",
        &settings.output.display().to_string(),
        OUTPUT,
    );
    for role in RoleType::ALL {
        let mut table = role_table(settings.role(role));
        table.decor_mut().set_prefix(comment(role));
        document.insert(role.as_str(), Item::Table(table));
    }
    for (name, settings) in settings.delegated.iter() {
        let item = document.entry("delegated").or_insert(implicit());
        if let Some(table) = item.as_table_mut() {
            table.insert(name, Item::Table(delegated_table(settings)));
        }
    }
    document.to_string()
}

/// A table that only its own tables need a header for.
pub(super) fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

const AUTHORITY: &str = "\
# A TUF repository that agents sign. `privyseal repo --help` lists what can be done with it.
# This file holds no secrets. Who signs is decided by the root metadata; this file says which
# agents hold those keys, and what the next root will say. `privyseal repo rotate` edits it.

# How the agents know this repository: an authority of their configs, and a name.
";
const OUTPUT: &str = "
# Where `privyseal repo publish` writes metadata/ and targets/. With a line such as
# publish = [\"/srv/tuf\", \"s3://bucket/prefix\"] it writes them there too, and with
# layout = \"both\" also under the names that tuftool asks for.
";

fn comment(role: RoleType) -> &'static str {
    match role {
        RoleType::Root => {
            "\n# For each role: how many keys must sign, how long a version is valid (h, d, w), and which\n# keys may sign.\n"
        }
        _ => "\n",
    }
}

fn put(document: &mut DocumentMut, name: &str, text: &str, comment: &str) {
    document.insert(name, value(text));
    if let Some(mut key) = document.key_mut(name) {
        key.leaf_decor_mut().set_prefix(comment);
    }
}

fn role_table(role: &RoleSettings) -> Table {
    let mut table = Table::new();
    table.insert("threshold", value(i64::from(role.threshold)));
    table.insert("expires", value(role.expires.to_string()));
    table.insert("keys", value(keys_array(&role.keys)));
    table
}

/// The table of a delegated role.
pub(super) fn delegated_table(settings: &DelegatedSettings) -> Table {
    let mut table = Table::new();
    let by: Array = settings.by.iter().map(|role| role.as_str()).collect();
    table.insert("by", value(by));
    table.insert("expires", value(settings.expires.to_string()));
    table.insert("keys", value(keys_array(&settings.keys)));
    table.decor_mut().set_prefix("\n");
    table
}

/// One key a line.
pub(super) fn keys_array(keys: &[KeySettings]) -> Array {
    let mut array = Array::new();
    for key in keys {
        let mut table = InlineTable::new();
        if let Some(holder) = &key.holder {
            table.insert("agent", holder.agent.as_str().into());
            table.insert("name", holder.name.as_str().into());
        }
        if let Some(owner) = &key.owner {
            table.insert("owner", owner.as_str().into());
        }
        table.insert("keyid", key.keyid.as_str().into());
        let mut item = Value::InlineTable(table);
        item.decor_mut().set_prefix("\n  ");
        array.push_formatted(item);
    }
    array.set_trailing("\n");
    array.set_trailing_comma(true);
    array
}
