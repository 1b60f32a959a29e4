use std::io::{self, Write};

use crate::repo::{KeyName, SignatureStatus};
use crate::show::escape;

/// Prints how far requirements are met, who signed and who did not.
pub fn print_signatures(out: &mut dyn Write, statuses: &[SignatureStatus]) -> io::Result<()> {
    for status in statuses {
        let met = if status.is_met() { ", enough" } else { "" };
        writeln!(
            out,
            "{}: {} of {} signatures{met}",
            escape(&status.required_by),
            status.have,
            status.need
        )?;
        print_keys(out, "signed ", &status.signed)?;
        print_keys(out, "missing", &status.missing)?;
    }
    Ok(())
}

fn print_keys(out: &mut dyn Write, what: &str, keys: &[KeyName]) -> io::Result<()> {
    for key in keys {
        let owner = key.owner.as_deref().unwrap_or("owner not known");
        writeln!(out, "  {what}  {} ({})", escape(owner), escape(&key.keyid))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signed_and_who_is_missing_is_told() {
        let name = |keyid: &str, owner: Option<&str>| KeyName {
            keyid: keyid.to_owned(),
            owner: owner.map(str::to_owned),
        };
        let status = |have| SignatureStatus {
            required_by: "root keys of root version 2".to_owned(),
            have,
            need: 1,
            signed: vec![name("aa", Some("al\u{202e}ice")); have],
            missing: vec![name("bb", None)],
        };
        let mut out = Vec::new();
        print_signatures(&mut out, &[status(0), status(1)]).unwrap();
        let expected = "\
root keys of root version 2: 0 of 1 signatures
  missing  owner not known (bb)
root keys of root version 2: 1 of 1 signatures, enough
  signed   al\\u{202e}ice (aa)
  missing  owner not known (bb)
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
