//! Fair use of connections: a busy tenant queues behind itself and leaves connections for the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use quittance_kernel::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a transaction waits for its tenant's turn, as long as for a connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How many transactions each tenant may have at once.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    per_tenant: usize,
    tenants: Arc<Mutex<HashMap<TenantId, Weak<Semaphore>>>>,
}

impl Turns {
    /// Two thirds of a pool's connections for any one tenant, at least one.
    pub(crate) fn of_pool(connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Self { per_tenant: (connections.saturating_mul(2) / 3).max(1), tenants: Arc::default() }
    }

    /// Waits until the tenant may start one more transaction, first come, first served. `None` when that takes too long.
    pub(crate) async fn take(&self, tenant: TenantId) -> Option<OwnedSemaphorePermit> {
        let turn = self.of(tenant).acquire_owned();
        // The semaphore is never closed.
        tokio::time::timeout(PATIENCE, turn).await.ok()?.ok()
    }

    fn of(&self, tenant: TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return turns;
        }
        // Unused semaphores are dropped when a new tenant arrives.
        tenants.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(self.per_tenant));
        tenants.insert(tenant, Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::Clock;

    use super::*;

    #[tokio::test]
    async fn a_loud_tenant_waits_for_itself_alone() {
        let turns = Turns::of_pool(3);
        let now = Clock::system().now();
        let (loud, quiet) = (TenantId::at(now), TenantId::at(now + chrono::Duration::seconds(1)));
        let held = (turns.take(loud).await.unwrap(), turns.take(loud).await.unwrap());
        let mut waiting = Box::pin(turns.take(loud));
        let mut has_its_turn = async || {
            tokio::select! {
                biased;
                _ = &mut waiting => true,
                () = std::future::ready(()) => false,
            }
        };
        assert!(!has_its_turn().await);
        assert!(turns.take(quiet).await.is_some());
        assert!(!has_its_turn().await);
        drop(held);
        assert!(waiting.await.is_some());
        drop(turns.take(TenantId::at(now + chrono::Duration::seconds(2))).await);
        assert_eq!(turns.tenants.lock().unwrap().len(), 1, "an unused semaphore is dropped");
    }
}
