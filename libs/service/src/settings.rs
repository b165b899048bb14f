//! The settings of a tenant.

use std::fmt::Debug;

use chrono_tz::Tz;
use quittance_db::{DbError, Tx};

use crate::ServiceError;

/// What a service's operations need to know about their tenant. Read once per process and cached: it never changes.
pub trait Settings: Debug + Send + Sync + Sized + 'static {
    /// The area's name, in spans and metrics.
    const AREA: &'static str;
    /// The error of the service's calls.
    type Error: ServiceError;

    /// Loads the settings of the transaction's tenant; `None` if it does not exist.
    fn load(tx: &mut Tx) -> impl Future<Output = Result<Option<Self>, DbError>> + Send;

    /// The tenant's time zone, which determines its days.
    fn time_zone(&self) -> Tz;
}
