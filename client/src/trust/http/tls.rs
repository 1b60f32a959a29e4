use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::{Certificate, Identity, Url};
use zeroize::Zeroizing;

use super::error::TransportError;
use crate::trust::settings::ClientCertificate;

/// Longer than any list of CAs or chain that one server needs.
const LONGEST: u64 = 1024 * 1024;

/// The certificates of a PEM file, at least one.
pub(super) fn authorities(base: &Url, file: &Path) -> Result<Vec<Certificate>, TransportError> {
    let pem = read(base, file)?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(TransportError::file(
            base,
            format!("{} holds no certificate in PEM", file.display()),
            "name a file that begins a certificate with -----BEGIN CERTIFICATE-----",
        )),
    }
}

/// Certificate and key. The key's file must be its owner's alone.
pub(super) fn identity(base: &Url, files: &ClientCertificate) -> Result<Identity, TransportError> {
    let (certificate, key) = (read(base, &files.certificate)?, read(base, &files.key)?);
    let mode = std::fs::metadata(&files.key).map_or(0, |it| it.permissions().mode());
    if mode & 0o077 != 0 {
        let file = files.key.display();
        return Err(TransportError::file(
            base,
            format!("{file} can be read by others, so the key in it is no secret"),
            format!("chmod 600 {file}; have the certificate revoked if somebody may have read it"),
        ));
    }
    let mut both = Zeroizing::new(Vec::with_capacity(certificate.len() + key.len() + 1));
    both.extend_from_slice(&certificate);
    both.push(b'\n');
    both.extend_from_slice(&key);
    Identity::from_pem(&both).map_err(|_| {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        TransportError::file(
            base,
            format!("{certificate} and {key} are no certificate and key in PEM"),
            "the key must be PKCS#8, SEC1 or PKCS#1, and not encrypted",
        )
    })
}

fn read(base: &Url, path: &Path) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let all = File::open(path).and_then(|file| {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > LONGEST {
            return Err(io::Error::other("this is no file of certificates or keys"));
        }
        // The capacity is there from the start: a growing buffer would leave copies behind.
        let capacity = usize::try_from(metadata.len()).unwrap_or(0) + 1;
        let mut all = Zeroizing::new(Vec::with_capacity(capacity));
        file.take(metadata.len()).read_to_end(&mut all)?;
        Ok(all)
    });
    all.map_err(|error| {
        TransportError::file(
            base,
            format!("cannot read {}: {error}", path.display()),
            "correct the path, or the file's permissions",
        )
    })
}
