use std::{fmt, ops::Range, time::Duration};

use async_trait::async_trait;
use aws_config::{
    BehaviorVersion, Region, meta::region::RegionProviderChain, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_s3::{
    Client,
    config::{Credentials, SharedHttpClient, StalledStreamProtectionConfig},
    error::{DisplayErrorContext, SdkError},
    operation::get_object::GetObjectOutput,
    types::{BucketLocationConstraint, CreateBucketConfiguration},
};
use aws_smithy_http_client::{
    Builder as HttpBuilder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use bytes::Bytes;

use crate::{
    Meta, Object, PutWhen, Store, StoreError,
    s3_error::{is_conflict, store_error},
    store::check_key,
};

/// Region of requests when nobody names one; emulators and other servers ignore it.
const DEFAULT_REGION: &str = "us-east-1";
/// Attempts of the SDK for an answer, and of this store for the body that follows it.
const MAX_ATTEMPTS: u32 = 4;
/// Attempts when S3 says that two conditional writes met (409 `ConditionalRequestConflict`).
const MAX_CONFLICTS: u32 = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a transfer may stand still; an emulator on a busy machine pauses for longer than S3 does.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Which S3 server to talk to, and as whom.
#[derive(Clone, Default)]
pub struct S3Endpoint {
    /// Address such as `http://127.0.0.1:4566`; AWS itself when absent.
    ///
    /// Requests to an own address name the bucket in the path, since few such servers have a name per bucket.
    pub url: Option<String>,
    /// Region; the SDK looks for one when absent.
    pub region: Option<String>,
    /// Access key id and secret; the SDK looks for them when absent.
    pub credentials: Option<(String, String)>,
}

impl S3Endpoint {
    /// What the `AWS_*` variables say: `AWS_ENDPOINT_URL_S3` before `AWS_ENDPOINT_URL`, the rest as the SDK does.
    #[must_use]
    pub fn from_env() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let url = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        // Else the SDK would ask the instance metadata service for a region that a local server does not need, and wait.
        let region = region.or_else(|| url.is_some().then(|| DEFAULT_REGION.to_owned()));
        Self { url, region, credentials: None }
    }

    /// A local server that takes any credentials.
    #[must_use]
    pub fn local(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            region: Some(DEFAULT_REGION.to_owned()),
            credentials: Some(("test".to_owned(), "test".to_owned())),
        }
    }
}

impl fmt::Debug for S3Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (has_credentials, region) = (self.credentials.is_some(), &self.region);
        f.debug_struct("S3Endpoint")
            .field("url", &self.url)
            .field("region", region)
            .field("has_credentials", &has_credentials)
            .finish()
    }
}

/// A bucket on S3, or on any server that speaks its protocol with conditional writes.
#[derive(Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
    region: String,
}

impl S3Store {
    /// The bucket on the server that the `AWS_*` variables name. Nothing is sent yet.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub async fn connect(bucket: &str) -> Result<Self, StoreError> {
        Self::connect_to(bucket, S3Endpoint::from_env()).await
    }

    /// The bucket on the server given. Nothing is sent yet.
    ///
    /// # Errors
    /// The bucket has no name.
    pub async fn connect_to(bucket: &str, endpoint: S3Endpoint) -> Result<Self, StoreError> {
        if bucket.is_empty() {
            let reason = "the bucket has no name".to_owned();
            return Err(StoreError::Refused { operation: "open", key: String::new(), reason });
        }
        let http = http_client(endpoint.url.as_deref());
        let region = RegionProviderChain::first_try(endpoint.region.map(Region::new))
            .or_default_provider()
            .or_else(Region::from_static(DEFAULT_REGION));
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).region(region);
        if let Some((id, secret)) = endpoint.credentials {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
        }
        let shared = loader.load().await;
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            )
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALL_TIMEOUT).build());
        // A profile in ~/.aws/config may name an endpoint too.
        if let Some(url) = endpoint.url.as_deref().or_else(|| shared.endpoint_url()) {
            config = config.endpoint_url(url).force_path_style(true);
        }
        let region = shared.region().map_or(DEFAULT_REGION, AsRef::as_ref).to_owned();
        Ok(Self { client: Client::from_conf(config.build()), bucket: bucket.to_owned(), region })
    }

    /// Name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Makes the bucket; no error when this account has it already. For local stacks and tests.
    ///
    /// # Errors
    /// The bucket belongs to somebody else, or the store failed.
    pub async fn create_bucket(&self) -> Result<(), StoreError> {
        let mut request = self.client.create_bucket().bucket(&self.bucket);
        if self.region != DEFAULT_REGION {
            let place = BucketLocationConstraint::from(self.region.as_str());
            let place = CreateBucketConfiguration::builder().location_constraint(place).build();
            request = request.create_bucket_configuration(place);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_bucket_already_owned_by_you() => Ok(()),
            Err(error) => Err(store_error("create bucket", &self.bucket, &error)),
        }
    }

    /// Reads an object, or a part of it, and reads it again when the connection breaks within the body.
    async fn fetch(&self, key: &str, range: Option<String>, if_match: Option<&str>) -> Result<Object, FetchError> {
        let mut attempt = 1;
        loop {
            let request = self.client.get_object().bucket(&self.bucket).key(key).set_range(range.clone());
            let sent = request.set_if_match(if_match.map(quoted)).send().await;
            let GetObjectOutput { body, e_tag, .. } = sent.map_err(|error| FetchError {
                is_out_of_range: error.raw_response().is_some_and(|response| response.status().as_u16() == 416),
                error: store_error("read", key, &error),
            })?;
            match body.collect().await {
                Ok(body) => return Ok(Object { bytes: body.into_bytes(), etag: unquoted(e_tag) }),
                Err(error) if attempt >= MAX_ATTEMPTS => {
                    let reason = DisplayErrorContext(&error).to_string();
                    let error = StoreError::Unavailable { operation: "read", key: key.to_owned(), reason };
                    return Err(FetchError { is_out_of_range: false, error });
                }
                Err(error) => {
                    tracing::warn!(key, attempt, error = %DisplayErrorContext(&error), "reading again after a broken body");
                    attempt += 1;
                }
            }
        }
    }

    async fn head_if(&self, key: &str, if_match: Option<&str>) -> Result<Meta, StoreError> {
        check_key(key)?;
        let request = self.client.head_object().bucket(&self.bucket).key(key).set_if_match(if_match.map(quoted));
        let found = request.send().await.map_err(|error| store_error("look up", key, &error))?;
        let size_bytes = found.content_length.unwrap_or(0).try_into().unwrap_or(0);
        Ok(Meta { key: key.to_owned(), size_bytes, etag: unquoted(found.e_tag) })
    }
}

