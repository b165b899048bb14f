//! The contract as descriptors, read once in a process.

use std::sync::LazyLock;

use prost_reflect::{DescriptorError, DescriptorPool, ServiceDescriptor};

use crate::{BadBinding, Binding, bindings};

/// The contract as descriptors.
#[derive(Debug)]
pub struct Contract {
    pool: DescriptorPool,
    bindings: Vec<Binding>,
}

/// Why the contract cannot be served over HTTP.
#[derive(Debug, thiserror::Error)]
pub enum BadContract {
    /// Its descriptors.
    #[error("the contract's descriptors: {0}")]
    Descriptors(#[from] DescriptorError),
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
        let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET)?;
        let mut all = Vec::new();
        for service in pool.services() {
            all.extend(bindings(&service)?);
        }
        Ok(Self { pool, bindings: all })
    }

    /// All descriptors.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
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
