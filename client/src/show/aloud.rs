use privyseal_tuf::Sha256Digest;

/// A digest for people who compare it over the telephone: sixteen groups of four hex digits.
pub fn aloud(digest: &Sha256Digest) -> String {
    let digits = digest.to_string();
    let group = |at: usize| digits.get(4 * at..4 * at + 4).unwrap_or_default();
    (0..16).map(group).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_in_groups() {
        let text = aloud(&Sha256Digest::of(b""));
        assert!(text.starts_with("e3b0 c442 98fc 1c14 ") && text.ends_with(" 7852 b855"));
        assert_eq!(text.replace(' ', ""), Sha256Digest::of(b"").to_string());
    }
}
