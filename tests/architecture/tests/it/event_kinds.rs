//! The names of events, which are stored with them.

use std::collections::BTreeSet;

use quittance_architecture::services;

/// Every kind that a service writes into its outbox. Consumers of every version know events by these names: one is added, none is changed.
const KINDS: [&str; 57] = [
    "quittance.collections.v1.DisputeOpened",
    "quittance.collections.v1.DisputeResolved",
    "quittance.collections.v1.ReminderRecorded",
    "quittance.collections.v1.RunEnded",
    "quittance.collections.v1.RunStarted",
    "quittance.collections.v1.StrategyCreated",
    "quittance.collections.v1.StrategyDeleted",
    "quittance.collections.v1.StrategyUpdated",
    "quittance.creditrisk.v1.CreditReserved",
    "quittance.creditrisk.v1.ProfileCreated",
    "quittance.creditrisk.v1.ProfileDeleted",
    "quittance.creditrisk.v1.ProfileUpdated",
    "quittance.creditrisk.v1.ReservationConfirmed",
    "quittance.creditrisk.v1.ReservationExpired",
    "quittance.creditrisk.v1.ReservationInvoiced",
    "quittance.creditrisk.v1.ReservationReleased",
    "quittance.invoicing.v1.ApprovalGranted",
    "quittance.invoicing.v1.ApprovalRejected",
    "quittance.invoicing.v1.ApprovalRequested",
    "quittance.invoicing.v1.CreditApplied",
    "quittance.invoicing.v1.CreditEntryReversed",
    "quittance.invoicing.v1.CreditWrittenOff",
    "quittance.invoicing.v1.CustomerCreated",
    "quittance.invoicing.v1.CustomerUpdated",
    "quittance.invoicing.v1.DueDateExtended",
    "quittance.invoicing.v1.InvoiceCredited",
    "quittance.invoicing.v1.InvoiceDeleted",
    "quittance.invoicing.v1.InvoiceDelivered",
    "quittance.invoicing.v1.InvoiceDrafted",
    "quittance.invoicing.v1.InvoiceIssued",
    "quittance.invoicing.v1.InvoiceUpdated",
    "quittance.invoicing.v1.InvoiceVoided",
    "quittance.invoicing.v1.ItemSettled",
    "quittance.invoicing.v1.ItemWrittenOff",
    "quittance.invoicing.v1.PeriodClosed",
    "quittance.invoicing.v1.PeriodReopened",
    "quittance.invoicing.v1.PolicyActivated",
    "quittance.invoicing.v1.PolicyCreated",
    "quittance.invoicing.v1.PolicyDeleted",
    "quittance.invoicing.v1.RecoveryRecorded",
    "quittance.invoicing.v1.SeriesCreated",
    "quittance.invoicing.v1.SeriesDeleted",
    "quittance.invoicing.v1.SeriesUpdated",
    "quittance.invoicing.v1.SettlementReversed",
    "quittance.invoicing.v1.TenantCreated",
    "quittance.invoicing.v1.TenantUpdated",
    "quittance.invoicing.v1.TermsCreated",
    "quittance.invoicing.v1.TermsDeleted",
    "quittance.invoicing.v1.TermsUpdated",
    "quittance.payments.v1.AllocationRejected",
    "quittance.payments.v1.BankFileImported",
    "quittance.payments.v1.MatchReviewUpdated",
    "quittance.payments.v1.MatchingPolicyUpdated",
    "quittance.payments.v1.PaymentApplied",
    "quittance.payments.v1.PaymentAttributed",
    "quittance.payments.v1.PaymentReceived",
    "quittance.payments.v1.PaymentUnapplied",
];

#[test]
fn kinds_of_events_are_what_they_always_were() {
    let modules = services().iter().flat_map(|one| one.modules.values());
    let outboxes = modules.filter(|module| module.path.first().is_some_and(|first| first == "outbox"));
    let texts = outboxes.flat_map(|module| &module.names.texts).map(String::as_str);
    let found: BTreeSet<&str> = texts.filter(|text| text.starts_with("quittance.")).collect();
    assert_eq!(found, KINDS.into());
}
