//! PEM with headers (RFC 1421), which notary writes: `role: root`, `gun: reg.example.com/app`.

use pem_rfc7468::Decoder;
use zeroize::Zeroizing;

/// A PEM block, decoded.
pub(super) struct Block {
    pub(super) label: String,
    headers: Vec<(String, String)>,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// More than a file has headers.
const MAX_HEADERS: usize = 16;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

impl Block {
    /// The blocks whose labels end with `PRIVATE KEY`; OpenSSL writes `EC PARAMETERS` before one.
    /// `None` where one is damaged.
    pub(super) fn private_keys(text: &str) -> Option<Vec<Self>> {
        let mut blocks = Vec::new();
        let mut rest = text;
        while let Some((label, body, after)) = next(rest) {
            if label.ends_with("PRIVATE KEY") {
                blocks.push(Self::read(label, body)?);
            }
            rest = after;
        }
        Some(blocks)
    }

    /// What a header says.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// Whether it is encrypted in the way of RFC 1421, with MD5 and one round.
    pub(super) fn is_legacy_encrypted(&self) -> bool {
        let kind = self.header("Proc-Type");
        kind.is_some_and(|kind| kind.contains("ENCRYPTED"))
    }

    fn read(label: &str, body: &str) -> Option<Self> {
        let (headers, base64) = split_headers(body)?;
        let capacity = base64.len() + 2 * (BEGIN.len() + DASHES.len() + label.len()) + 2;
        let mut plain = Zeroizing::new(String::with_capacity(capacity));
        let lines = base64
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        plain.extend([BEGIN, label, DASHES, "\n"]);
        lines.for_each(|line| plain.extend([line, "\n"]));
        plain.extend(["-----END ", label, DASHES, "\n"]);
        let mut decoder = Decoder::new_detect_wrap(plain.as_bytes()).ok()?;
        let mut der = Zeroizing::new(vec![0; decoder.remaining_len()]);
        decoder.decode(&mut der).ok()?;
        Some(Self {
            label: label.to_owned(),
            headers,
            der,
        })
    }
}

/// The label of the next block, what stands within it, and what follows it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (_, begun) = text.split_once(BEGIN)?;
    let (label, body) = begun.split_once(DASHES)?;
    let (body, after) = body.split_once(&format!("-----END {label}{DASHES}"))?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    (label.len() <= 64 && label.bytes().all(plain)).then_some((label, body, after))
}

/// Headers, and what follows them. In base64 there is no colon.
fn split_headers(body: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut headers = Vec::new();
    let mut rest = body.trim_start();
    while let Some((line, after)) = rest.split_once('\n')
        && let Some((name, value)) = line.split_once(':')
    {
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
        rest = after;
    }
    (headers.len() <= MAX_HEADERS).then_some((headers, rest))
}
