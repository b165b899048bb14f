//! Webhooks: a service's events, posted to the addresses of those who read no Kafka. Each service has its own, over its own positions: the calls that manage
//! them, and what sends.

mod address;
pub mod calls;
mod client;
mod db;
mod deliver;
mod error;
mod ops;
mod queue;
mod read;
mod secret;
mod webhook;
mod wire;

#[cfg(test)]
mod kept_requests_tests;

pub use client::{WebhookClient, WebhookRules};
pub use deliver::Webhooks;
pub use queue::backlog;

/// The migrations of webhooks, which run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Implements the calls of a service's webhooks: the generated trait of its package, for its app, which dereferences to its `State`.
#[macro_export]
macro_rules! webhook_service {
    ($trait:path, $app:ty) => {
        #[tonic::async_trait]
        impl $trait for $app {
            async fn create_webhook(
                &self,
                request: tonic::Request<quittance_proto::common::v1::CreateWebhookRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Webhook>, tonic::Status> {
                $crate::calls::create(self, request).await
            }

            async fn get_webhook(
                &self,
                request: tonic::Request<quittance_proto::common::v1::GetWebhookRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Webhook>, tonic::Status> {
                $crate::calls::get(self, request).await
            }

            async fn list_webhooks(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ListWebhooksRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::ListWebhooksResponse>, tonic::Status> {
                $crate::calls::list(self, request).await
            }

            async fn update_webhook(
                &self,
                request: tonic::Request<quittance_proto::common::v1::UpdateWebhookRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Webhook>, tonic::Status> {
                $crate::calls::update(self, request).await
            }

            async fn delete_webhook(
                &self,
                request: tonic::Request<quittance_proto::common::v1::DeleteWebhookRequest>,
            ) -> Result<tonic::Response<()>, tonic::Status> {
                $crate::calls::delete(self, request).await
            }

            async fn rotate_webhook_secret(
                &self,
                request: tonic::Request<quittance_proto::common::v1::RotateWebhookSecretRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Webhook>, tonic::Status> {
                $crate::calls::rotate_secret(self, request).await
            }

            async fn replay_webhook(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ReplayWebhookRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Webhook>, tonic::Status> {
                $crate::calls::replay(self, request).await
            }
        }
    };
}
