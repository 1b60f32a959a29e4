//! BER-TLV (ISO/IEC 7816-4 section 5.2.2), as far as PIV uses it.

/// One data object: its tag as it is written (`7F49` is 0x7F49), and its value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u32,
    pub(crate) value: &'a [u8],
}

/// Reads data objects one after another; nothing where one is cut short.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (tlv, rest) = split(bytes)?;
        found.push(tlv);
        bytes = rest;
    }
    Some(found)
}

/// The value of the first data object with this tag.
pub(crate) fn value<'a>(tlvs: &[Tlv<'a>], tag: u32) -> Option<&'a [u8]> {
    tlvs.iter().find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
}

fn split(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut tag = u32::from(first);
    if first & 0x1f == 0x1f {
        let (&second, after) = rest.split_first()?;
        tag = tag << 8 | u32::from(second);
        rest = after;
    }
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => rest
            .split_first()
            .map(|(&n, rest)| (usize::from(n), rest))?,
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((Tlv { tag, value }, rest))
}

/// Writes one data object; a value has at most 65535 bytes.
pub(crate) fn write(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = tag
        .to_be_bytes()
        .into_iter()
        .skip_while(|&byte| byte == 0)
        .collect();
    let length = u16::try_from(value.len()).expect("no value here is longer than 65535 bytes");
    match length.to_be_bytes() {
        [0, low @ ..=0x7f] => out.push(low),
        [0, low] => out.extend([0x81, low]),
        [high, low] => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (tag, length) in [
            (0x53, 0),
            (0x70, 127),
            (0x7f49, 128),
            (0x5fc1, 255),
            (0x53, 3000),
        ] {
            let value = vec![7; length];
            let written = write(tag, &value);
            assert_eq!(
                read(&written),
                Some(vec![Tlv { tag, value: &value }]),
                "{tag:x} {length}"
            );
        }
    }

    #[test]
    fn a_data_object_that_is_cut_short_is_not_read() {
        let whole = write(0x53, &[1; 300]);
        assert_eq!(read(&whole[..whole.len() - 1]), None);
        assert_eq!(read(&[0x7f]), None);
    }
}
