//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::{Fault, internal};
use tonic::{Code, Status};

use crate::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let not_found = |reason| Fault::new(Code::NotFound, reason, text.clone());
        let taken = |reason| Fault::new(Code::AlreadyExists, reason, text.clone());
        match error {
            Error::SeriesNotFound(id) => not_found("SERIES_NOT_FOUND").with("series_id", id),
            Error::TermsNotFound(id) => not_found("TERMS_NOT_FOUND").with("terms_id", id),
            Error::CustomerNotFound(id) => not_found("CUSTOMER_NOT_FOUND").with("customer_id", id),
            Error::ContactNotFound(id) => not_found("CONTACT_NOT_FOUND").with("contact_id", id),
            Error::InvoiceNotFound(id) => not_found("INVOICE_NOT_FOUND").with("invoice_id", id),
            Error::CreditNoteNotFound(id) => not_found("CREDIT_NOTE_NOT_FOUND").with("credit_note_id", id),
            Error::DeliveryNotFound(id) => not_found("DELIVERY_NOT_FOUND").with("delivery_id", id),
            Error::BadDebtNotFound(id) => not_found("BAD_DEBT_NOT_FOUND").with("bad_debt_id", id),
            Error::PeriodNotFound(id) => not_found("PERIOD_NOT_FOUND").with("period_id", id),
            Error::CreditNotFound(id) => not_found("CREDIT_NOT_FOUND").with("credit_id", id),
            Error::CreditEntryNotFound(id) => not_found("CREDIT_ENTRY_NOT_FOUND").with("entry_id", id),
            Error::TolerancePolicyNotFound(id) => not_found("TOLERANCE_POLICY_NOT_FOUND").with("policy_id", id),
            Error::ItemNotFound(id) => not_found("ITEM_NOT_FOUND").with("item_id", id),
            Error::TenantExists(id) => taken("TENANT_EXISTS").with("tenant_id", id),
            Error::SeriesExists(code) => taken("SERIES_EXISTS").with("code", code),
            Error::TermsCodeTaken(code) => taken("TERMS_CODE_TAKEN").with("code", code),
            Error::CustomerNumberTaken(number) => taken("CUSTOMER_NUMBER_TAKEN").with("number", number),
            Error::ExternalNumberTaken(number) => taken("EXTERNAL_NUMBER_TAKEN").with("external_number", number),
            Error::ExternalNumberInSeries { number, series } => {
                taken("EXTERNAL_NUMBER_IN_SERIES").with("external_number", number).with("series_code", series)
            }
            Error::NumberTaken => taken("NUMBER_TAKEN"),
            Error::SeriesPrefixTaken { prefix, series } => {
                taken("SERIES_PREFIX_TAKEN").with("prefix", prefix).with("series_code", series)
            }
            Error::TermsInUse(id) => Fault::new(Code::FailedPrecondition, "TERMS_IN_USE", text.clone())
                .precondition("TERMS_IN_USE", format!("terms {id}"), text)
                .with("terms_id", id),
            Error::Refused { subject, refusal } => {
                let reason = refusal.reason();
                Fault::new(Code::FailedPrecondition, reason, text).precondition(reason, subject, refusal.to_string())
            }
            Error::SimulationTooLarge => Fault::new(Code::FailedPrecondition, "PERIOD_TOO_LONG", text.clone())
                .precondition("PERIOD_TOO_LONG", "period", text),
            Error::Document(error) => return internal(&error),
            Error::Common(error) => return error.into(),
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use quittance_grpc::error_info;
    use quittance_kernel::{Clock, Currency, ItemId, Money};
    use quittance_proto::reasons;

    use super::*;
    use crate::domain::Refusal;

    /// Payments relies on the reasons that invoicing returns.
    #[test]
    fn settlements_are_refused_by_the_reasons_of_the_contract() {
        let zero = Money::zero(Currency::EUR);
        let reason = |error: Error| error_info(&error.into()).unwrap().reason;
        let refused = |refusal| reason(Error::refused("allocation", refusal));
        assert_eq!(reason(Error::ItemNotFound(ItemId::at(Clock::system().now()))), reasons::ITEM_NOT_FOUND);
        let exceeds = Refusal::SettlementExceedsOpen { open: zero };
        assert_eq!(refused(exceeds), reasons::SETTLEMENT_EXCEEDS_OPEN);
        assert_eq!(refused(Refusal::WriteOffNotAllowed { why: "" }), reasons::WRITE_OFF_NOT_ALLOWED);
        let day = chrono::NaiveDate::default();
        let ahead = Refusal::EffectiveInFuture { effective_on: day, today: day };
        assert_eq!(refused(ahead), reasons::EFFECTIVE_IN_FUTURE);
    }
}