struct FetchError {
    is_out_of_range: bool,
    error: StoreError,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Store {{ bucket {} in {} }}", self.bucket, self.region)
    }
}

#[async_trait]
impl Store for S3Store {
    async fn get(&self, key: &str) -> Result<Object, StoreError> {
        check_key(key)?;
        self.fetch(key, None, None).await.map_err(|failed| failed.error)
    }

    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError> {
        check_key(key)?;
        if range.is_empty() {
            // HTTP has no empty range.
            return self.head_if(key, if_match).await.map(|_| Bytes::new());
        }
        let last = range.end - 1;
        match self.fetch(key, Some(format!("bytes={}-{last}", range.start)), if_match).await {
            Ok(object) => Ok(object.bytes),
            Err(FetchError { is_out_of_range: true, .. }) => {
                Err(StoreError::OutOfRange { key: key.to_owned(), start: range.start })
            }
            Err(FetchError { error, .. }) => Err(error),
        }
    }

    async fn head(&self, key: &str) -> Result<Meta, StoreError> {
        self.head_if(key, None).await
    }

    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError> {
        check_key(key)?;
        let (if_none_match, if_match) = match when {
            PutWhen::Always => (None, None),
            PutWhen::Absent => (Some("*".to_owned()), None),
            PutWhen::Matches(etag) => (None, Some(quoted(&etag))),
        };
        let mut n_conflicts = 0;
        loop {
            let request = self.client.put_object().bucket(&self.bucket).key(key).body(bytes.clone().into());
            let request = request.set_if_none_match(if_none_match.clone()).set_if_match(if_match.clone());
            match request.send().await {
                Ok(written) => return Ok(unquoted(written.e_tag)),
                Err(error) if is_conflict(&error) && n_conflicts < MAX_CONFLICTS => {
                    n_conflicts += 1;
                    tokio::time::sleep(Duration::from_millis(20 << n_conflicts)).await;
                }
                Err(error) => {
                    return Err(match store_error("write", key, &error) {
                        // S3 says 404 when the object to be replaced is gone.
                        StoreError::NotFound { key } if if_match.is_some() => StoreError::Precondition { key },
                        error => error,
                    });
                }
            }
        }
    }

    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = request.set_start_after(start_after.map(ToOwned::to_owned)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| store_error("list", prefix, &error))?;
            found.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                let size_bytes = object.size.unwrap_or(0).try_into().unwrap_or(0);
                Some(Meta { key: object.key?, size_bytes, etag: unquoted(object.e_tag) })
            }));
        }
        Ok(found)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key(key)?;
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        match deleted.map_err(|error| store_error("delete", key, &error)) {
            Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// TLS by rustls with ring; none at all for a plain address, so that no root certificates are loaded.
#[must_use]
pub fn http_client(url: Option<&str>) -> SharedHttpClient {
    if url.is_some_and(|url| url.starts_with("http://")) {
        HttpBuilder::new().build_http()
    } else {
        HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}

/// The entity tag as HTTP writes it.
fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// Servers differ in where they write the quotes, so the port's tags have none.
fn unquoted(etag: Option<String>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}
