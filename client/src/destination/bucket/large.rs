use std::io::Read;

use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, PutMultipartOptions, PutPayload};

use super::create::{Comparison, SMALL, attributes};
use super::{Bucket, NewFile};
use crate::destination::fault::differs;

/// Services take at most 10,000 parts.
const PARTS: u64 = 9_000;

impl Bucket {
    /// Puts a file in parts. Its name appears with the whole content, or not at all.
    pub(super) async fn create_large(&self, key: &Path, file: &NewFile) -> anyhow::Result<bool> {
        if let Comparison::Same = self.compare(key, file).await? {
            return Ok(false);
        }
        let failed = |error: &Error| self.failed(&format!("write {}", file.name), error);
        let options = PutMultipartOptions {
            attributes: attributes(&file.name),
            ..PutMultipartOptions::default()
        };
        let begun = self.store.put_multipart_opts(key, options);
        let begun = self.interrupt.or(begun).await?;
        let mut upload = begun.map_err(|error| failed(&error))?;
        let sent = self.interrupt.or(send(file, &mut *upload)).await;
        let sent = match sent.map_err(anyhow::Error::from) {
            Ok(Ok(())) => self
                .interrupt
                .or(upload.complete())
                .await
                .map_err(Into::into),
            Ok(Err(error)) | Err(error) => Err(error),
        };
        let error = match sent {
            Ok(Ok(_)) => return Ok(true),
            Ok(Err(error)) => failed(&error),
            Err(error) => error,
        };
        // What was sent so far would be kept, and paid for, until somebody removes it.
        drop(upload.abort().await);
        Err(match error.downcast::<Error>() {
            Ok(error) => failed(&error),
            Err(error) => error,
        })
    }
}

async fn send(file: &NewFile, upload: &mut dyn MultipartUpload) -> anyhow::Result<()> {
    let part = file.length.div_ceil(PARTS).max(SMALL);
    let mut check = file.check();
    let mut from = file.open()?;
    loop {
        let mut bytes = Vec::new();
        (&mut from).take(part).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        check.update(&bytes);
        upload.put_part(PutPayload::from(bytes)).await?;
    }
    if check.holds() {
        Ok(())
    } else {
        Err(differs(file).into())
    }
}
