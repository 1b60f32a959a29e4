use crate::command::proof::ProofFiles;

/// A key of the root.
pub(super) struct Entry {
    pub(super) keyid: String,
    /// Or why there is no proof, safe to show.
    pub(super) proved: Result<Proved, String>,
}

/// A proof in files. The texts are safe to show.
pub(super) struct Proved {
    pub(super) name: String,
    pub(super) brief: String,
    pub(super) files: ProofFiles,
}

/// What stands beside the files.
pub(super) fn text(head: &str, entries: &[Entry]) -> String {
    let mut text = format!(
        "Where the root keys were made: {head}

Each certificate below was made by a YubiKey for a key in it, and leads to a root certificate that
Yubico publishes. Compare the root with Yubico's own: the files here are only a copy.
"
    );
    for Entry { keyid, proved } in entries {
        text.push_str(&match proved {
            Ok(proved) => format!(
                "
key {keyid}
  {}: {}
  {}
  {}
",
                proved.name,
                proved.brief,
                proved.files.command(),
                proved.files.show_key()
            ),
            Err(why) => format!(
                "
key {keyid}
  WITHOUT PROOF: {why}
"
            ),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_command_or_its_reason() {
        let entries = [
            Entry {
                keyid: "aa".to_owned(),
                proved: Ok(Proved {
                    name: "safe:root-a".to_owned(),
                    brief: "YubiKey 1, slot 9c".to_owned(),
                    files: ProofFiles {
                        leaf: "l.pem".to_owned(),
                        intermediates: "i.pem".to_owned(),
                        root: "r.pem".to_owned(),
                    },
                }),
            },
            Entry {
                keyid: "bb".to_owned(),
                proved: Err("nobody holds it".to_owned()),
            },
        ];
        let text = text("root 1", &entries);
        let command = "  openssl verify -CAfile r.pem -untrusted i.pem l.pem\n";
        let (one, other) = text.split_once("key bb").unwrap();
        assert!(
            one.contains("key aa\n  safe:root-a: YubiKey 1, slot 9c\n") && one.contains(command)
        );
        assert!(other.contains("WITHOUT PROOF: nobody holds it"));
    }
}
