//! The results of a batch's entries.

use prost::Message as _;
use prost_types::Any;
use tonic::Status;
use tonic_types::pb;

/// A failed call's status in the form that an entry of a batch carries, in about `max_bytes`: field violations beyond that are left out, and counted
/// by `violations_omitted`.
pub fn entry_status(status: &Status, max_bytes: usize) -> pb::Status {
    let whole = pb::Status::decode(status.details()).ok().filter(|decoded| decoded.code != 0).unwrap_or_else(|| {
        pb::Status { code: status.code() as i32, message: status.message().to_owned(), details: vec![] }
    });
    if whole.encoded_len() <= max_bytes { whole } else { shortened(whole, max_bytes) }
}

fn shortened(mut status: pb::Status, max_bytes: usize) -> pb::Status {
    let mut bytes = status.encoded_len();
    let mut omitted = 0;
    change(&mut status, "google.rpc.BadRequest", |request: &mut pb::BadRequest| {
        while bytes > max_bytes && request.field_violations.len() > 1 {
            let Some(last) = request.field_violations.pop() else { break };
            bytes -= last.encoded_len();
            omitted += 1;
        }
    });
    change(&mut status, "google.rpc.ErrorInfo", |info: &mut pb::ErrorInfo| {
        let before: usize = info.metadata.get("violations_omitted").and_then(|n| n.parse().ok()).unwrap_or_default();
        if omitted > 0 {
            info.metadata.insert("violations_omitted".to_owned(), (before + omitted).to_string());
        }
    });
    status
}

/// Changes the detail of one type, if there is one.
fn change<D: prost::Message + Default>(status: &mut pb::Status, name: &str, change: impl FnOnce(&mut D)) {
    let detail = status.details.iter_mut().find(|any| any.type_url.ends_with(name));
    let Some((detail, mut decoded)) = detail.and_then(|any| D::decode(any.value.as_slice()).ok().map(|d| (any, d)))
    else {
        return;
    };
    change(&mut decoded);
    *detail = Any { value: decoded.encode_to_vec(), ..std::mem::take(detail) };
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::{Violations, error_info};

    #[test]
    fn an_entry_keeps_to_its_share_and_counts_what_is_left_out() {
        let mut bad = Violations::default();
        for i in 0..1_000 {
            bad.add(format!("invoice.lines[{i}].quantity"), "DECIMAL_MALFORMED", "is not a decimal number");
        }
        let status = Status::from(bad);
        let entry = entry_status(&status, 786);
        assert!(entry.encoded_len() <= 900, "{}", entry.encoded_len());
        let again = Status::with_details(Code::InvalidArgument, "", entry.encode_to_vec().into());
        let named = entry.details.iter().find(|any| any.type_url.ends_with("BadRequest")).unwrap();
        let named = pb::BadRequest::decode(named.value.as_slice()).unwrap().field_violations.len();
        let omitted: usize = error_info(&again).unwrap().metadata["violations_omitted"].parse().unwrap();
        assert_eq!(named + omitted, 1_000);
        assert!(named >= 2, "{named}");
        assert_eq!(entry_status(&status, 1 << 20).encoded_len(), status.details().len());
    }
}
