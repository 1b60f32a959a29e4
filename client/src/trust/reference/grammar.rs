//! The grammar of the distribution project's references.

/// Whether Docker takes what stands before the first slash for a registry.
pub(super) fn looks_like_host(first: &str) -> bool {
    first == "localhost"
        || first.contains(['.', ':'])
        || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A DNS name, an IPv4 address or an IPv6 address in brackets, with or without a port.
pub(super) fn is_host(text: &str) -> bool {
    if text.len() > 260 {
        return false;
    }
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        let is_address = !address.is_empty()
            && address
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        return is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

/// Letters and digits, with one dot, one or two underscores, or any number of hyphens between.
pub(super) fn is_path_component(text: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let runs = text
        .as_bytes()
        .chunk_by(|&a, &b| is_alphanumeric(a) == is_alphanumeric(b));
    let mut ends_well = false;
    let mut begins = true;
    for run in runs {
        let letters = run.iter().all(|&byte| is_alphanumeric(byte));
        if !letters && (begins || !is_separator(run)) {
            return false;
        }
        (begins, ends_well) = (false, letters);
    }
    ends_well
}

fn is_separator(run: &[u8]) -> bool {
    matches!(run, b"." | b"_" | b"__") || run.iter().all(|&byte| byte == b'-')
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty()
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}
