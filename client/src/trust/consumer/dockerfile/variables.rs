use std::collections::BTreeMap;

/// A variable has no value here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotResolved {
    /// Nobody says what it is, or the builder alone.
    #[error(
        "the value of ${0} is not known here: give it with --build-arg, or write the image's name"
    )]
    Unknown(String),
    /// Not `$NAME`, `${NAME}`, `${NAME:-WORD}` or `${NAME:+WORD}`.
    #[error(
        "{0:?} is no variable that is read here: use $NAME, ${{NAME}}, ${{NAME:-WORD}} or ${{NAME:+WORD}}"
    )]
    Malformed(String),
}

/// A text with its variables replaced, without the quotes around it.
pub(super) fn resolve(
    text: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, NotResolved> {
    let malformed = || NotResolved::Malformed(text.to_owned());
    let mut resolved = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '"', '\'', '\\']) {
        let (before, special) = rest.split_at(at);
        resolved.push_str(before);
        let Some(variable) = special.strip_prefix('$') else {
            if special.starts_with('\\') {
                return Err(malformed());
            }
            rest = special.get(1..).unwrap_or_default();
            continue;
        };
        if let Some(braced) = variable.strip_prefix('{') {
            let (inner, after) = braced.split_once('}').ok_or_else(malformed)?;
            let length = name_length(inner);
            let (name, operator) = inner.split_at(length);
            let value = values.get(name).filter(|value| !value.is_empty());
            if name.is_empty() || operator.contains('$') {
                return Err(malformed());
            }
            match (operator.get(..2), value) {
                (None, _) if !operator.is_empty() => return Err(malformed()),
                (None, _) => resolved.push_str(known(name, values)?),
                (Some(":-"), Some(value)) => resolved.push_str(value),
                (Some(":-"), None) | (Some(":+"), Some(_)) => {
                    resolved.push_str(operator.get(2..).unwrap_or_default());
                }
                (Some(":+"), None) => {}
                (Some(_), _) => return Err(malformed()),
            }
            rest = after;
        } else {
            let length = name_length(variable);
            let (name, after) = variable.split_at(length);
            if name.is_empty() {
                return Err(malformed());
            }
            resolved.push_str(known(name, values)?);
            rest = after;
        }
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn known<'a>(name: &str, values: &'a BTreeMap<String, String>) -> Result<&'a str, NotResolved> {
    let value = values.get(name).map(String::as_str);
    value.ok_or_else(|| NotResolved::Unknown(name.to_owned()))
}

fn name_length(text: &str) -> usize {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.bytes().take_while(part).count()
}
