//! Operations, one file per mutating RPC, named after it: load, decide, save, publish. The library's runner does what all of them share.

mod activate_policy;
mod apply_credit;
mod approve;
mod close_period;
mod create_and_issue_invoice;
mod create_customer;
mod create_invoice;
mod create_policy;
mod create_series;
mod create_tenant;
mod create_terms;
mod credit_invoice;
mod credits;
mod delete_invoice;
mod delete_policy;
mod delete_series;
mod delete_terms;
mod deliver_invoice;
mod draft;
mod extend_due_date;
mod issue;
mod issue_invoice;
mod periods;
mod policies;
mod record_recovery;
mod references;
mod render;
mod reopen_period;
mod reverse_credit_entry;
mod reverse_settlements;
mod settle_items;
mod timelines;
mod update_customer;
mod update_invoice;
mod update_series;
mod update_tenant;
mod update_terms;
mod void_invoice;
mod write_off_credit;
mod write_off_item;

pub(crate) use activate_policy::ActivatePolicy;
pub(crate) use apply_credit::{ApplyCredit, MAX_ITEMS};
pub(crate) use approve::Approve;
pub(crate) use close_period::ClosePeriod;
pub(crate) use create_and_issue_invoice::CreateAndIssueInvoice;
pub(crate) use create_customer::CreateCustomer;
pub(crate) use create_invoice::CreateInvoice;
pub(crate) use create_policy::CreatePolicy;
pub(crate) use create_series::CreateSeries;
pub(crate) use create_tenant::CreateTenant;
pub(crate) use create_terms::CreateTerms;
pub(crate) use credit_invoice::CreditInvoice;
pub(crate) use delete_invoice::DeleteInvoice;
pub(crate) use delete_policy::DeletePolicy;
pub(crate) use delete_series::DeleteSeries;
pub(crate) use delete_terms::DeleteTerms;
pub(crate) use deliver_invoice::DeliverInvoice;
pub(crate) use extend_due_date::ExtendDueDate;
pub(crate) use issue_invoice::IssueInvoice;
pub(crate) use record_recovery::RecordRecovery;
pub(crate) use render::{render_credit_note, render_invoice};
pub(crate) use reopen_period::ReopenPeriod;
pub(crate) use reverse_credit_entry::ReverseCreditEntry;
pub(crate) use reverse_settlements::{Reversal, ReverseSettlements};
pub(crate) use settle_items::{SettleItems, Settled, Verdict};
pub(crate) use update_customer::UpdateCustomer;
pub(crate) use update_invoice::UpdateInvoice;
pub(crate) use update_series::UpdateSeries;
pub(crate) use update_tenant::UpdateTenant;
pub(crate) use update_terms::UpdateTerms;
pub(crate) use void_invoice::VoidInvoice;
pub(crate) use write_off_credit::WriteOffCredit;
pub(crate) use write_off_item::WriteOffItem;

use chrono::NaiveDate;
use quittance_kernel::EntryId;

use crate::{
    Error,
    app::TenantSettings,
    domain::{OpenDays, Recording, Source},
};

/// The transaction of an operation of the service.
type Write<'a> = quittance_service::Write<'a, TenantSettings>;

/// A result per command of a batch.
type Batch<O> = quittance_service::Batch<O, Error>;

/// What the entries of the command at this index of its batch have in common.
fn recording(w: &Write<'_>, place: usize, open_days: OpenDays, source: Source, reason: &str) -> Recording {
    let origin = w.origin(place);
    Recording {
        source,
        actor: origin.actor,
        request: origin.request,
        reason: reason.to_owned(),
        at: w.now,
        open_days,
        new_id: EntryId::at,
    }
}

/// The same for the only command of a call, whose entries are dated on this day.
async fn recording_on(
    w: &mut Write<'_>,
    dated_on: NaiveDate,
    source: Source,
    reason: &str,
) -> Result<Recording, Error> {
    let open_days = periods::open_days(w, [dated_on]).await?;
    Ok(recording(w, 0, open_days, source, reason))
}
