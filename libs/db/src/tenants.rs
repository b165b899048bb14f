//! Work done tenant by tenant, as in reconcilers.

use std::error::Error;

use quittance_kernel::TenantId;
use quittance_runtime::error_chain;

/// The work failed for some tenants. Each failure was logged where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{failed} of {tenants} tenants failed")]
pub struct TenantsFailed {
    /// The number of tenants whose work failed.
    pub failed: usize,
    /// The number of tenants in all.
    pub tenants: usize,
}

/// Runs `work` for each tenant in turn. A failure is logged with its tenant, does not stop the others, and is counted in the error returned at the end.
/// Returns whether some tenant has more to do.
///
/// # Errors
/// [`TenantsFailed`], after all tenants were handled.
pub async fn for_each_tenant<E: Error + 'static, F: Future<Output = Result<bool, E>>>(
    job: &'static str,
    tenants: Vec<TenantId>,
    mut work: impl FnMut(TenantId) -> F,
) -> Result<bool, TenantsFailed> {
    let (mut is_more, mut failed) = (false, 0);
    let count = tenants.len();
    for tenant in tenants {
        match work(tenant).await {
            Ok(more) => is_more |= more,
            Err(error) => {
                failed += 1;
                tracing::warn!(job, %tenant, error = error_chain(&error), "the work for a tenant failed and will be tried again");
            }
        }
    }
    if failed == 0 { Ok(is_more) } else { Err(TenantsFailed { failed, tenants: count }) }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[tokio::test]
    async fn a_tenant_that_fails_keeps_no_other_waiting() {
        let tenants: Vec<TenantId> = (0..3).map(|_| TenantId::at(DateTime::UNIX_EPOCH)).collect();
        let mut seen = Vec::new();
        let work = |tenant| {
            seen.push(tenant);
            let place = seen.len();
            async move { if place == 1 { Err(std::io::Error::other("broken")) } else { Ok(place == 3) } }
        };
        let done = for_each_tenant("test", tenants.clone(), work).await;
        assert_eq!(done, Err(TenantsFailed { failed: 1, tenants: 3 }));
        assert_eq!(seen, tenants);
        let done = for_each_tenant("test", tenants, |_| async { Ok::<_, std::io::Error>(true) }).await;
        assert_eq!(done, Ok(true));
    }
}
