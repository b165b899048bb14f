//! The hashes of commands as the request log keeps them.

use quittance_proto::invoicing::v1 as pb;
use quittance_service::{BatchOperation as _, Operation as _, command_hash};
use quittance_testkit::KeptRequests;

use crate::ops;

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of("quittance.invoicing.v1");
    books(&mut kept);
    documents(&mut kept);
    credits(&mut kept);
    periods(&mut kept);
    kept.finish();
}

fn books(kept: &mut KeptRequests) {
    kept.check::<pb::CreateTenantRequest, _>(
        r#"{"tenant": {"name": "Northwind GmbH", "address": {"lines": ["Hafenstraße 12", "Hof 3"], "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}, "tax_id": "DE123456789",
            "base_currency_code": "EUR", "time_zone": "Europe/Berlin",
            "enquiries": {"name": "Accounts", "email": "accounts@northwind.example", "phone": "+49 40 5550100"},
            "late_payment_consequences": "Statutory interest.", "bank_account": "DE02120300000000202051",
            "terms_and_conditions": "Our terms apply.",
            "rounding_rule": {"scope": "ROUNDING_SCOPE_PER_LINE", "mode": "ROUNDING_MODE_HALF_EVEN"}}}"#,
        |request, command: ops::CreateTenant| command_hash(ops::CreateTenant::NAME, request, &command),
        "af4c0837ece6c8d8fbe8fffd6fa4ed4af62a71436c891e0a15dabc045705caea",
    );
    kept.check::<pb::UpdateTenantRequest, _>(
        r#"{"tenant": {"name": "Northwind GmbH", "address": {"lines": ["Hafenstraße 12", "Hof 3"], "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}, "tax_id": "DE123456789",
            "enquiries": {"name": "Accounts", "email": "accounts@northwind.example", "phone": "+49 40 5550100"},
            "late_payment_consequences": "Statutory interest.", "bank_account": "DE02120300000000202051",
            "terms_and_conditions": "Our terms apply.", "metadata": {"region": "north"}, "etag": "1",
            "rounding_rule": {"scope": "ROUNDING_SCOPE_PER_LINE", "mode": "ROUNDING_MODE_HALF_EVEN"}}, "update_mask": "*"}"#,
        |request, command: ops::UpdateTenant| command_hash(ops::UpdateTenant::NAME, request, &command),
        "fb5152ea023df4ff48e932367670238a82df2fe58b823ee4e839543b3ca1f54d",
    );
    kept.check::<pb::UpdateTenantRequest, _>(
        r#"{"tenant": {"address": {"city": "Bremen"}, "enquiries": {"phone": "+49 421 5550100"}, "rounding_rule": {"mode": "ROUNDING_MODE_HALF_UP"}},
            "update_mask": "address.city,enquiries.phone,roundingRule.mode"}"#,
        |request, command: ops::UpdateTenant| command_hash(ops::UpdateTenant::NAME, request, &command),
        "37558e0daae477a13a54214d68089e9f5257a095fe037010505942c95c62c56b",
    );
    kept.check::<pb::CreateSeriesRequest, _>(
        r#"{"series": {"code": "EXPORT", "kind": "SERIES_KIND_CREDIT_NOTE", "prefix": "EX-", "min_digits": 5, "next_number": "41"}}"#,
        |request, command: ops::CreateSeries| command_hash(ops::CreateSeries::NAME, request, &command),
        "6d62ee5074aca0342cfa04f94cee1bbb663b9034f056499ed5ea2a2dc8843bca",
    );
    kept.check::<pb::UpdateSeriesRequest, _>(
        r#"{"series": {"series_id": "018f4e2a-7d3b-7c55-9a86-000000000009", "code": "EXPORT", "prefix": "EX-", "min_digits": 5, "next_number": "41", "etag": "1"}, "update_mask": "*"}"#,
        |request, command: ops::UpdateSeries| command_hash(ops::UpdateSeries::NAME, request, &command),
        "f8e543799933c4b9b655f6e2afc44af476c1e136bbb9b6db5d8de94f82144ad8",
    );
    kept.check::<pb::DeleteSeriesRequest, _>(
        r#"{"series_id": "018f4e2a-7d3b-7c55-9a86-000000000009", "etag": "1"}"#,
        |request, command: ops::DeleteSeries| command_hash(ops::DeleteSeries::NAME, request, &command),
        "f1fe3e786d05b274a3dd6e0b2c672d8e407d0cb4849017da111a671c495c0f57",
    );
    kept.check::<pb::UpdateTermsRequest, _>(
        r#"{"terms": {"terms_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "code": "A", "payment_terms": {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}]}, "etag": "1"}, "update_mask": "*"}"#,
        |request, command: ops::UpdateTerms| command_hash(ops::UpdateTerms::NAME, request, &command),
        "5132d8665680555fee212183e22e0c549df84e7dd5248419da6a6b8c69b5c585",
    );
    kept.check::<pb::DeleteTermsRequest, _>(
        r#"{"terms_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "etag": "1"}"#,
        |request, command: ops::DeleteTerms| command_hash(ops::DeleteTerms::NAME, request, &command),
        "0440519af72685baaf8b281828cb0fdcac2300206099bcabbeb24304a31dab0c",
    );
    kept.check::<pb::CreateCustomerRequest, _>(
        r#"{"customer": {"number": "C-1", "name": "Ada Ltd", "address": {"lines": ["Hafenstraße 12", "Hof 3"], "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}, "tax_id": "GB123456789",
            "terms_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "bank_accounts": ["GB33BUKB20201555555555"],
            "contacts": [{"name": "Mary Miller", "email": "mary@ada.example", "phone": "+44 20 7946 0018", "pays_invoices": true}]}}"#,
        |request, command: ops::CreateCustomer| command_hash(ops::CreateCustomer::NAME, request, &command),
        "0f96a50e3859a73822d877dd46159ab6a59d29b020bd45f8d14465f141551f3d",
    );
    kept.check::<pb::UpdateCustomerRequest, _>(
        r#"{"customer": {"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "number": "C-1", "name": "Ada Ltd", "address": {"lines": ["Hafenstraße 12", "Hof 3"], "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}, "tax_id": "GB123456789",
            "terms_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "bank_accounts": ["GB33BUKB20201555555555"], "etag": "3",
            "contacts": [{"contact_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "name": "Mary Miller", "email": "mary@ada.example", "phone": "+44 20 7946 0018",
                "pays_invoices": true}]},
            "update_mask": "name,address,taxId,termsId,bankAccounts,contacts"}"#,
        |request, command: ops::UpdateCustomer| command_hash(ops::UpdateCustomer::NAME, request, &command),
        "dfc5bd7d34d079fe84746c8bfa6d3dfdd901f788b902d37843bf5ef42faaac4c",
    );
    kept.check::<pb::CreateTermsRequest, _>(
        r#"{"terms": {"code": "2/10 net 30", "payment_terms": {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}, {"days": 20, "percent": "1.5"}]}}}"#,
        |request, command: ops::CreateTerms| command_hash(ops::CreateTerms::NAME, request, &command),
        "bd187db5224fc20dd4571c79b7fb9ac04ae13ee6391125816807529d3cacb194",
    );
}

