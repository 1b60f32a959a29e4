use toml_edit::{DocumentMut, Item, value};

use privyseal_tuf::RoleType;

use super::render::keys_array;
use super::{RoleSettings, Settings, SettingsError};

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
