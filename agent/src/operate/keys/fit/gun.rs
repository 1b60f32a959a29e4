//! The names of image repositories, as the distribution project's grammar of references has them.

/// The longest name in bytes: a host of 255, and a path of as many.
const LONGEST: usize = 511;

/// Is it `HOST/PATH`, and written in the one way that Docker asks for?
pub(super) fn is_gun(name: &str) -> bool {
    let parts = name.split_once('/');
    name.len() <= LONGEST
        && parts.is_some_and(|(host, path)| is_host(host) && path.split('/').all(is_component))
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let names_host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0)
    };
    names_host && port.is_none_or(is_port)
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let ends = label.starts_with('-') || label.ends_with('-');
    !label.is_empty() && !ends && label.bytes().all(inner)
}

/// Lower-case letters and digits, and between them one dot, one or two underscores, or hyphens.
fn is_component(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    let mut runs = text
        .as_bytes()
        .chunk_by(|&a, &b| is_letter(a) == is_letter(b));
    ends.into_iter().all(|end| end.is_some_and(is_letter))
        && runs.all(|run| {
            run.iter().copied().all(is_letter)
                || matches!(run, b"." | b"_" | b"__")
                || run.iter().all(|byte| *byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_repositories_are_told_from_other_text() {
        for name in [
            "reg.example.test/team/app",
            "localhost:5000/app",
            "[::1]:5000/a--b/c__d.e",
            "docker.io/library/app",
            "REG.test/a",
        ] {
            assert!(is_gun(name), "{name}");
        }
        let long = format!("reg.test/{}", "a".repeat(LONGEST));
        for name in [
            "",
            "app",
            "reg.test/",
            "/app",
            "reg.test//a",
            "reg.test/A",
            "reg.test/a b",
            "reg.test/a:v1",
            "reg.test:0/a",
            "reg.test:x/a",
            "reg..test/a",
            "-reg/a",
            "reg.test/-a",
            "reg.test/a..b",
            "reg.test/a___b",
            "reg.test/a.",
            "reg.test/\u{e4}",
            "[x]/a",
            &long,
        ] {
            assert!(!is_gun(name), "{name}");
        }
    }
}
