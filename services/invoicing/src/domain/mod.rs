//! The domain of invoicing: invoices, their totals, and the transitions of them and their open items.
//!
//! Pure functions and types. Ids, dates and instants are arguments, so every decision is reproducible and testable.

pub(crate) mod address;
pub(crate) mod amounts;
pub(crate) mod bad_debt;
pub(crate) mod credit_note;
pub(crate) mod credit_note_page;
pub(crate) mod credit_scope;
pub(crate) mod customer;
pub(crate) mod customer_credit;
pub(crate) mod delivery;
pub(crate) mod document;
pub(crate) mod entry;
pub(crate) mod extension;
pub(crate) mod field;
pub(crate) mod invoice;
pub(crate) mod invoice_content;
pub(crate) mod invoice_page;
pub(crate) mod line;
pub(crate) mod named_terms;
pub(crate) mod open_item;
pub(crate) mod parties;
pub(crate) mod period;
pub(crate) mod policy;
pub(crate) mod refusal;
pub(crate) mod rounding;
pub(crate) mod search;
pub(crate) mod series;
pub(crate) mod simulation;
pub(crate) mod statement;
pub(crate) mod tenant;
pub(crate) mod tenant_patch;
pub(crate) mod timeline;
pub(crate) mod totals;

mod issue;

#[cfg(test)]
mod samples;

pub(crate) use address::{Address, AddressPatch};
pub(crate) use amounts::{Amounts, Parts};
pub(crate) use bad_debt::{BadDebt, BadDebtReason, WriteOffRequest};
pub(crate) use credit_note::{CreditNote, CreditPlan, CreditReason, CreditRequest, Credited};
pub(crate) use credit_note_page::CreditNotePage;
pub(crate) use credit_scope::{CreditLine, CreditScope, LineCredit};
pub(crate) use customer::{Contact, ContactContent, Customer, CustomerContent, CustomerPatch};
pub(crate) use customer_credit::{
    CreditAmounts, CreditEntry, CreditEntryKind, CreditUse, CustomerCredit, apply_each, apply_in_order, note_of,
};
pub(crate) use delivery::{Delivery, DeliveryChannel};
pub(crate) use document::DocumentError;
pub(crate) use entry::{Entry, EntryKind, Recording, Source};
pub(crate) use extension::{Extension, ExtensionRequest};
pub(crate) use field::BadField;
pub(crate) use invoice::{Invoice, InvoiceStatus, Issuance, State};
pub(crate) use invoice_content::{InvoiceContent, InvoicePatch};
pub(crate) use invoice_page::InvoicePage;
pub(crate) use issue::IssuedInvoice;
pub(crate) use line::{Line, LineContent, TaxCategory};
pub(crate) use named_terms::{NamedTerms, NamedTermsContent, NamedTermsPatch, standard_terms};
pub(crate) use open_item::{DocumentRef, OpenItem, RecordedSettlement, Settlement};
pub(crate) use parties::{Addressee, Buyer, Parties, Seller};
pub(crate) use period::{LateEntries, OpenDays, Period, PeriodBalance, Reopened};
pub(crate) use policy::{Policy, PolicyContent};
pub(crate) use refusal::Refusal;
pub(crate) use rounding::{RoundingRule, RoundingScope};
pub(crate) use search::{NumberSearch, SeriesFormat};
pub(crate) use series::{BadSeries, Numbering, Series, SeriesKind, SeriesPatch};
pub(crate) use simulation::{
    Effect, SimulatedCalls, SimulatedTolerances, simulate_approvals, simulate_late_entries, simulate_tolerances,
};
pub(crate) use statement::{Moved, Movement, Statement};
pub(crate) use tenant::{Enquiries, Tenant, TenantContent};
pub(crate) use tenant_patch::{EnquiriesPatch, RoundingPatch, TenantPatch};
pub(crate) use timeline::Timeline;
pub(crate) use totals::{TaxSubtotal, Totals};
