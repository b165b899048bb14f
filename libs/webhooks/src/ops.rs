//! Operations, for the service with these settings.

use std::{
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use chrono::Duration;
use quittance_kernel::WebhookId;
use quittance_service::{CommonError, Etag, Operation, Settings, Write};

use crate::{
    db,
    error::WebhookError,
    secret::Secret,
    webhook::{MAX_WEBHOOKS, Webhook, WebhookContent, WebhookPatch},
};

/// A webhook, and whether the response has its secret.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) webhook: Webhook,
    pub(crate) with_secret: bool,
}

/// A command in the service with these settings.
#[derive(Debug)]
pub(crate) struct In<S, C> {
    command: C,
    of: PhantomData<fn() -> S>,
}

impl<S, C> In<S, C> {
    pub(crate) const fn new(command: C) -> Self {
        Self { command, of: PhantomData }
    }
}

impl<S, C: Hash> Hash for In<S, C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.command.hash(state);
    }
}

/// Adds a webhook.
#[derive(Debug, Hash)]
pub(crate) struct CreateWebhook {
    pub(crate) content: WebhookContent,
}

/// Changes a webhook.
#[derive(Debug, Hash)]
pub(crate) struct UpdateWebhook {
    pub(crate) webhook: WebhookId,
    pub(crate) etag: Etag,
    pub(crate) patch: WebhookPatch,
}

/// Deletes a webhook.
#[derive(Debug, Hash)]
pub(crate) struct DeleteWebhook {
    pub(crate) webhook: WebhookId,
    pub(crate) etag: Etag,
}

/// Gives a webhook a new secret.
#[derive(Debug, Hash)]
pub(crate) struct RotateWebhookSecret {
    pub(crate) webhook: WebhookId,
    pub(crate) overlap: Duration,
}

/// Sends past events again.
#[derive(Debug, Hash)]
pub(crate) struct ReplayWebhook {
    pub(crate) webhook: WebhookId,
    pub(crate) after: i64,
}

async fn lock<S: Settings>(w: &mut Write<'_, S>, id: WebhookId) -> Result<Webhook, CommonError> {
    db::lock(w.tx, id).await?.ok_or_else(|| WebhookError::NotFound(id).into())
}

impl<S: Settings> Operation for In<S, CreateWebhook> {
    const NAME: &'static str = "CreateWebhook";
    type Settings = S;
    type Output = Shown;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<Shown, S::Error> {
        if db::count_locked(w.tx).await? >= MAX_WEBHOOKS {
            return Err(CommonError::from(WebhookError::TooMany).into());
        }
        let head = db::head(w.tx).await?;
        let webhook =
            Webhook::new(WebhookId::at(w.now), self.command.content.clone(), Secret::generate()?, head, w.now);
        db::insert(w.tx, &webhook).await?;
        Ok(Shown { webhook, with_secret: true })
    }
}

impl<S: Settings> Operation for In<S, UpdateWebhook> {
    const NAME: &'static str = "UpdateWebhook";
    type Settings = S;
    type Output = Shown;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<Shown, S::Error> {
        let id = self.command.webhook;
        let webhook = lock(w, id).await?;
        self.command.etag.check(format_args!("webhook {id}"), webhook.version)?;
        let webhook = webhook.update(self.command.patch.clone(), w.now);
        db::update(w.tx, &webhook).await?;
        Ok(Shown { webhook, with_secret: false })
    }
}

impl<S: Settings> Operation for In<S, DeleteWebhook> {
    const NAME: &'static str = "DeleteWebhook";
    type Settings = S;
    type Output = ();

    async fn run(&self, w: &mut Write<'_, S>) -> Result<(), S::Error> {
        let id = self.command.webhook;
        let webhook = lock(w, id).await?;
        self.command.etag.check(format_args!("webhook {id}"), webhook.version)?;
        Ok(db::delete(w.tx, id).await?)
    }
}

impl<S: Settings> Operation for In<S, RotateWebhookSecret> {
    const NAME: &'static str = "RotateWebhookSecret";
    type Settings = S;
    type Output = Shown;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<Shown, S::Error> {
        let webhook = lock(w, self.command.webhook).await?.rotate(Secret::generate()?, self.command.overlap, w.now);
        db::update(w.tx, &webhook).await?;
        Ok(Shown { webhook, with_secret: true })
    }
}

impl<S: Settings> Operation for In<S, ReplayWebhook> {
    const NAME: &'static str = "ReplayWebhook";
    type Settings = S;
    type Output = Shown;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<Shown, S::Error> {
        let webhook = lock(w, self.command.webhook).await?;
        let head = db::head(w.tx).await?;
        if self.command.after > head {
            return Err(CommonError::from(WebhookError::PositionOutOfRange { head }).into());
        }
        let webhook = webhook.replay(self.command.after, w.now);
        db::update(w.tx, &webhook).await?;
        Ok(Shown { webhook, with_secret: false })
    }
}
