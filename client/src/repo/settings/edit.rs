use toml_edit::{DocumentMut, Item, Table, value};

use privyseal_tuf::RoleType;

use super::render::{delegated_table, implicit, keys_array};
use super::{DelegatedSettings, RoleSettings, Settings, SettingsError};

/// Changes a role in the text of `privyseal.toml`; comments and everything else stay.
pub(crate) fn set_role(
    text: &str,
    role: RoleType,
    new: &RoleSettings,
) -> Result<String, SettingsError> {
    let mut document: DocumentMut = text.parse().map_err(Box::new)?;
    if let Some(table) = document
        .get_mut(role.as_str())
        .and_then(Item::as_table_like_mut)
    {
        table.insert("threshold", value(i64::from(new.threshold)));
        table.insert("keys", value(keys_array(&new.keys)));
    }
    let edited = document.to_string();
    Settings::parse(&edited)?;
    Ok(edited)
}

/// Sets what is said of a delegated role: of a name, or of `PREFIX-*`.
pub(crate) fn set_delegated(
    text: &str,
    name: &str,
    new: &DelegatedSettings,
) -> Result<String, SettingsError> {
    edit_delegated(text, |table| {
        table.insert(name, Item::Table(delegated_table(new)));
    })
}

/// Forgets what is said of a delegated role.
pub(crate) fn remove_delegated(text: &str, name: &str) -> Result<String, SettingsError> {
    edit_delegated(text, |table| {
        table.remove(name);
    })
}

fn edit_delegated(text: &str, edit: impl FnOnce(&mut Table)) -> Result<String, SettingsError> {
    let mut document: DocumentMut = text.parse().map_err(Box::new)?;
    let item = document.entry("delegated").or_insert(implicit());
    if let Some(table) = item.as_table_mut() {
        edit(table);
    }
    let edited = document.to_string();
    Settings::parse(&edited)?;
    Ok(edited)
}
