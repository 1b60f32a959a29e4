use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::answer::Service;
use crate::failure::Advice;

/// One request takes at most this long, where the environment says nothing else: enough for 8 MiB
/// at 16 uploads over 2 Mbit/s.
const REQUEST: &str = "120 seconds";

/// A request that fails is tried again for up to a minute.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(10),
            // With the jitter, each pause is about half as long again as the one before.
            base: 3.0,
        },
        max_retries: 10,
        retry_timeout: Duration::from_secs(180),
    }
}

/// The store of an address, what it is, and the path below its bucket.
pub(super) fn open(url: &Url) -> anyhow::Result<(Arc<dyn ObjectStore>, Service, Path)> {
    let misconfigured = |error: object_store::Error, service: Service| {
        Advice::failed(
            format!("cannot use {url}: {error}"),
            format!(
                "correct the address, or the {}_ variables",
                service.variables()
            ),
        )
    };
    let (scheme, prefix) =
        ObjectStoreScheme::parse(url).map_err(|error| misconfigured(error.into(), Service::S3))?;
    let service = match scheme {
        ObjectStoreScheme::GoogleCloudStorage => Service::Google,
        ObjectStoreScheme::MicrosoftAzure => Service::Azure,
        _ => Service::S3,
    };
    // The one that is there already is the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let store = match service {
        Service::S3 => s3(url),
        Service::Google => google(url),
        Service::Azure => azure(url),
    };
    let store = store.map_err(|error| misconfigured(error, service))?;
    Ok((store, service, prefix))
}

fn s3(url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    let timeout = AmazonS3ConfigKey::Client(ClientConfigKey::Timeout);
    let mut builder = AmazonS3Builder::from_env();
    if std::env::var_os("AWS_TIMEOUT").is_none() {
        builder = builder.with_config(timeout, REQUEST);
    }
    let builder = builder.with_url(url.as_str()).with_retry(retry());
    Ok(Arc::new(builder.build()?))
}

fn google(url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    let timeout = GoogleConfigKey::Client(ClientConfigKey::Timeout);
    let mut builder = GoogleCloudStorageBuilder::from_env();
    if std::env::var_os("GOOGLE_TIMEOUT").is_none() {
        builder = builder.with_config(timeout, REQUEST);
    }
    let builder = builder.with_url(url.as_str()).with_retry(retry());
    Ok(Arc::new(builder.build()?))
}

fn azure(url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    let timeout = AzureConfigKey::Client(ClientConfigKey::Timeout);
    let mut builder = MicrosoftAzureBuilder::from_env();
    if std::env::var_os("AZURE_TIMEOUT").is_none() {
        builder = builder.with_config(timeout, REQUEST);
    }
    let builder = builder.with_url(url.as_str()).with_retry(retry());
    Ok(Arc::new(builder.build()?))
}
