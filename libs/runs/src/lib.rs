//! Runs: work over many resources that a call starts and that is worked off in batches, by any replica, each item once. A batch is one transaction with what it does, the
//! states of its items and the counts of their run, so that a process can be killed at any moment. An item that fails keeps no other from being done.
//!
//! A service says what its runs do with [`Works`]; its operation for the reconciler takes a batch and works it off ([`take`], [`work`]).

pub mod calls;
mod db;
mod error;
mod ops;
mod publish;
mod read;
mod run;
mod wire;
mod work;

#[cfg(test)]
mod kept_requests_tests;

pub use db::{
    Filter, ITEM_ORDERS, ItemState, ORDERS, item_places, pending, pending_of_all, places, tenants_with_work, verify,
};
pub use ops::{NewRun, start};
pub use publish::{RunChange, Runs};
pub use run::{Counts, Run, State};
pub use wire::RunMessage;
pub use work::{Batch, Outcome, Outcomes, Starts, Works, take, work};

/// The migrations of runs, which run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Implements the calls about a service's runs: the generated trait of its package, for its app, which dereferences to its `State`.
#[macro_export]
macro_rules! run_service {
    ($trait:path, $app:ty) => {
        #[tonic::async_trait]
        impl $trait for $app {
            type WatchRunStream = $crate::calls::RunStream;

            async fn get_run(
                &self,
                request: tonic::Request<quittance_proto::common::v1::GetRunRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Run>, tonic::Status> {
                $crate::calls::get(self, request).await
            }

            async fn list_runs(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ListRunsRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::ListRunsResponse>, tonic::Status> {
                $crate::calls::list(self, request).await
            }

            async fn list_run_items(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ListRunItemsRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::ListRunItemsResponse>, tonic::Status> {
                $crate::calls::list_items(self, request).await
            }

            async fn watch_run(
                &self,
                request: tonic::Request<quittance_proto::common::v1::WatchRunRequest>,
            ) -> Result<tonic::Response<Self::WatchRunStream>, tonic::Status> {
                $crate::calls::watch(self.clone(), request).await
            }

            async fn cancel_run(
                &self,
                request: tonic::Request<quittance_proto::common::v1::CancelRunRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Run>, tonic::Status> {
                $crate::calls::cancel(self, request).await
            }
        }
    };
}
