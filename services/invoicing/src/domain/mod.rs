//! The mind of invoicing: what an invoice is, what it adds up to, what may become of it and of what is owed on it.
//!
//! Pure functions and types. Ids, dates and instants are arguments, so every decision can be made again and tested.

pub mod address;
pub mod amounts;
pub mod credit_note;
pub mod customer;
pub mod delivery;
pub mod document;
pub mod field;
pub mod invoice;
pub mod invoice_content;
pub mod line;
pub mod named_terms;
pub mod open_item;
pub mod refusal;
pub mod rounding;
pub mod series;
pub mod statement;
pub mod tenant;
pub mod totals;

mod issue;

#[cfg(test)]
mod samples;

pub use address::Address;
pub use amounts::{Amounts, BadAmounts, Parts};
pub use credit_note::{CreditNote, CreditReason};
pub use customer::{Contact, ContactContent, Customer, CustomerContent, CustomerPatch};
pub use delivery::{Delivery, DeliveryChannel};
pub use document::{DocumentData, DocumentError};
pub use field::{BadField, Problem};
pub use invoice::{Invoice, Issuance, Standing, State};
pub use invoice_content::{InvoiceContent, InvoicePatch};
pub use issue::IssuePlan;
pub use line::{Line, LineContent, LineError, TaxCategory};
pub use named_terms::{NamedTerms, NamedTermsContent, standard_terms};
pub use open_item::{Entry, EntryKind, OpenItem, Settlement};
pub use refusal::Refusal;
pub use rounding::{RoundingRule, RoundingScope};
pub use series::{BadSeries, Series, SeriesContent, SeriesKind};
pub use statement::{Movement, Statement, StatementLine};
pub use tenant::{Enquiries, Tenant, TenantContent};
pub use totals::{TaxSubtotal, Totals};
