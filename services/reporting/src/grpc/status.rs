//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::{Fault, db_fault};
use tonic::{Code, Status};

use crate::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::TenantNotFound(id) => Fault::new(Code::NotFound, "TENANT_NOT_FOUND", text).with("tenant_id", id),
            Error::CustomerNotFound(id) => {
                Fault::new(Code::NotFound, "CUSTOMER_NOT_FOUND", text).with("customer_id", id)
            }
            Error::Db(error) => return db_fault(&error),
        }
        .into()
    }
}
