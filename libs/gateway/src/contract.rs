//! The contract as descriptors, read once in a process.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, ServiceDescriptor};
use quittance_proto::JsonError;

use crate::{BadBinding, Binding, bindings};

/// The contract as descriptors.
#[derive(Debug)]
pub struct Contract {
    pool: &'static DescriptorPool,
    bindings: Vec<Binding>,
}

/// Why the contract cannot be served over HTTP.
#[derive(Debug, thiserror::Error)]
pub enum BadContract {
    /// Its descriptors.
    #[error(transparent)]
    Descriptors(#[from] JsonError),
    /// A binding.
    #[error("the contract over HTTP: {0}")]
    Binding(#[from] BadBinding),
}

/// The contract of this build.
pub fn contract() -> Result<&'static Contract, &'static BadContract> {
    static CONTRACT: LazyLock<Result<Contract, BadContract>> = LazyLock::new(Contract::read);
    CONTRACT.as_ref()
}

impl Contract {
    fn read() -> Result<Self, BadContract> {
        let pool = quittance_proto::contract()?;
        let mut all = Vec::new();
        for service in pool.services() {
            all.extend(bindings(&service)?);
        }
        Ok(Self { pool, bindings: all })
    }

    /// All descriptors.
    pub fn pool(&self) -> &DescriptorPool {
        self.pool
    }

    /// The bindings of all methods.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// All services, in the order of their files.
    pub fn services(&self) -> impl Iterator<Item = ServiceDescriptor> + '_ {
        self.pool.services()
    }
}
