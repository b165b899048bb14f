//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::Fault;
use tonic::{Code, Status};

use crate::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::CustomerNotFound(id) => {
                Fault::new(Code::NotFound, "CUSTOMER_NOT_FOUND", text).with("customer_id", id)
            }
            Error::Common(error) => return error.into(),
        }
        .into()
    }
}
