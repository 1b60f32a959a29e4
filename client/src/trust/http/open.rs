use reqwest::{Client, ClientBuilder, Url, redirect};

use super::error::TransportError;
use super::{Http, Patience, tls};
use crate::trust::settings::{Authorities, Tls, is_loopback};

impl Http {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// Where a file of certificates or keys can't be used.
    pub(in crate::trust) fn open(
        base: &Url,
        tls: &Tls,
        patience: Patience,
    ) -> Result<Self, TransportError> {
        // Somebody may have done it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let stranger = builder(base, &tls.authorities, patience)?;
        let mut client = builder(base, &tls.authorities, patience)?;
        if let Some(identity) = &tls.identity {
            client = client.identity(tls::identity(base, identity)?);
        }
        let build = |builder: ClientBuilder| -> Result<Client, TransportError> {
            builder
                .build()
                .map_err(|e| TransportError::unusable(base, &e))
        };
        Ok(Self {
            base: base.clone(),
            client: build(client)?,
            stranger: build(stranger)?,
            patience,
        })
    }
}

fn builder(
    base: &Url,
    authorities: &Authorities,
    patience: Patience,
) -> Result<ClientBuilder, TransportError> {
    let mut builder = Client::builder()
        .user_agent(concat!("privyseal/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connecting)
        .read_timeout(patience.silence)
        .redirect(redirect::Policy::none())
        // What is signed is bytes, and a small answer must not become a large one.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd();
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    Ok(match authorities {
        Authorities::System => builder,
        Authorities::SystemAnd(files) => {
            let mut all = Vec::new();
            for file in files {
                all.extend(tls::authorities(base, file)?);
            }
            builder.tls_certs_merge(all)
        }
        Authorities::Only(file) => builder.tls_certs_only(tls::authorities(base, file)?),
    })
}
