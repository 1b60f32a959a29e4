use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, StatusCode};

use super::{Server, ServerError, WRITE, purpose, url};
use crate::trust::http::Http;
use crate::trust::reference::Gun;

impl Server {
    /// Sends new documents of roles, all of them or none: the server takes them together. It signs
    /// the timestamp, and the snapshot where none is sent.
    ///
    /// # Errors
    /// [`ServerError::VersionConflict`] where somebody else was first;
    /// [`ServerError::InvalidUpdate`] where the server does not take a document; and
    /// [`ServerError::Uncertain`] where nobody knows whether it took them, which a look at the
    /// server tells.
    pub async fn publish(
        &self,
        gun: &Gun,
        documents: &[(String, Bytes)],
    ) -> Result<(), ServerError> {
        let url = url::below(self.url(), gun, &[])?;
        for (role, bytes) in documents {
            if role.is_empty() {
                return Err(ServerError::NoRole(String::new()));
            }
            url::below(self.url(), gun, &[role])?;
            if bytes.len() > self.limits.metadata {
                return Err(ServerError::TooLong {
                    role: role.clone(),
                    limit: self.limits.metadata,
                });
            }
        }
        let make = |http: &Http| http.request(Method::POST, &url).multipart(form(documents));
        let reply = self.session.send(make, purpose(gun, WRITE), 1024).await;
        let reply = reply.map_err(ServerError::of_change)?;
        match reply.status {
            StatusCode::OK => Ok(()),
            _ => Err(self.unchanged(gun, &reply)),
        }
    }
}

/// The server reads a document's role from its file's name.
fn form(documents: &[(String, Bytes)]) -> Form {
    documents.iter().fold(Form::new(), |form, (role, bytes)| {
        let (length, body) = (bytes.len() as u64, Body::from(bytes.clone()));
        let part = Part::stream_with_length(body, length).file_name(role.clone());
        form.part("files", part)
    })
}
