use std::path::Path;

use anyhow::Context as _;
use x509_cert::Certificate;
use x509_cert::der::{EncodePem, pem::LineEnding};

use super::Proof;
use crate::failure::Advice;
use crate::file::{Access, make_directory, write_atomically};

/// The files that an attestation is written to, in one directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) struct ProofFiles {
    /// The certificate that the YubiKey made for the key.
    pub(in crate::command) leaf: String,
    /// What stands between it and the root.
    pub(in crate::command) intermediates: String,
    /// The root.
    pub(in crate::command) root: String,
}

impl ProofFiles {
    /// How OpenSSL verifies it, in that directory.
    pub(in crate::command) fn command(&self) -> String {
        format!(
            "openssl verify -CAfile {} -untrusted {} {}",
            self.root, self.intermediates, self.leaf
        )
    }

    /// How OpenSSL shows the key that it is of, in that directory.
    pub(in crate::command) fn show_key(&self) -> String {
        format!("openssl x509 -in {} -noout -pubkey", self.leaf)
    }
}

impl Proof {
    /// Writes it to files in a directory, which is made where it is not there. They are named
    /// after the key, and after its agent where `of_several`; older ones are replaced.
    ///
    /// # Errors
    /// Where the names make no file names, or the directory can't be written to.
    pub(in crate::command) fn write(
        &self,
        directory: &Path,
        of_several: bool,
    ) -> anyhow::Result<ProofFiles> {
        let name = match of_several {
            true => format!("{}-{}", self.held.agent, self.held.key.name),
            false => self.held.key.name.clone(),
        };
        check_name(&name)?;
        let files = ProofFiles {
            leaf: format!("{name}-attestation.pem"),
            intermediates: format!("{name}-intermediates.pem"),
            root: format!("{name}-root.pem"),
        };
        let (leaf, intermediates) = self.chain.split_at(1);
        let contents = [
            (&files.leaf, pem(leaf)?),
            (&files.intermediates, pem(intermediates)?),
            (&files.root, pem(std::slice::from_ref(&self.root))?),
        ];
        let shown = directory.display();
        make_directory(directory).with_context(|| format!("cannot make {shown}"))?;
        for (file, content) in contents {
            let path = directory.join(file);
            write_atomically(&path, content.as_bytes(), Access::Public)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(files)
    }
}

fn pem(certificates: &[Certificate]) -> anyhow::Result<String> {
    let pem = certificates.iter().map(|it| it.to_pem(LineEnding::LF));
    Ok(pem.collect::<Result<String, _>>()?)
}

/// Keys are named by their agent: what it says must not lead out of the directory, nor into a shell.
fn check_name(name: &str) -> Result<(), Advice> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match name.bytes().all(plain) && name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        true => Ok(()),
        false => Err(Advice::failed(
            format!("{name:?} makes no file name"),
            "nothing was written; see `privyseal key attest --json`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_directory_and_out_of_the_shell() {
        for name in ["root-a", "default-root_1.b", "7"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "../a", "a/b", "-a", ".a", "a b", "a;b", "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
