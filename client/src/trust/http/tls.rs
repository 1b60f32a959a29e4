use std::fs::File;
use std::io;
use std::path::Path;

use reqwest::{Certificate, Identity, Url};
use zeroize::Zeroizing;

use super::error::TransportError;
use crate::file::{open_to_others, read_secret};
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
    let certificate = read(base, &files.certificate)?;
    let key = File::open(&files.key);
    let open_to_others = key.as_ref().map_or(Ok(None), open_to_others);
    if open_to_others
        .map_err(|error| unreadable(base, &files.key, &error))?
        .is_some()
    {
        let file = files.key.display();
        return Err(TransportError::file(
            base,
            format!("{file} can be read by others, so the key in it is no secret"),
            format!("chmod 600 {file}; have the certificate revoked if somebody may have read it"),
        ));
    }
    let key = whole(base, &files.key, key)?;
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
    whole(base, path, File::open(path))
}

fn whole(
    base: &Url,
    path: &Path,
    file: io::Result<File>,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let read = file.and_then(|file| read_secret(file, LONGEST)?.ok_or_else(not_such));
    read.map_err(|error| unreadable(base, path, &error))
}

fn not_such() -> io::Error {
    io::Error::other("this is no file of certificates or keys")
}

fn unreadable(base: &Url, path: &Path, error: &io::Error) -> TransportError {
    TransportError::file(
        base,
        format!("cannot read {}: {error}", path.display()),
        "correct the path, or the file's permissions",
    )
}
