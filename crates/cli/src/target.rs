use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use lake::{Lake, S3Endpoint, S3Store};
use serde::Deserialize;

use crate::arguments::Place;

/// Name of a stack when nobody names one.
const DEFAULT_STACK: &str = "sluice";

/// Where the stack is: options before the environment before `.sluice/stack.json`.
///
/// The file counts only for the address it was written for: with another `--endpoint-url` its bucket and machines would
/// be somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Address of an emulator; AWS itself when absent.
    pub endpoint_url: Option<String>,
    /// Region, when the file names one; the SDK looks for one otherwise.
    pub region: Option<String>,
    /// Bucket of the lake.
    pub bucket: Option<String>,
    /// Address of the prediction endpoint.
    pub predict_url: Option<String>,
    /// Name of the stack.
    pub stack: String,
    /// Outputs of the stack.
    pub outputs: BTreeMap<String, String>,
    /// S3 server of the lake, when it is not the one beside the functions.
    pub s3: Option<OtherS3>,
}

/// An S3 server with keys of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OtherS3 {
    /// Its address.
    pub endpoint: String,
    /// Access key id.
    pub key_id: String,
    /// Secret access key.
    pub secret: String,
}

/// What `cargo xtask up` writes.
#[derive(Clone, Debug, Default, Deserialize)]
struct StackFile {
    stack: String,
    endpoint: String,
    region: String,
    outputs: BTreeMap<String, String>,
    #[serde(default)]
    s3: Option<OtherS3>,
}

impl Target {
    /// The target of these options, with `.sluice/stack.json` of this folder or one above it.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn find(place: &Place) -> Result<Self> {
        let folder = env::current_dir().context("no current folder")?;
        let file = stack_file(&folder).map(|file| read(&file)).transpose()?;
        Ok(Self::new(place, file))
    }

    fn new(place: &Place, file: Option<StackFile>) -> Self {
        let given = |option: &Option<String>| option.clone().filter(|text| !text.is_empty());
        let endpoint_url = given(&place.endpoint_url);
        let slashless = |url: &str| url.trim_end_matches('/').to_owned();
        let file = file
            .filter(|file| endpoint_url.as_deref().is_none_or(|url| slashless(url) == slashless(&file.endpoint)))
            .unwrap_or_default();
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let output = |name: &str| file.outputs.get(name).cloned();
        Self {
            endpoint_url: endpoint_url.or_else(|| text(&file.endpoint)),
            region: text(&file.region),
            bucket: given(&place.bucket).or_else(|| output("Bucket")),
            predict_url: given(&place.predict_url).or_else(|| output("PredictUrl")),
            stack: given(&place.stack).or_else(|| text(&file.stack)).unwrap_or_else(|| DEFAULT_STACK.to_owned()),
            outputs: file.outputs,
            s3: file.s3,
        }
    }

    /// The key id and secret that emulators take, unless the environment has some; `None` for AWS.
    #[must_use]
    pub fn credentials(&self) -> Option<(String, String)> {
        let has_own = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].iter().any(|name| env::var_os(name).is_some());
        (self.endpoint_url.is_some() && !has_own).then(|| ("test".to_owned(), "test".to_owned()))
    }

    /// The lake of the stack.
    ///
    /// # Errors
    /// Nobody says which bucket it is.
    pub async fn lake(&self) -> Result<Lake> {
        let advice = "which bucket is the lake? start a stack with `cargo xtask up`, or give --bucket or SLUICE_BUCKET";
        let bucket = self.bucket.as_deref().context(advice)?;
        let own = env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
        let endpoint = match (own, &self.s3) {
            (None, Some(other)) => S3Endpoint {
                url: Some(other.endpoint.clone()),
                region: self.region.clone(),
                credentials: Some((other.key_id.clone(), other.secret.clone())),
            },
            (own, _) => S3Endpoint {
                url: own.or_else(|| self.endpoint_url.clone()),
                region: self.region.clone(),
                credentials: self.credentials(),
            },
        };
        Ok(Lake::in_bucket(S3Store::connect_to(bucket, endpoint).await?))
    }

    /// The prediction endpoint.
    ///
    /// # Errors
    /// Nobody says where it is, or what they say is no address.
    pub fn endpoint(&self) -> Result<endpoint::Endpoint> {
        let advice =
            "where is the endpoint? start a stack with `cargo xtask up`, or give --predict-url or SLUICE_PREDICT_URL";
        let url = self.predict_url.as_deref().context(advice)?;
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Ok(endpoint::Endpoint::new(url)?.signed(endpoint::Credentials::from_variables(variable)))
    }
}

fn stack_file(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(".sluice/stack.json")).find(|file| file.is_file())
}

fn read(file: &Path) -> Result<StackFile> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what `cargo xtask up` writes", file.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file() -> Option<StackFile> {
        let text = r#"{"stack":"sluice","endpoint":"http://127.0.0.1:4566","region":"us-east-1","digest":"x",
            "outputs":{"Bucket":"lake","PredictUrl":"http://127.0.0.1:4566/p/","DataStateMachineArn":"arn"}}"#;
        Some(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_file_says_what_nobody_else_does() {
        let target = Target::new(&Place::default(), file());
        assert_eq!(target.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
        assert_eq!(target.bucket.as_deref(), Some("lake"));
        assert_eq!(target.outputs["DataStateMachineArn"], "arn");
        let place = Place { bucket: Some("mine".to_owned()), ..Place::default() };
        assert_eq!(Target::new(&place, file()).bucket.as_deref(), Some("mine"));
    }

    #[test]
    fn the_file_counts_only_for_its_own_address() {
        let at = |url: &str| Target::new(&Place { endpoint_url: Some(url.to_owned()), ..Place::default() }, file());
        assert_eq!(at("http://127.0.0.1:4566/").bucket.as_deref(), Some("lake"));
        assert_eq!(at("http://127.0.0.1:9999").bucket, None);
        assert!(at("http://127.0.0.1:9999").outputs.is_empty());
    }

    #[test]
    fn without_anything_it_is_aws_itself() {
        let target = Target::new(&Place::default(), None);
        assert_eq!((target.endpoint_url, target.stack.as_str()), (None, "sluice"));
    }
}