fn documents(kept: &mut KeptRequests) {
    kept.check::<pb::CreateInvoiceRequest, _>(
        r#"{"invoice": {"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "contact_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "currency_code": "EUR",
            "lines": [{"description": "Consulting", "quantity": "10", "unit": "h", "unit_price": "120.005", "tax_category": "S", "tax_rate": "19"},
                {"description": "Books", "quantity": "3", "unit": "piece", "unit_price": "12.5", "tax_category": "S", "tax_rate": "7"}],
            "terms": {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}, {"days": 20, "percent": "1.5"}]},
            "series_id": "018f4e2a-7d3b-7c55-9a86-000000000004", "issued_on": "2026-03-01", "reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000005",
            "purchase_order": "PO-7", "note": "With thanks"}}"#,
        |request, command: ops::CreateInvoice| command_hash(ops::CreateInvoice::NAME, request, &command),
        "22a767991f58b9af274d7556edc36879206a3ad98313d054953db016e9347a86",
    );
    kept.check::<pb::UpdateInvoiceRequest, _>(
        r#"{"invoice": {"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "etag": "2", "customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "contact_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "currency_code": "EUR",
            "lines": [{"description": "Consulting", "quantity": "10", "unit": "h", "unit_price": "120.005", "tax_category": "S", "tax_rate": "19"},
                {"description": "Books", "quantity": "3", "unit": "piece", "unit_price": "12.5", "tax_category": "S", "tax_rate": "7"}],
            "terms_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "due_on": "2026-03-31", "series_id": "018f4e2a-7d3b-7c55-9a86-000000000004", "issued_on": "2026-03-01", "reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000005",
            "purchase_order": "PO-7", "note": "With thanks"},
            "update_mask": "contactId,lines,termsId,seriesId,issuedOn,dueOn,reservationId,purchaseOrder,note"}"#,
        |request, command: ops::UpdateInvoice| command_hash(ops::UpdateInvoice::NAME, request, &command),
        "78f84cfaa6c02534893cd64b4d2e780b49ac2f9bfcb63fd85824d8faf0843a52",
    );
    kept.check::<pb::IssueInvoiceRequest, _>(
        r#"{"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "etag": "2"}"#,
        |request, command: ops::IssueInvoice| command_hash(ops::IssueInvoice::NAME, request, &command),
        "c6d4a3d53c8996b634f3dfcf903ad9f35ac39c27fc1045f8ed32a4d0d5df4eac",
    );
    kept.check::<pb::CreateAndIssueInvoiceRequest, _>(
        r#"{"invoice": {"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "contact_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "currency_code": "EUR",
            "lines": [{"description": "Consulting", "quantity": "10", "unit": "h", "unit_price": "120.005", "tax_category": "S", "tax_rate": "19"},
                {"description": "Books", "quantity": "3", "unit": "piece", "unit_price": "12.5", "tax_category": "S", "tax_rate": "7"}],
            "terms": {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}, {"days": 20, "percent": "1.5"}]},
            "series_id": "018f4e2a-7d3b-7c55-9a86-000000000004", "issued_on": "2026-03-01", "reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000005",
            "purchase_order": "PO-7", "note": "With thanks", "external_number": "OLD-17"}}"#,
        |request, command: ops::CreateAndIssueInvoice| command_hash(ops::CreateAndIssueInvoice::NAME, request, &command),
        "38b2c2752fc4569fd7bed5c72e53284a2619d4541dd6c80156242b0e8d6552e0",
    );
    kept.check::<pb::DeleteInvoiceRequest, _>(
        r#"{"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "etag": "1"}"#,
        |request, command: ops::DeleteInvoice| command_hash(ops::DeleteInvoice::NAME, request, &command),
        "29a5f97a8ead40b517ebc953d483318e2233d8c05e3e1f8d2c2f34b11db1c477",
    );
    kept.check::<pb::VoidInvoiceRequest, _>(
        r#"{"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "reason": "Issued twice", "etag": "2"}"#,
        |request, command: ops::VoidInvoice| command_hash(ops::VoidInvoice::NAME, request, &command),
        "97fe69060689ff33fbf153415b46772b311c72c47047e84e48f0606f476ea7ec",
    );
    kept.check::<pb::DeliverInvoiceRequest, _>(
        r#"{"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "contact_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "channel": "DELIVERY_CHANNEL_POST"}"#,
        |request, command: ops::DeliverInvoice| command_hash(ops::DeliverInvoice::NAME, request, &command),
        "a7acbe2c7e4318c3d6bcda92ff839c7f41ec3cd0a01b1b9758a95939522e26ea",
    );
    kept.check::<pb::CreditInvoiceRequest, _>(
        r#"{"invoice_id": "018f4e2a-7d3b-7c55-9a86-000000000006", "reason": "CREDIT_REASON_DAMAGE", "issued_on": "2026-03-02"}"#,
        |request, command: ops::CreditInvoice| command_hash(ops::CreditInvoice::NAME, request, &command),
        "0d50c842093ca09a5b44cf4c1b4bca9ce2b3fb5ce217e05aa84e959913313fdc",
    );
    kept.check::<pb::WriteOffItemRequest, _>(
        r#"{"item_id": "018f4e2a-7d3b-7c55-9a86-000000000008", "amount": {"currency_code": "EUR", "amount": "97.50"}, "reason": "BAD_DEBT_REASON_INSOLVENCY", "note": "No quota.", "effective_on": "2026-03-01"}"#,
        |request, command: ops::WriteOffItem| command_hash(ops::WriteOffItem::NAME, request, &command),
        "69f96368a8501d96d186995e8c89b836c92cffccdceb77811a421f63cb3fcc3e",
    );
    kept.check::<pb::RecordRecoveryRequest, _>(
        r#"{"bad_debt_id": "018f4e2a-7d3b-7c55-9a86-000000000012", "amount": {"currency_code": "EUR", "amount": "9.75"}, "effective_on": "2026-03-02", "reason": "A quota is paid."}"#,
        |request, command: ops::RecordRecovery| command_hash(ops::RecordRecovery::NAME, request, &command),
        "5a2a9da93796da448c6460089349c7c63b42426bbe1fbab2053ec4aa38de360f",
    );
    kept.check::<pb::ExtendDueDateRequest, _>(
        r#"{"item_id": "018f4e2a-7d3b-7c55-9a86-000000000008", "due_on": "2026-05-31", "effective_on": "2026-03-02", "reason": "Agreed by telephone"}"#,
        |request, command: ops::ExtendDueDate| command_hash(ops::ExtendDueDate::NAME, request, &command),
        "3af5c954c7766b50e36d2cdc968cb164356bff479d5fc8a1fa2088d20f9dd797",
    );
    kept.check::<pb::CreatePolicyRequest, _>(
        r#"{"policy": {"description": "Four eyes", "approvals": {"rules": [{"method": "ActivatePolicy"}, {"method": "WriteOffItem", "above": [{"currency_code": "EUR", "amount": "500.00"}, {"currency_code": "CHF", "amount": "450.00"}]}], "valid_days": 7}}}"#,
        |request, command: ops::CreatePolicy| command_hash(ops::CreatePolicy::NAME, request, &command),
        "ff3aabac62dd586c140c8fa3cf4d2dc1c32c500eaa24a19b23027f8e8ec879b7",
    );
    kept.check::<pb::DeletePolicyRequest, _>(
        r#"{"policy_id": "018f4e2a-7d3b-7c55-9a86-000000000013", "etag": "1"}"#,
        |request, command: ops::DeletePolicy| command_hash(ops::DeletePolicy::NAME, request, &command),
        "21966595fdf427d9f63a5221acda0a230e8a4e340d2a1d60c4f1d32d8e2eea84",
    );
    kept.check::<pb::ActivatePolicyRequest, _>(
        r#"{"policy_id": "018f4e2a-7d3b-7c55-9a86-000000000013", "effective_on": "2026-03-04", "etag": "1", "reason": "Audit"}"#,
        |request, command: ops::ActivatePolicy| command_hash(ops::ActivatePolicy::NAME, request, &command),
        "f785b09d5b33b790f2e257b92916091d65d805e83a3f63b9f8c95608807b7b3f",
    );
    kept.check::<pb::SettleItemsRequest, _>(
        r#"{"settlements": [
            {"allocation_id": "018f4e2a-7d3b-7c55-9a86-000000000007", "item_id": "018f4e2a-7d3b-7c55-9a86-000000000008", "payment_id": "018f4e2a-7d3b-7c55-9a86-000000000009", "amount": {"currency_code": "EUR", "amount": "97.50"},
                "discount": {"currency_code": "EUR", "amount": "2.00"}, "effective_on": "2026-03-01", "write_off": {"currency_code": "EUR", "amount": "0.50"}, "write_off_reason": "WRITE_OFF_REASON_SMALL_DIFFERENCE"},
            {"allocation_id": "018f4e2a-7d3b-7c55-9a86-000000000010", "item_id": "018f4e2a-7d3b-7c55-9a86-000000000011", "payment_id": "018f4e2a-7d3b-7c55-9a86-000000000009", "amount": {"currency_code": "EUR", "amount": "1.00"},
                "effective_on": "2026-03-01"}]}"#,
        |request, command: ops::SettleItems| command_hash(ops::SettleItems::NAME, request, &command),
        "776fa9ef9fe18f8a3c8b9ebfa6ba3fa2637f9c40c3bf2442517091732723803f",
    );
    kept.check::<pb::ReverseSettlementsRequest, _>(
        r#"{"reversals": [{"allocation_id": "018f4e2a-7d3b-7c55-9a86-000000000007", "effective_on": "2026-03-02", "reason": "Returned by the bank"}]}"#,
        |request, command: ops::ReverseSettlements| command_hash(ops::ReverseSettlements::NAME, request, &command),
        "5660431670d38dd48ab3c780d763b553b17ecdaa24d1895bfa6b4686b489a821",
    );
}

