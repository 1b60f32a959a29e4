use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use privyseal_tuf::Key;
use privyseal_tuf::json::{Object, Value};

use crate::failure::Advice;
use crate::trust::reference::Gun;
use crate::trust::server::{Server, ServerError, ServerKey, ServerRole};

/// The key with which the server signs for a role of a repository.
///
/// # Errors
/// Where it gives none that can be used.
pub async fn server_key(server: &Server, gun: &Gun, role: ServerRole) -> anyhow::Result<Key> {
    let key = server.key(gun, role).await.map_err(Advice::from)?;
    Ok(read_server_key(server, role, &key).map_err(Advice::from)?)
}

/// The key as metadata has it, byte for byte as the server knows it.
pub(in crate::trust) fn read_server_key(
    server: &Server,
    role: ServerRole,
    key: &ServerKey,
) -> Result<Key, ServerError> {
    let public = BASE64_STANDARD.encode(&key.public);
    let keyval = Object::from([
        ("private", Value::Null),
        ("public", Value::from(public.as_str())),
    ]);
    let value = Value::Object(Object::from([
        ("keytype", Value::from(key.keytype.as_str())),
        ("keyval", Value::Object(keyval)),
    ]));
    let parsed = Key::parse(&value).ok();
    let usable = parsed.filter(|key| key.public().is_ok());
    usable.ok_or_else(|| ServerError::Malformed {
        server: server.url().to_string(),
        what: format!("a {} key that can be used", role.as_str()),
    })
}
