//! BER-TLV as PIV has it (ISO/IEC 7816-4, section 5.2.2): tags of one byte, definite lengths.

use zeroize::Zeroizing;

/// Lengths of up to 65,535 bytes are written; a YubiKey takes 3,072.
const LONGEST: usize = 0xffff;

/// Writes tag, length and value. Values longer than 65,535 bytes are cut off, which no caller makes.
pub(super) fn write(tag: u8, value: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = value.get(..LONGEST).unwrap_or(value);
    let [.., high, low] = value.len().to_be_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len() + 4));
    bytes.push(tag);
    match (high, low) {
        (0, 0..0x80) => bytes.push(low),
        (0, _) => bytes.extend_from_slice(&[0x81, low]),
        _ => bytes.extend_from_slice(&[0x82, high, low]),
    }
    bytes.extend_from_slice(value);
    bytes
}

/// Writes several, one after the other.
pub(super) fn join(parts: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Reads the first tag, its value and what comes after; none where the bytes are not that.
pub(super) fn read(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (length, rest) = match *rest {
        [short @ 0..=0x7f, ref rest @ ..] => (usize::from(short), rest),
        [0x81, length, ref rest @ ..] => (usize::from(length), rest),
        [0x82, high, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// The value of the first element with this tag; none where it is missing or the bytes can't be read
/// up to it.
pub(super) fn find(tag: u8, mut bytes: &[u8]) -> Option<&[u8]> {
    while let Some((found, value, rest)) = read(bytes) {
        if found == tag {
            return Some(value);
        }
        bytes = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (length, header) in [
            (0, "5300"),
            (127, "537f"),
            (128, "538180"),
            (255, "5381ff"),
            (256, "53820100"),
            (3000, "53820bb8"),
        ] {
            let value = vec![9; length];
            let written = write(0x53, &value);
            assert_eq!(hex::encode(&written[..written.len() - length]), header);
            assert_eq!(read(&written), Some((0x53, &value[..], &[][..])));
            for cut in 0..written.len() {
                assert_eq!(read(&written[..cut]), None, "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn elements_are_found_by_their_tag() {
        let both = join(&[write(0x80, &[1]), write(0x81, &[2, 3])]);
        assert_eq!(find(0x81, &both), Some(&[2, 3][..]));
        assert_eq!(find(0x82, &both), None);
        assert_eq!(find(0x81, &[0x80, 0x7f, 0x81, 0x00]), None);
        assert_eq!(read(&[0x80, 0x83, 0, 0, 1, 1]), None);
    }
}