fn credits(kept: &mut KeptRequests) {
    kept.check::<pb::ApplyCreditRequest, _>(
        r#"{"credit_id": "018f4e2a-7d3b-7c55-9a86-000000000014", "applications": [{"item_id": "018f4e2a-7d3b-7c55-9a86-000000000008", "amount": {"currency_code": "EUR", "amount": "9.75"}}, {"item_id": "018f4e2a-7d3b-7c55-9a86-000000000011"}], "effective_on": "2026-03-02", "reason": "Agreed by telephone"}"#,
        |request, command: ops::ApplyCredit| command_hash(ops::ApplyCredit::NAME, request, &command),
        "e7b44ead52fbf4e658989feea0cac70e2e02eb73c9f295b3cee6d0289f057707",
    );
    kept.check::<pb::WriteOffCreditRequest, _>(
        r#"{"credit_id": "018f4e2a-7d3b-7c55-9a86-000000000014", "amount": {"currency_code": "EUR", "amount": "9.75"}, "effective_on": "2026-03-02", "reason": "Barred by lapse of time"}"#,
        |request, command: ops::WriteOffCredit| command_hash(ops::WriteOffCredit::NAME, request, &command),
        "c979bdd074ccb9e3754bfff8361bfcb58873aefaacd8ebed528a909b8acf7d56",
    );
    kept.check::<pb::ReverseCreditEntryRequest, _>(
        r#"{"credit_id": "018f4e2a-7d3b-7c55-9a86-000000000014", "entry_id": "018f4e2a-7d3b-7c55-9a86-000000000015", "effective_on": "2026-03-02", "reason": "Wrong invoice"}"#,
        |request, command: ops::ReverseCreditEntry| command_hash(ops::ReverseCreditEntry::NAME, request, &command),
        "f7561936e2b7bf1e6397876797ec306d002da2af38eeb41474fb16640fc5a310",
    );
}

fn periods(kept: &mut KeptRequests) {
    kept.check::<pb::ClosePeriodRequest, _>(
        r#"{"end_on": "2026-02-28"}"#,
        |request, command: ops::ClosePeriod| command_hash(ops::ClosePeriod::NAME, request, &command),
        "3cf000b31ebedcb6f21813c28180e2f2cebf26df2ed2e3f571855f6603cf3e37",
    );
    kept.check::<pb::ReopenPeriodRequest, _>(
        r#"{"period_id": "018f4e2a-7d3b-7c55-9a86-000000000016", "reason": "An invoice was missing"}"#,
        |request, command: ops::ReopenPeriod| command_hash(ops::ReopenPeriod::NAME, request, &command),
        "ee41e60ab217158ec3c89c0cc5be1fcf293ba9c299852cc052c0c0c1c6a440d3",
    );
    kept.check::<pb::CreatePolicyRequest, _>(
        r#"{"policy": {"late_entries": {"treatment": "LATE_ENTRY_TREATMENT_REFUSE"}}}"#,
        |request, command: ops::CreatePolicy| command_hash(ops::CreatePolicy::NAME, request, &command),
        "65e740b992016334b8fb1d5d7480adf2e1886de7e13675e6aa25dc2812c2a109",
    );
}
