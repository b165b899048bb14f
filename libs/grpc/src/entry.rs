//! The results of a batch's entries.

use tonic::Status;
use tonic_types::pb;

/// A failed call's status in the form that an entry of a batch carries.
pub fn entry_status(status: &Status) -> pb::Status {
    prost::Message::decode(status.details()).ok().filter(|decoded: &pb::Status| decoded.code != 0).unwrap_or_else(
        || pb::Status { code: status.code() as i32, message: status.message().to_owned(), details: vec![] },
    )
}
