//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::Fault;
use tonic::{Code, Status};

use crate::{Error, domain::Refusal};

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let not_found = |reason| Fault::new(Code::NotFound, reason, text.clone());
        match error {
            Error::CustomerNotFound(id) => not_found("CUSTOMER_NOT_FOUND").with("customer_id", id),
            Error::ItemNotFound(id) => not_found("ITEM_NOT_FOUND").with("item_id", id),
            Error::PaymentNotFound(id) => not_found("PAYMENT_NOT_FOUND").with("payment_id", id),
            Error::ImportNotFound(id) => not_found("IMPORT_NOT_FOUND").with("import_id", id),
            Error::ExternalReferenceTaken(reference) => {
                Fault::new(Code::AlreadyExists, "EXTERNAL_REFERENCE_TAKEN", text).with("external_reference", reference)
            }
            Error::ReviewNotFound(id, _) => not_found("MATCH_REVIEW_NOT_FOUND").with("payment_id", id),
            Error::AlternativeEmpty(id, _) => {
                Fault::new(Code::FailedPrecondition, "ALTERNATIVE_EMPTY", text).with("payment_id", id)
            }
            Error::Refused { refusal: Refusal::AllocationNotFound(id), .. } => {
                not_found("ALLOCATION_NOT_FOUND").with("allocation_id", id)
            }
            Error::Refused { subject, refusal } => {
                let reason = refusal.reason();
                Fault::new(Code::FailedPrecondition, reason, text).precondition(reason, subject, refusal.to_string())
            }
            Error::File(error) => Fault::new(Code::InvalidArgument, error.reason(), text),
            Error::FileUnreadable(_) => Fault::new(Code::InvalidArgument, "FILE_UNREADABLE", text),
            Error::FileTooLong(lines) => {
                Fault::new(Code::InvalidArgument, "FILE_TOO_LONG", text).with("max_lines", lines)
            }
            Error::Common(error) => return error.into(),
        }
        .into()
    }
}
