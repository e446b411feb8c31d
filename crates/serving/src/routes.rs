use axum::{
    Json, Router,
    extract::{Extension, FromRequestParts, Path, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use contracts::{Health, HealthStatus, ModelInfo, Reloaded, VersionInfo};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use registry::RegistryState;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    app::{AppState, Shared},
    body, envelope,
    envelope::RequestId,
    problem::{Kind, Refusal},
    slot::{Current, Slot},
};

/// Versions that `/model_info` lists.
const MAX_VERSIONS_LISTED: usize = 100;
/// Manifests read at once for that.
const N_PARALLEL_READS: usize = 16;

/// The routes of an endpoint. `docs/serving.md` describes them for users.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/predict", post(predict))
        .route("/predict/{use_case}", post(predict))
        .route("/health", get(health))
        .route("/health/{use_case}", get(health))
        .route("/model_info", get(model_info).post(model_info))
        .route("/model_info/{use_case}", get(model_info).post(model_info))
        .route("/reload", get(reload).post(reload))
        .route("/reload/{use_case}", get(reload).post(reload))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| {
            Refusal::new(Kind::Internal, "the request could not be answered").into_response()
        }))
        .layer(middleware::from_fn_with_state(state.clone(), envelope::wrap))
        .with_state(state)
}

/// The use case a path names, if it names one.
struct UseCase(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for UseCase {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Option::<Path<String>>::from_request_parts(parts, state).await {
            Ok(name) => Ok(Self(name.map(|Path(name)| name))),
            Err(_) => Err(Refusal::new(Kind::UnknownUseCase, "the name in the path is not UTF-8")),
        }
    }
}

async fn predict(
    State(state): State<AppState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    UseCase(use_case): UseCase,
    request: Request,
) -> Result<Response, Refusal> {
    let shared = state.shared;
    let slot = shared.slot(use_case.as_deref())?;
    let (parts, body) = request.into_parts();
    let body = body::read_json_bytes(&parts.headers, body, shared.settings.max_body_bytes).await?;
    let serving = slot.current(&shared).await;
    let serving = serving.serving.clone().ok_or_else(|| nothing_to_serve(&shared, slot, &serving))?;

    let failed = |_| Refusal::new(Kind::Internal, "the worker failed");
    let permit =
        shared.workers.clone().acquire_owned().await.map_err(|_| Refusal::new(Kind::Internal, "shutting down"))?;
    let max_rows = shared.settings.max_rows;
    let work = move || {
        let _permit = permit;
        let answer = serving.answer(&body, max_rows, request_id)?;
        serde_json::to_vec(&answer).map_err(|error| {
            tracing::error!(request_id = answer.request_id, %error, "the answer could not be written as JSON");
            Refusal::new(Kind::Internal, "the answer could not be written")
        })
    };
    let answer = tokio::task::spawn_blocking(work).await.map_err(failed)??;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer).into_response())
}

async fn health(State(state): State<AppState>, UseCase(use_case): UseCase) -> Result<Response, Refusal> {
    let shared = state.shared;
    let slot = shared.slot(use_case.as_deref())?;
    let current = slot.current(&shared).await;
    let status = match (&current.serving, &current.problem) {
        (Some(_), None) => HealthStatus::Healthy,
        (Some(_), Some(_)) => HealthStatus::Degraded,
        (None, _) => HealthStatus::NoModel,
    };
    let health = Health {
        status,
        use_case: slot.use_case.clone(),
        model_version: current.serving.as_ref().map(|serving| serving.loaded.manifest.version),
        model_stage: current.serving.as_ref().map(|serving| serving.stage.clone()),
        problem: current.problem,
    };
    let code = if current.serving.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((code, Json(health)).into_response())
}

async fn model_info(State(state): State<AppState>, UseCase(use_case): UseCase) -> Result<Json<ModelInfo>, Refusal> {
    let shared = state.shared;
    let slot = shared.slot(use_case.as_deref())?;
    let current = slot.current(&shared).await;
    let serving = current.serving.as_ref().ok_or_else(|| nothing_to_serve(&shared, slot, &current))?;
    let versions = match &current.registry {
        Some(registry) => versions(&shared, slot, registry).await?,
        None => Vec::new(),
    };
    let loaded = &serving.loaded;
    Ok(Json(ModelInfo {
        provenance: serving.provenance(),
        build: loaded.manifest.build,
        signature: loaded.signature.clone(),
        versions,
    }))
}

/// The newest registered versions, newest first.
async fn versions(shared: &Shared, slot: &Slot, registry: &RegistryState) -> Result<Vec<VersionInfo>, Refusal> {
    let newest = registry.versions.iter().rev().take(MAX_VERSIONS_LISTED);
    let reads = newest.map(|(&version, state)| async move {
        let manifest = slot.manifest(shared, registry, version).await.map_err(|error| {
            tracing::error!(%version, %error, "the manifest could not be read");
            unavailable(shared, format!("the manifest of {version} could not be read"))
        })?;
        Ok(VersionInfo {
            version,
            stage: state.stage.to_string(),
            live: registry.live == Some(version),
            family: manifest.family.clone(),
            registered_at: manifest.registered_at.clone(),
            run_id: manifest.run_id.clone(),
            run_name: manifest.run_name.clone(),
            snapshot_id: manifest.snapshot_id.clone(),
            feature_fingerprint: manifest.feature_fingerprint.clone(),
            test: manifest.test,
            cv_roc_auc: manifest.cv_roc_auc,
        })
    });
    stream::iter(reads.collect::<Vec<_>>()).buffered(N_PARALLEL_READS).try_collect().await
}

async fn reload(State(state): State<AppState>, UseCase(use_case): UseCase) -> Result<Json<Reloaded>, Refusal> {
    let shared = state.shared;
    let slot = shared.slot(use_case.as_deref())?;
    let (before, after) = slot.reload(&shared).await;
    if after.problem.is_some() || after.serving.is_none() {
        return Err(nothing_to_serve(&shared, slot, &after));
    }
    let version = |current: &Current| current.serving.as_ref().map(|serving| serving.loaded.manifest.version);
    Ok(Json(Reloaded { use_case: slot.use_case.clone(), old_version: version(&before), new_version: version(&after) }))
}

async fn no_such_route() -> Refusal {
    Refusal::new(
        Kind::NotFound,
        "the routes are /predict, /health, /model_info and /reload, each with an optional /{use_case}",
    )
}

async fn wrong_method() -> Refusal {
    Refusal::new(Kind::MethodNotAllowed, "/predict takes POST, /health GET, the others both")
}

fn nothing_to_serve(shared: &Shared, slot: &Slot, current: &Current) -> Refusal {
    match &current.problem {
        Some(problem) => unavailable(shared, problem.clone()),
        None => {
            let detail = format!("no version of `{}` is live; run the training and deployment machines", slot.use_case);
            Refusal::new(Kind::NoModel, detail).retry_after(retry_seconds(shared))
        }
    }
}

fn unavailable(shared: &Shared, detail: String) -> Refusal {
    Refusal::new(Kind::ModelUnavailable, detail).retry_after(retry_seconds(shared))
}

fn retry_seconds(shared: &Shared) -> u64 {
    shared.settings.retry_every.as_secs().max(1)
}
