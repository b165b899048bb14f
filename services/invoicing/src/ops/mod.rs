//! The workshop: one file per mutating call, the transaction script. Each takes a slice of commands of one tenant; the door passes how an answer is
//! written, because the answer is kept with the request.

mod create_customers;
mod create_drafts;
mod create_series;
mod create_tenant;
mod create_terms;
mod credit_invoice;
mod deliver_invoice;
mod issue;
mod issue_invoices;
mod resolve;
mod reverse_settlements;
mod settle_items;
mod update_customer;
mod update_invoices;
mod void_invoice;

pub(crate) use create_customers::{CreateCustomer, create_customers};
pub(crate) use create_drafts::{CreateInvoice, create_invoices};
pub(crate) use create_series::{CreateSeries, create_series};
pub(crate) use create_tenant::{CreateTenant, create_tenant};
pub(crate) use create_terms::{CreateTerms, create_terms};
pub(crate) use credit_invoice::{CreditInvoice, credit_invoice};
pub(crate) use deliver_invoice::{DeliverInvoice, deliver_invoice, render_invoice};
pub(crate) use issue_invoices::{CreateAndIssueInvoice, IssueInvoice, create_and_issue_invoices, issue_invoices};
pub(crate) use reverse_settlements::{Reversal, ReverseSettlements, reverse_settlements};
pub(crate) use settle_items::{SettleItems, Settled, settle_items};
pub(crate) use update_customer::{UpdateCustomer, update_customer};
pub(crate) use update_invoices::{UpdateInvoice, update_invoices};
pub(crate) use void_invoice::{VoidInvoice, void_invoice};

use quittance_db::DbError;

use crate::Error;

/// A result per command.
pub(crate) type Results<A> = Result<Vec<Result<A, Error>>, DbError>;

/// An error about the whole slice: the store failed, or the tenant does not exist, which then is each command's error.
pub(crate) fn for_all<A>(count: usize, error: Error) -> Results<A> {
    match error {
        Error::Db(error) => Err(error),
        Error::TenantNotFound(tenant) => Ok((0..count).map(|_| Err(Error::TenantNotFound(tenant))).collect()),
        other => Ok(std::iter::once(Err(other)).collect()),
    }
}
