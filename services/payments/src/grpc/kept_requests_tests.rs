//! The hashes of commands as the request log keeps them.

use quittance_proto::payments::v1 as pb;
use quittance_service::{BatchOperation as _, Operation as _, command_hash};
use quittance_testkit::KeptRequests;

use crate::ops;

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of("quittance.payments.v1");
    kept.check::<pb::RecordPaymentRequest, _>(
        r#"{"payment": {"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "amount": {"currency_code": "EUR", "amount": "119.00"}, "received_on": "2026-03-01",
            "method": "PAYMENT_METHOD_TRANSFER", "payer_name": "Ada Ltd", "payer_account": "GB33BUKB20201555555555",
            "text": "invoice INV-000001", "external_reference": "BANK-1"}}"#,
        |request, command: ops::RecordPayment| command_hash(ops::RecordPayment::NAME, request, &command),
        "01da4372ab5f4961bd243c0ac7005c98f959bc699b61dc24571ce7ab1e684b38",
    );
    kept.check::<pb::ApplyPaymentRequest, _>(
        r#"{"payment_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "effective_on": "2026-03-01", "etag": "2", "allocations": [
            {"item_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "amount": {"currency_code": "EUR", "amount": "97.50"}, "discount": {"currency_code": "EUR", "amount": "2.00"}, "write_off": {"currency_code": "EUR", "amount": "0.50"},
                "write_off_reason": "WRITE_OFF_REASON_SMALL_DIFFERENCE"}]}"#,
        |request, command: ops::ApplyPayment| command_hash(ops::ApplyPayment::NAME, request, &command),
        "62730c1301b50da31dc16eea71d82235fb37a015017fc0fe45c8d4203de23444",
    );
    kept.check::<pb::UnapplyPaymentRequest, _>(
        r#"{"payment_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "allocation_ids": ["018f4e2a-7d3b-7c55-9a86-000000000004"], "effective_on": "2026-03-02",
            "reason": "Returned by the bank", "etag": "3"}"#,
        |request, command: ops::UnapplyPayment| command_hash(ops::UnapplyPayment::NAME, request, &command),
        "da05479c8615b8ac60f9703601960bd691529c161555adca78db243f70e5db22",
    );
    kept.check::<pb::ConfirmMatchRequest, _>(
        r#"{"payment_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "alternative": 1, "etag": "2"}"#,
        |request, command: ops::ConfirmMatch| command_hash(ops::ConfirmMatch::NAME, request, &command),
        "01fb706e4b9e304e9a1a0c4943be9c347787e07d6c3053cf7283893a98535de5",
    );
    kept.check::<pb::SetMatchingPolicyRequest, _>(
        r#"{"policy": {"fallback": "MATCH_FALLBACK_OLDEST_FIRST"}, "etag": "1"}"#,
        |request, command: ops::SetMatchingPolicy| command_hash(ops::SetMatchingPolicy::NAME, request, &command),
        "3f67e8b7c4f81dbb3a7965e1fd2ed17ead94de654758f929b84ada8a8f6d8638",
    );
    kept.check::<pb::ImportBankLinesRequest, _>(
        r#"{"file_name": "march.csv", "account": "DE02120300000000202051",
            "content": "ZGF0ZTt2YWx1ZTtjcmVkaXQ7ZGViaXQ7bmFtZTthY2NvdW50O3RleHQ7cmVmO3NpZGUKMjAyNi0wMy0wMTsyMDI2LTAzLTAyOzExOSwwMDs7QWRhIEx0ZDtHQjMzQlVLQjIwMjAxNTU1NTU1NTU1O0lOVi0wMDAwMDE7Qi0xO0MK",
            "map": {"booked_on": "date", "value_on": "value", "credit": "credit", "debit": "debit", "payer_name": "name",
                "payer_account": "account", "text": ["text"], "reference": "ref", "currency_code": "EUR", "date_format": "%Y-%m-%d",
                "delimiter": ";", "decimal_separator": ","}}"#,
        |request, file: ops::BankLinesFile| command_hash(ops::ImportBankLines::NAME, request, &ops::ImportBankLines::read(file).unwrap()),
        "710c130fd068b36a99b24958593974e835e92ac4425c5d9f16b09f31a0e00730",
    );
    kept.check::<pb::ImportBankFileRequest, _>(
        r#"{"file_name": "march.sta", "content": "OjIwOlNBTVBMRQ0KOjI1OjEyMDMwMDAwLzAwMDAyMDIwNTENCjoyOEM6MDAwMDcvMDAxDQo6NjBGOkMyNjAzMDFFVVIxMDAwLDAwDQo6NjE6MjYwMzAyMDMwMkMxMjAsNTBOVFJGTk9OUkVGLy9CLTENCjo4NjoxNjY/MDBHVVRTQ0hSSUZUPzIwRVJFRitFLTE/MjFTVldaK0lOVi0wMDA0MTc/MzJBZGEgV2VhdmluZw0KOjYyRjpDMjYwMzAyRVVSMTEyMCw1MA0KLQ0K"}"#,
        |request, file: ops::BankFile| command_hash(ops::ImportBankFile::NAME, request, &ops::ImportBankFile::read(file).unwrap()),
        "6bd5d3a553266ad2a3b3e81f2dbb88ae281f3031026bc64e5f97bee1c9b94510",
    );
    kept.finish();
}
