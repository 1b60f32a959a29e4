use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};

use super::answer::is_in_doubt;
use super::{Bucket, NewFile};
use crate::destination::fault::changed;

/// Files up to this size are sent in one request.
pub(super) const SMALL: u64 = 8 << 20;
/// A request whose answer was lost is repeated as often.
const ATTEMPTS: u32 = 4;

/// What a conditional put came to.
pub(super) enum Put {
    Done,
    /// The condition did not hold.
    Refused,
    /// The store knows no conditions.
    Unconditional,
}

impl Bucket {
    /// Puts a file where there is none of its name; false where it was there already.
    pub(super) async fn create(&self, file: &NewFile) -> anyhow::Result<bool> {
        let key = self.key(&file.name)?;
        let units = u32::try_from(file.length.min(SMALL).div_ceil(1 << 20)).unwrap_or(1);
        let _memory = self.memory.acquire_many(units.max(1)).await?;
        if file.length > SMALL {
            return self.create_large(&key, file).await;
        }
        let bytes = file.read()?;
        let payload = PutPayload::from_bytes(bytes);
        if self.keeps_conditions().await? {
            match self.put_if(&file.name, &payload, PutMode::Create).await? {
                Put::Done => return Ok(true),
                Put::Refused => {}
                Put::Unconditional => self.conditions.set(Some(false)),
            }
        }
        match self.compare(&key, file).await? {
            Comparison::Same => return Ok(false),
            Comparison::Differs if is_metadata(&file.name) => {
                return Err(changed(&format!("{} at {}", file.name, self.name)).into());
            }
            Comparison::Absent | Comparison::Differs => {}
        }
        self.put_if(&file.name, &payload, PutMode::Overwrite)
            .await?;
        Ok(true)
    }

    /// Puts a file in the place of what has its name; false where it is the same.
    pub(super) async fn overwrite(&self, file: &NewFile) -> anyhow::Result<bool> {
        let key = self.key(&file.name)?;
        if file.length > SMALL {
            return self.create_large(&key, file).await;
        }
        if let Comparison::Same = self.compare(&key, file).await? {
            return Ok(false);
        }
        let payload = PutPayload::from_bytes(file.read()?);
        self.put_if(&file.name, &payload, PutMode::Overwrite)
            .await?;
        Ok(true)
    }

    /// Puts a small object. Where the answer got lost, it is put again, so a refusal may be caused
    /// by what the first request did: the caller compares.
    pub(super) async fn put_if(
        &self,
        name: &str,
        payload: &PutPayload,
        mode: PutMode,
    ) -> anyhow::Result<Put> {
        let key = self.key(name)?;
        for attempt in 1.. {
            let options = PutOptions {
                mode: mode.clone(),
                attributes: attributes(name),
                ..PutOptions::default()
            };
            let put = self.store.put_opts(&key, payload.clone(), options);
            match self.interrupt.or(put).await? {
                Ok(_) => return Ok(Put::Done),
                Err(
                    Error::AlreadyExists { .. }
                    | Error::Precondition { .. }
                    | Error::NotModified { .. },
                ) => return Ok(Put::Refused),
                Err(Error::NotImplemented { .. }) => return Ok(Put::Unconditional),
                Err(error) if is_in_doubt(&error) && attempt < ATTEMPTS => {
                    let pause = Duration::from_millis(100 << attempt);
                    self.interrupt.or(tokio::time::sleep(pause)).await?;
                }
                Err(error) => return Err(self.failed(&format!("write {name}"), &error)),
            }
        }
        Ok(Put::Refused)
    }

    /// Holds what stands under a key against a file.
    pub(super) async fn compare(&self, key: &Path, file: &NewFile) -> anyhow::Result<Comparison> {
        let compared = async {
            let found = match self.store.get(key).await {
                Err(Error::NotFound { .. }) => return Ok(Comparison::Absent),
                found => found?,
            };
            if found.meta.size != file.length {
                return Ok(Comparison::Differs);
            }
            let mut check = file.check();
            let mut stream = found.into_stream();
            while let Some(chunk) = stream.try_next().await? {
                check.update(&chunk);
            }
            Ok(if check.holds() {
                Comparison::Same
            } else {
                Comparison::Differs
            })
        };
        let compared = self.interrupt.or(compared).await?;
        compared.map_err(|error| self.failed(&format!("read {}", file.name), &error))
    }
}

/// What stands at a destination under the name of a file.
pub(super) enum Comparison {
    Absent,
    Same,
    Differs,
}

pub(super) fn is_metadata(name: &str) -> bool {
    name.starts_with("metadata/")
}

/// How caches and browsers are to treat a file. A name with a version or a hash has one content for
/// ever; what has none, such as the timestamp, is asked for anew each time.
pub(super) fn attributes(name: &str) -> Attributes {
    let kind = if is_metadata(name) {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let cached = if is_fixed(name) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut attributes = Attributes::with_capacity(2);
    attributes.insert(Attribute::ContentType, kind.into());
    attributes.insert(Attribute::CacheControl, cached.into());
    attributes
}

/// Whether a part of the name is of a version or a hash.
fn is_fixed(name: &str) -> bool {
    let begins = |part: &str| {
        let first = part.split('.').next().unwrap_or_default();
        match is_metadata(name) {
            true => first.bytes().all(|digit| digit.is_ascii_digit()),
            false => first.len() >= 64 && first.bytes().all(|digit| digit.is_ascii_hexdigit()),
        }
    };
    name.split('/').skip(1).any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_change_is_not_cached() {
        let hash = "5a".repeat(32);
        let fixed = ["metadata/1.root.json", "metadata/12.a%2Fb.json"].map(str::to_owned);
        let hashed = [
            format!("targets/{hash}.x"),
            format!("targets/a/{hash}{hash}.x"),
        ];
        let tough = [format!("targets/{hash}.a/x")];
        for name in fixed.iter().chain(&hashed).chain(&tough) {
            assert!(is_fixed(name), "{name}");
        }
        for name in [
            "metadata/timestamp.json",
            "metadata/app.json",
            "targets/a/1.x",
            "targets/x",
        ] {
            assert!(!is_fixed(name), "{name}");
        }
    }
}
