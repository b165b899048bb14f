//! Approvals: calls that need a second person by the tenant's policy. The call is kept as it was sent, and run once, when another person approves it in time.
//! Each service has its own; what runs an approved call is the service's operation `Approve`.

mod approval;
pub mod calls;
mod db;
mod error;
mod ops;
mod policy;
mod read;
mod wire;

#[cfg(test)]
mod kept_requests_tests;

pub use approval::Approval;
pub use ops::{Approvable, ApproveRequest, Approves, Decided, Intent, begin, command, finish, require};
pub use policy::{ApprovalPolicy, InForce};
pub use read::policy as read_policy;
pub use wire::{ApprovalMessage, policy as policy_message};

/// The migrations of approvals, which run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Implements the calls about a service's approvals: the generated trait of its package, for its app, which dereferences to its `State`, with the service's
/// operation `Approve`, whose output is an [`ApprovalMessage`].
#[macro_export]
macro_rules! approval_service {
    ($trait:path, $app:ty, $approve:ty) => {
        #[tonic::async_trait]
        impl $trait for $app {
            async fn get_approval(
                &self,
                request: tonic::Request<quittance_proto::common::v1::GetApprovalRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Approval>, tonic::Status> {
                $crate::calls::get(self, request).await
            }

            async fn list_approvals(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ListApprovalsRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::ListApprovalsResponse>, tonic::Status> {
                $crate::calls::list(self, request).await
            }

            async fn approve(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ApproveRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Approval>, tonic::Status> {
                self.run(quittance_service::parse::<$approve, _>(request)?, $crate::ApprovalMessage::message).await
            }

            async fn reject(
                &self,
                request: tonic::Request<quittance_proto::common::v1::RejectRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::Approval>, tonic::Status> {
                $crate::calls::reject(self, request).await
            }
        }
    };
}
