use std::error::Error as StdError;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use crate::failure::Advice;
use crate::show::escape;

/// Who keeps the bucket, as far as advice depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    S3,
    Google,
    Azure,
}

const LONGEST: usize = 300;
const AGAIN: &str = "then run `privyseal repo publish` again: it goes on where it stopped";

impl Service {
    /// What the names of its variables begin with.
    pub(super) fn variables(self) -> &'static str {
        match self {
            Self::S3 => "AWS",
            Self::Google => "GOOGLE",
            Self::Azure => "AZURE",
        }
    }

    fn rights(self) -> &'static str {
        match self {
            Self::S3 => "s3:GetObject, s3:PutObject and s3:ListBucket",
            Self::Google => "storage.objects.get, .create, .delete and .list",
            Self::Azure => "the role Storage Blob Data Contributor",
        }
    }

    /// What happened, what it means, what to do.
    pub(super) fn explain(self, name: &str, doing: &str, error: &Error) -> Advice {
        let (variables, why) = (self.variables(), reason(error));
        let what = format!("{name}: cannot {doing}: {why}; readers see what they saw before");
        let remedy = match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => format!(
                "check the credentials ({variables}_… in the environment), that they have {} there, and this machine's clock; {AGAIN}",
                self.rights()
            ),
            Error::NotFound { .. } => {
                format!("make the bucket, or correct its name or {variables}_ENDPOINT; {AGAIN}")
            }
            _ => match transport(error) {
                Some(_) => format!(
                    "check the network, and {variables}_ENDPOINT where it is set ({variables}_TIMEOUT sets how long a request may take); {AGAIN}"
                ),
                None if why.contains("region") => {
                    format!("set {variables}_REGION to the region of the bucket; {AGAIN}")
                }
                None if why.starts_with('4') && !why.starts_with("429") => format!(
                    "correct the address or the {variables}_ variables: the service does not take such a request; {AGAIN}"
                ),
                None if why.starts_with("501") => format!(
                    "the service may have no conditional writes: with {variables}_CONDITIONAL_PUT=disabled none are asked for, and two publishers at once are not kept apart; {AGAIN}"
                ),
                None => format!("wait until the service has recovered, {AGAIN}"),
            },
        };
        Advice::failed(what, remedy)
    }
}

/// Whether a request may have arrived though its answer did not.
pub(super) fn is_in_doubt(error: &Error) -> bool {
    transport(error).is_some()
}

fn transport(error: &Error) -> Option<HttpErrorKind> {
    causes(error).find_map(|cause| Some(cause.downcast_ref::<HttpError>()?.kind()))
}

/// The innermost cause, in short: the code and message of the service where it sent some. What is
/// around it would show addresses, which may carry a signature.
fn reason(error: &Error) -> String {
    if let Some(kind) = transport(error) {
        let innermost = causes(error).last().map(ToString::to_string);
        return match kind {
            HttpErrorKind::Timeout => "no answer in time".to_owned(),
            _ => shortened(&innermost.unwrap_or_default()),
        };
    }
    let innermost = causes(error).last().map(ToString::to_string);
    let text = innermost.unwrap_or_else(|| error.to_string());
    let status = between(&text, "status code: ", ":").map(str::trim);
    let code = between(&text, "<Code>", "</Code>");
    let message = between(&text, "<Message>", "</Message>");
    match (status, code) {
        (None, None) => shortened(&text),
        (status, code) => {
            let parts = [status, code, message].into_iter().flatten();
            shortened(&parts.collect::<Vec<_>>().join(", "))
        }
    }
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| (**cause).source())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

fn shortened(text: &str) -> String {
    let first: String = text.chars().take(LONGEST).collect();
    escape(first.trim())
}
