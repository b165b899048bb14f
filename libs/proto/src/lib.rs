//! The contract in Rust: code generated from `proto/`, the descriptor set, the scope of every method, its messages as JSON, and conversions between protobuf
//! values and kernel types.

mod event;
mod json;
mod ledger;
mod personal;
pub mod reasons;
mod request;
mod scopes;
mod tolerance;
mod value;

pub use event::{AreaEvent, is_event, known, published, published_json, stored, stored_from_json, subject};
pub use json::{JsonError, contract, from_json, to_json, to_struct};
pub use ledger::LedgerChange;
pub use personal::is_personal;
pub use request::{Listing, Mutating, RequestMessage, Resource, UnknownEnum};
pub use scopes::{Access, METHODS, access, is_stream};
pub use tolerance::{read_tolerance_policy, tolerance_policy};
pub use value::{BadMoney, instant, money, read_money, write_off_reason};

/// Every message and service of the contract, for reflection and for calls without generated code.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/quittance.bin"));

macro_rules! package {
    ($area:ident, $name:literal, $doc:literal) => {
        #[doc = $doc]
        pub mod $area {
            #[doc = $doc]
            #[allow(
                missing_docs,
                unreachable_pub,
                clippy::all,
                clippy::pedantic,
                clippy::allow_attributes,
                reason = "generated"
            )]
            pub mod v1 {
                tonic::include_proto!($name);
            }
        }
    };
}

package!(common, "quittance.common.v1", "Values and messages used by every area.");
package!(invoicing, "quittance.invoicing.v1", "Tenants, customers, invoices, open items.");
package!(payments, "quittance.payments.v1", "Money received and what it pays.");
package!(creditrisk, "quittance.creditrisk.v1", "Limits, exposure, reservations.");
package!(collections, "quittance.collections.v1", "Reminders and disputes.");
package!(reporting, "quittance.reporting.v1", "Balances, aging, key figures.");
