//! What a service knows of a tenant.

use std::fmt::Debug;

use chrono_tz::Tz;
use quittance_db::{DbError, Tx};

use crate::ServiceError;

/// What a service's operations need to know of their tenant. Read once per process and kept: none of it changes once it is written.
pub trait Settings: Debug + Send + Sync + Sized + 'static {
    /// The area's name, in spans and metrics.
    const AREA: &'static str;
    /// Why the service's calls fail.
    type Error: ServiceError;

    /// Those of the transaction's tenant; `None` where the service does not know the tenant.
    fn load(tx: &mut Tx) -> impl Future<Output = Result<Option<Self>, DbError>> + Send;

    /// Where the tenant's days begin and end.
    fn time_zone(&self) -> Tz;
}
