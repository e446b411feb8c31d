use std::{fmt, time::SystemTime};

use aws_credential_types::Credentials as Identity;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};

/// Keys that sign calls of a function URL whose authorisation is `AWS_IAM`.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl Credentials {
    /// These keys; temporary ones come with a token.
    #[must_use]
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key: secret_access_key.into(), session_token }
    }

    /// The keys in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, as Lambda sets them.
    ///
    /// `variable` looks one up, such as `|name| std::env::var(name).ok()`.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        Some(Self::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
        ))
    }
}

/// The region of a function URL on AWS; `None` for every other host, which is never sent a signature.
pub(crate) fn function_url_region(host: &str) -> Option<&str> {
    let (_, region) = host.strip_suffix(".on.aws")?.split_once(".lambda-url.")?;
    (!region.is_empty() && !region.contains('.')).then_some(region)
}

/// The headers that sign a request (Signature Version 4).
pub(crate) fn headers(
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
    (method, url, headers, body): (&str, &str, &[(&str, &str)], &[u8]),
) -> Result<Vec<(String, String)>, String> {
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    let identity = Identity::new(access_key_id, secret_access_key, session_token, None, "sluice").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("lambda")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let request = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))
        .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(request, &params).map_err(|error| error.to_string())?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    #[test]
    fn signs_for_the_region_in_the_address_and_with_the_token() {
        let url = "https://abc.lambda-url.eu-west-1.on.aws/predict/telco";
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()));
        let region = function_url_region("abc.lambda-url.eu-west-1.on.aws").unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let sign =
            |body| headers(&credentials, region, time, ("POST", url, &[("content-type", "application/json")], body));
        let signed = sign(b"{}").unwrap();
        let header = |name: &str| signed.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).unwrap();
        let scope = "Credential=AKIDEXAMPLE/20231114/eu-west-1/lambda/aws4_request";
        assert!(header("authorization").contains(scope), "{signed:?}");
        assert!(header("authorization").contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"));
        assert_eq!((header("x-amz-date"), header("x-amz-security-token")), ("20231114T221320Z", "token"));
        assert_ne!(sign(b"{}").unwrap(), sign(b"[]").unwrap());
    }

    #[test]
    fn only_function_urls_on_aws_are_signed() {
        for host in ["127.0.0.1", "example.com", "abc.lambda-url.us-east-1.localhost", "on.aws", "lambda-url.x.on.aws"]
        {
            assert_eq!(function_url_region(host), None, "{host}");
        }
        assert_eq!(function_url_region("a.lambda-url.x.evil.on.aws"), None);
    }

    #[test]
    fn keys_come_from_variables_and_the_secret_is_never_shown() {
        let variable = |name: &str| (name != "AWS_SESSION_TOKEN").then(|| format!("value of {name}"));
        let credentials = Credentials::from_variables(variable).unwrap();
        assert_eq!(credentials.session_token, None);
        assert!(!format!("{credentials:?}").contains("SECRET"));
        assert!(Credentials::from_variables(|_| Some(String::new())).is_none());
    }
}
