//! Limits of a process for its callers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use quittance_kernel::TenantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of a process for its callers. Calls beyond them are refused, or wait, and do not slow others down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// Connections in all; further ones are closed at once
    pub connections: usize,
    /// Connections from one address; as many as `connections` behind a proxy that has only one
    pub connections_per_peer: usize,
    /// Calls that run at once over one connection; further ones wait
    pub calls_per_connection: u32,
    /// Calls of one tenant that run at once; further ones are refused with `RESOURCE_EXHAUSTED` (`TENANT_BUSY`)
    pub calls_per_tenant: usize,
    /// The maximum age of a connection, in seconds, until its client reconnects and so finds new replicas
    pub connection_age_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_000,
            connections_per_peer: 500,
            calls_per_connection: 200,
            calls_per_tenant: 300,
            connection_age_seconds: 1_800,
        }
    }
}

impl Limits {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let checked = [
            ("connections", self.connections),
            ("connections_per_peer", self.connections_per_peer),
            ("calls_per_connection", usize::try_from(self.calls_per_connection).unwrap_or(usize::MAX)),
            ("calls_per_tenant", self.calls_per_tenant),
        ];
        let mut problems: Vec<String> = checked
            .iter()
            .filter(|(_, value)| !(1..=1_000_000).contains(value))
            .map(|(name, _)| format!("limits.{name}: 1 to 1000000"))
            .collect();
        if !(10..=86_400).contains(&self.connection_age_seconds) {
            problems.push("limits.connection_age_seconds: 10 to 86400".to_owned());
        }
        problems
    }
}

/// The number of running calls by tenant.
#[derive(Debug, Clone)]
pub(crate) struct RunningCalls {
    most: usize,
    running: Arc<Mutex<HashMap<TenantId, usize>>>,
}

/// A running call of a tenant, until it is dropped.
#[derive(Debug)]
pub(crate) struct RunningCall {
    of: RunningCalls,
    tenant: TenantId,
}

impl RunningCalls {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { most: limits.calls_per_tenant, running: Arc::default() }
    }

    /// `None` when the limit is reached.
    pub(crate) fn begin(&self, tenant: TenantId) -> Option<RunningCall> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(tenant).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(RunningCall { of: self.clone(), tenant })
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut running = self.of.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.tenant);
            }
        }
    }
}
