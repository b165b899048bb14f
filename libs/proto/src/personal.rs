//! Data about natural persons in the contract.

use prost_reflect::FieldDescriptor;

/// Whether a field can hold data about a natural person: what the option `quittance.common.v1.personal` says.
pub fn is_personal(field: &FieldDescriptor) -> bool {
    let pool = field.parent_message().parent_pool().clone();
    let Some(option) = pool.get_extension_by_name("quittance.common.v1.personal") else { return false };
    field.options().get_extension(&option).as_bool() == Some(true)
}
