use http_auth::ChallengeParser;
use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token from this place.
    Bearer {
        realm: String,
        service: Option<String>,
    },
    /// The password itself.
    Basic,
}

impl Challenge {
    /// The first that is known. A token is asked for rather than a password.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts: Vec<&str> = texts.filter_map(|value| value.to_str().ok()).collect();
        let all = || {
            let texts = texts.iter();
            texts.flat_map(|text| ChallengeParser::new(text).map_while(Result::ok))
        };
        let bearer = all().find_map(|challenge| {
            if !challenge.scheme.eq_ignore_ascii_case("bearer") {
                return None;
            }
            let parameter = |name: &str| {
                let mut all = challenge.params.iter();
                let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.to_unescaped())
            };
            Some(Self::Bearer {
                realm: parameter("realm")?,
                service: parameter("service"),
            })
        });
        let is_basic = || all().any(|it| it.scheme.eq_ignore_ascii_case("basic"));
        bearer.or_else(|| is_basic().then_some(Self::Basic))
    }
}

/// Where tokens are: `https`, or `http` on the loopback interface.
pub(super) fn realm(text: &str) -> Result<Url, &'static str> {
    let url: Url = text.parse().map_err(|_| "which is no URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("which has a user in it");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if crate::trust::settings::is_loopback(&url) => Ok(url),
        _ => Err("which is not https"),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn challenge(texts: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(text).unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn challenges_are_read() {
        let bearer = "Bearer realm=\"https://auth.test/token\",service=\"notary\",scope=\"x:y:*\"";
        let expected = Some(Challenge::Bearer {
            realm: "https://auth.test/token".to_owned(),
            service: Some("notary".to_owned()),
        });
        assert_eq!(challenge(&[bearer]), expected);
        assert_eq!(challenge(&["Basic realm=\"x\"", bearer]), expected);
        assert_eq!(challenge(&["basic realm=\"x\""]), Some(Challenge::Basic));
        for none in [&[][..], &["Digest realm=\"x\""], &["Bearer"], &["\"\"\""]] {
            assert_eq!(challenge(none), None, "{none:?}");
        }
    }

    #[test]
    fn tokens_come_over_tls() {
        realm("https://auth.test/token?x=1").unwrap();
        realm("http://127.0.0.1:1/token").unwrap();
        for text in [
            "http://auth.test/token",
            "/token",
            "https://a:b@auth.test/",
            "file:///x",
        ] {
            realm(text).unwrap_err();
        }
    }
}
