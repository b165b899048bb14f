//! The calls of a service's webhooks.

use quittance_kernel::WebhookId;
use quittance_proto::common::v1 as pb;
use quittance_service::{CommonError, Settings, State, parse, query};
use tonic::{Request, Response, Status};

use crate::{
    db,
    error::WebhookError,
    ops::{CreateWebhook, DeleteWebhook, In, ReplayWebhook, RotateWebhookSecret, UpdateWebhook},
    wire,
};

/// `CreateWebhook`.
pub async fn create<S: Settings>(
    state: &State<S>,
    request: Request<pb::CreateWebhookRequest>,
) -> Result<Response<pb::Webhook>, Status> {
    state.run(parse::<In<S, CreateWebhook>, _>(request)?, wire::shown).await
}

/// `GetWebhook`.
pub async fn get<S: Settings>(
    state: &State<S>,
    request: Request<pb::GetWebhookRequest>,
) -> Result<Response<pb::Webhook>, Status> {
    let (tenant, id) = query(request)?.id("webhook_id", |r| &r.webhook_id, WebhookId::parse)?;
    let found = state.read(tenant, async |tx| db::find(tx, id).await).await.map_err(Into::into)?;
    let webhook = found.ok_or_else(|| CommonError::from(WebhookError::NotFound(id)))?;
    Ok(Response::new(wire::webhook(&webhook)))
}

/// `ListWebhooks`.
pub async fn list<S: Settings>(
    state: &State<S>,
    request: Request<pb::ListWebhooksRequest>,
) -> Result<Response<pb::ListWebhooksResponse>, Status> {
    let (tenant, page) = query(request)?.unfiltered()?;
    let after = page.after_id(WebhookId::parse)?;
    let found =
        state.read_list(tenant, async |tx| db::page(tx, after, page.limit()).await).await.map_err(Into::into)?;
    let (webhooks, next_page_token) =
        page.cut(found.iter().map(wire::webhook).collect(), |webhook| vec![webhook.webhook_id.clone()]);
    Ok(Response::new(pb::ListWebhooksResponse { webhooks, next_page_token }))
}

/// `UpdateWebhook`.
pub async fn update<S: Settings>(
    state: &State<S>,
    request: Request<pb::UpdateWebhookRequest>,
) -> Result<Response<pb::Webhook>, Status> {
    state.run(parse::<In<S, UpdateWebhook>, _>(request)?, wire::shown).await
}

/// `DeleteWebhook`.
pub async fn delete<S: Settings>(
    state: &State<S>,
    request: Request<pb::DeleteWebhookRequest>,
) -> Result<Response<()>, Status> {
    state.run(parse::<In<S, DeleteWebhook>, _>(request)?, |()| ()).await
}

/// `RotateWebhookSecret`.
pub async fn rotate_secret<S: Settings>(
    state: &State<S>,
    request: Request<pb::RotateWebhookSecretRequest>,
) -> Result<Response<pb::Webhook>, Status> {
    state.run(parse::<In<S, RotateWebhookSecret>, _>(request)?, wire::shown).await
}

/// `ReplayWebhook`.
pub async fn replay<S: Settings>(
    state: &State<S>,
    request: Request<pb::ReplayWebhookRequest>,
) -> Result<Response<pb::Webhook>, Status> {
    state.run(parse::<In<S, ReplayWebhook>, _>(request)?, wire::shown).await
}
