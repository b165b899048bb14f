//! Reasons of wrong fields, as callers get them: each request is wrong in everything that is listed with it, and in nothing else.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

use crate::program::{Folder, Up, tenant};

const TENANT: &str = "01a228f2-d5cf-736e-8788-0000000000e1";
const UNKNOWN: &str = "01a228f2-d5cf-736e-8788-0000000000e2";

/// A method, a request, and its wrong fields with their reasons.
type Wrong = (&'static str, Value, &'static [(&'static str, &'static str)]);

fn eur(amount: &str) -> Value {
    json!({"currency_code": "EUR", "amount": amount})
}

fn line(quantity: &str, unit_price: &str, category: &str, rate: &str) -> Value {
    json!({"description": "Work", "quantity": quantity, "unit_price": unit_price, "tax_category": category, "tax_rate": rate})
}

fn terms(net_days: i32, discounts: &[(i32, &str)]) -> Value {
    let discounts: Vec<Value> =
        discounts.iter().map(|(days, percent)| json!({"days": days, "percent": percent})).collect();
    json!({"terms": {"code": "A", "payment_terms": {"net_days": net_days, "discounts": discounts}}})
}

fn books() -> Vec<Wrong> {
    vec![
        (
            "TenantService/CreateTenant",
            json!({"tenant": {
                "name": "a\u{7}", "base_currency_code": "XXX", "time_zone": "Mars/One", "late_payment_consequences": "Interest.",
                "terms_and_conditions": "General terms.", "enquiries": {"name": "x".repeat(300), "email": "accounts"},
                "address": {"lines": ["a"], "country_code": "Germany"}, "rounding_rule": {"mode": "ROUNDING_MODE_HALF_UP"},
            }}),
            &[
                ("tenant.base_currency_code", "CURRENCY_UNKNOWN"),
                ("tenant.rounding_rule", "ROUNDING_RULE_INCOMPLETE"),
                ("tenant.name", "TEXT_HAS_CONTROL_CHARACTERS"),
                ("tenant.address.country_code", "COUNTRY_MALFORMED"),
                ("tenant.time_zone", "TIME_ZONE_UNKNOWN"),
                ("tenant.enquiries.name", "TEXT_TOO_LONG"),
                ("tenant.enquiries.email", "EMAIL_MALFORMED"),
            ],
        ),
        (
            "PolicyService/CreatePolicy",
            json!({"policy": {"approvals": {"valid_days": 91, "rules": [
                {"method": "VoidInvoice"}, {"method": "WriteOffItem", "above": [eur("-1"), eur("1"), eur("1")]},
            ]}}}),
            &[
                ("policy.approvals.rules[0].method", "APPROVAL_METHOD_UNKNOWN"),
                ("policy.approvals.rules[1].above[0]", "NEGATIVE"),
                ("policy.approvals.rules[1].above[2]", "CURRENCY_TWICE"),
                ("policy.approvals.valid_days", "DAYS_OUT_OF_RANGE"),
            ],
        ),
        ("PolicyService/ListPolicies", json!({"kind": "other"}), &[("kind", "POLICY_KIND_UNKNOWN")]),
        (
            "TenantService/CreateSeries",
            json!({"series": {"code": "a b!", "prefix": "x y", "min_digits": 40, "next_number": -1, "kind": "SERIES_KIND_INVOICE"}}),
            &[
                ("series.code", "SERIES_CODE_MALFORMED"),
                ("series.prefix", "SERIES_PREFIX_MALFORMED"),
                ("series.min_digits", "SERIES_MIN_DIGITS_OUT_OF_RANGE"),
                ("series.next_number", "SERIES_NEXT_NUMBER_OUT_OF_RANGE"),
            ],
        ),
        (
            "CustomerService/CreateTerms",
            terms(30, &[(10, "101"), (12, "x"), (14, "1.23456789")]),
            &[
                ("terms.payment_terms.discounts[0].percent", "PERCENT_OUT_OF_RANGE"),
                ("terms.payment_terms.discounts[1].percent", "PERCENT_NOT_A_NUMBER"),
                ("terms.payment_terms.discounts[2].percent", "PERCENT_TOO_MANY_DECIMALS"),
            ],
        ),
        (
            "CustomerService/CreateTerms",
            terms(30, &[(10, "2"), (5, "1")]),
            &[("terms.payment_terms", "TERMS_DAYS_NOT_INCREASING")],
        ),
        (
            "CustomerService/CreateTerms",
            terms(30, &[(10, "2"), (15, "3")]),
            &[("terms.payment_terms", "TERMS_PERCENTS_NOT_DECREASING")],
        ),
        ("CustomerService/CreateTerms", terms(30, &[(10, "0")]), &[("terms.payment_terms", "TERMS_DISCOUNT_ZERO")]),
        (
            "CustomerService/CreateTerms",
            terms(30, &[(1, "9"), (2, "8"), (3, "7"), (4, "6"), (5, "5"), (6, "4")]),
            &[("terms.payment_terms", "TERMS_TOO_MANY_DISCOUNTS")],
        ),
        ("CustomerService/CreateTerms", terms(70_000, &[]), &[("terms.payment_terms.net_days", "DAYS_OUT_OF_RANGE")]),
        ("CustomerService/CreateTerms", terms(5_000, &[]), &[("terms.payment_terms.net_days", "TERMS_TOO_LONG")]),
        (
            "CustomerService/CreateCustomer",
            json!({"customer": {
                "name": "A", "number": "x".repeat(300), "terms_id": "x", "metadata": {"a b": "1"}, "contacts": [{"name": "A", "email": "accounts"}],
                "bank_accounts": ["DE02120300000000202051", "DE02120300000000202051"],
            }}),
            &[
                ("customer.terms_id", "ID_MALFORMED"),
                ("customer.metadata.a b", "METADATA_KEY_MALFORMED"),
                ("customer.number", "TEXT_TOO_LONG"),
                ("customer.bank_accounts[1]", "LIST_DUPLICATE"),
                ("customer.contacts[0].email", "EMAIL_MALFORMED"),
            ],
        ),
        (
            "CustomerService/CreateCustomer",
            json!({"customer": {"name": "A", "bank_accounts": (0..500).map(|n| n.to_string()).collect::<Vec<_>>()}}),
            &[("customer.bank_accounts", "LIST_TOO_LONG")],
        ),
    ]
}

fn documents() -> Vec<Wrong> {
    vec![
        (
            "InvoiceService/CreateInvoice",
            json!({"invoice": {"customer_id": UNKNOWN, "currency_code": "EUR", "issued_on": "2026-02-30", "lines": [
                line("1", &format!("1{}", "0".repeat(20)), "QQ", "101"), line("1.12345678901", "x", "Z", "0"),
                line(&"9".repeat(20), "1.1234567890123", "S", "5"), line("1", "1", "S", "0"), line("1", "1", "S", "x"),
            ]}}),
            &[
                ("invoice.lines[0].unit_price", "DECIMAL_TOO_LARGE"),
                ("invoice.lines[0].tax_category", "TAX_CATEGORY_UNKNOWN"),
                ("invoice.lines[0].tax_rate", "PERCENT_OUT_OF_RANGE"),
                ("invoice.lines[1].quantity", "DECIMAL_TOO_MANY_DECIMALS"),
                ("invoice.lines[1].unit_price", "DECIMAL_MALFORMED"),
                ("invoice.lines[2].quantity", "DECIMAL_TOO_LARGE"),
                ("invoice.lines[2].unit_price", "DECIMAL_TOO_MANY_DECIMALS"),
                ("invoice.lines[3].tax_rate", "TAX_RATE_NOT_OF_CATEGORY"),
                ("invoice.lines[4].tax_rate", "PERCENT_NOT_A_NUMBER"),
                ("invoice.issued_on", "DATE_NO_SUCH_DAY"),
            ],
        ),
        (
            "InvoiceService/CreateInvoice",
            json!({"invoice": {"currency_code": "EUR"}}),
            &[("invoice.customer_id", "FIELD_REQUIRED"), ("invoice.lines", "LINES_OUT_OF_RANGE")],
        ),
        ("InvoiceService/BatchCreateInvoices", json!({}), &[("requests", "BATCH_SIZE_OUT_OF_RANGE")]),
        (
            "InvoiceService/ListInvoices",
            json!({
                "page_size": -1, "page_token": "x", "order_by": "name", "customer_ids": vec![UNKNOWN; 101],
                "issued_on": {"from_on": "2026-02-02", "to_on": "2026-02-01"},
                "total": {"currency_code": "EUR", "from_amount": "5", "to_amount": "3"},
            }),
            &[
                ("page_size", "PAGE_SIZE_OUT_OF_RANGE"),
                ("page_token", "PAGE_TOKEN_INVALID"),
                ("order_by", "ORDER_UNKNOWN"),
                ("customer_ids", "FILTER_TOO_LONG"),
                ("issued_on.to_on", "PERIOD_EMPTY"),
                ("total.to_amount", "AMOUNT_RANGE_EMPTY"),
            ],
        ),
        ("InvoiceService/SearchInvoices", json!({"query": "a"}), &[("query", "QUERY_TOO_SHORT")]),
        (
            "InvoicingWebhookService/CreateWebhook",
            json!({"webhook": {"url": "http://receiver.example/", "event_types": ["x.Y"]}}),
            &[("webhook.url", "URL_NOT_HTTPS"), ("webhook.event_types[0]", "EVENT_TYPE_UNKNOWN")],
        ),
        (
            "InvoicingWebhookService/CreateWebhook",
            json!({"webhook": {"url": "receiver"}}),
            &[("webhook.url", "URL_MALFORMED")],
        ),
        (
            "InvoicingWebhookService/CreateWebhook",
            json!({"webhook": {"url": "https://10.0.0.1/"}}),
            &[("webhook.url", "URL_NOT_PUBLIC")],
        ),
        (
            "InvoicingWebhookService/RotateWebhookSecret",
            json!({"webhook_id": UNKNOWN, "overlap": "900000s"}),
            &[("overlap", "OVERLAP_OUT_OF_RANGE")],
        ),
    ]
}

fn money() -> Vec<Wrong> {
    vec![
        (
            "PaymentService/ApplyPayment",
            json!({"payment_id": UNKNOWN, "allocations": [
                {"item_id": UNKNOWN, "amount": eur("1"), "write_off": eur("0"), "write_off_reason": "WRITE_OFF_REASON_BANK_CHARGES"},
                {"item_id": TENANT, "amount": eur("1"), "write_off_reason": "WRITE_OFF_REASON_BANK_CHARGES"},
            ]}),
            &[
                ("allocations[0].write_off", "AMOUNT_ZERO"),
                ("allocations[1].write_off_reason", "WRITE_OFF_REASON_WITHOUT_AMOUNT"),
            ],
        ),
        (
            "PaymentService/ApplyPayment",
            json!({"payment_id": UNKNOWN, "allocations": vec![json!({"item_id": UNKNOWN, "amount": eur("1")}); 2]}),
            &[("allocations[1].item_id", "ITEM_TWICE")],
        ),
        (
            "PaymentService/UnapplyPayment",
            json!({"payment_id": UNKNOWN, "allocation_ids": [UNKNOWN, UNKNOWN], "reason": "twice"}),
            &[("allocation_ids[1]", "ALLOCATION_TWICE")],
        ),
        (
            "PaymentService/ConfirmMatch",
            json!({"payment_id": UNKNOWN, "alternative": -1, "etag": "1"}),
            &[("alternative", "OUT_OF_RANGE")],
        ),
        ("PaymentService/SetMatchingPolicy", json!({"etag": "x", "policy": {}}), &[("etag", "ETAG_INVALID")]),
        (
            "PolicyService/CreatePolicy",
            json!({"policy": {"tolerances": {"tolerances": vec![json!({"currency_code": "EUR", "percent": "1", "cap": eur("1")}); 2]}}}),
            &[("policy.tolerances.tolerances[1].currency_code", "CURRENCY_TWICE")],
        ),
        (
            "PolicyService/CreatePolicy",
            json!({"policy": {"tolerances": {"discount_grace_days": 400, "blocked_customer_ids": ["x"], "tolerances": [
                {"currency_code": "EUR", "percent": "101", "cap": eur("-1")},
            ]}}}),
            &[
                ("policy.tolerances.discount_grace_days", "OUT_OF_RANGE"),
                ("policy.tolerances.tolerances[0].percent", "PERCENT_OUT_OF_RANGE"),
                ("policy.tolerances.tolerances[0].cap", "NEGATIVE"),
                ("policy.tolerances.blocked_customer_ids[0]", "ID_MALFORMED"),
            ],
        ),
        (
            "BankImportService/ImportBankLines",
            json!({"file_name": "a.csv", "account": "A", "content": "YQ==", "map": {
                "booked_on": "d", "amount": "a", "credit": "c", "debit": "e", "currency_code": "EUR", "date_format": "%Q", "delimiter": "ab",
                "decimal_separator": "x", "skip_lines": -1,
            }}),
            &[
                ("map.amount", "COLUMNS_CONFLICT"),
                ("map.date_format", "DATE_FORMAT_INVALID"),
                ("map.delimiter", "DELIMITER_UNKNOWN"),
                ("map.decimal_separator", "DECIMAL_SEPARATOR_UNKNOWN"),
                ("map.skip_lines", "OUT_OF_RANGE"),
            ],
        ),
        (
            "BankImportService/ImportBankLines",
            json!({"file_name": "a.csv", "account": "A", "content": "", "map": {"booked_on": "d", "amount": "a", "currency_code": "EUR"}}),
            &[("content", "FIELD_REQUIRED")],
        ),
        (
            "ReportService/GetKpis",
            json!({"currency_code": "XXX", "effective_on": "2025-02-29", "known_at": "2999-01-01T00:00:00Z"}),
            &[
                ("currency_code", "CURRENCY_UNKNOWN"),
                ("effective_on", "DATE_NO_SUCH_DAY"),
                ("known_at", "KNOWN_IN_FUTURE"),
            ],
        ),
    ]
}

/// What is about something else than a field: the request, and the reason.
fn others(customer: &str, token: &str) -> Vec<(&'static str, Value, &'static str)> {
    let invoice = json!({"customer_id": customer, "currency_code": "EUR", "contact_id": UNKNOWN, "lines": [line("1", "1", "Z", "0")]});
    vec![
        ("InvoiceService/CreateInvoice", json!({"invoice": invoice}), "CONTACT_NOT_FOUND"),
        ("CreditNoteService/GetCreditNote", json!({"credit_note_id": UNKNOWN}), "CREDIT_NOTE_NOT_FOUND"),
        ("CollectionsRunService/GetRun", json!({"run_id": UNKNOWN}), "RUN_NOT_FOUND"),
        ("CustomerService/ListCustomers", json!({"page_token": token, "query": "Ada"}), "PAGE_TOKEN_MISMATCH"),
    ]
}

/// The numbers of a series end.
fn the_last_number_is_given_once(up: &Up, customer: &str) {
    let series = json!({"series": {"code": "LAST", "prefix": "L-", "min_digits": 1, "kind": "SERIES_KIND_INVOICE", "next_number": "999999999999"}});
    let series = up.call("TenantService/CreateSeries", &series, Some(TENANT)).unwrap();
    let invoice = json!({"invoice": {
        "customer_id": customer, "currency_code": "EUR", "series_id": series["series_id"], "lines": [line("1", "1", "Z", "0")],
    }});
    let issue = || up.call("InvoiceService/CreateAndIssueInvoice", &invoice, Some(TENANT));
    assert_eq!(issue().unwrap()["number"], "L-999999999999");
    assert!(issue().unwrap_err().contains("SERIES_EXHAUSTED"));
}

#[test]
fn wrong_requests_get_the_reasons_that_are_documented() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    up.call("TenantService/CreateTenant", &tenant("Northwind"), Some(TENANT)).unwrap();
    let violation = Regex::new(r#""field": "([^"]*)",\s*"reason": "([^"]*)""#).unwrap();
    for (method, request, expected) in books().into_iter().chain(documents()).chain(money()) {
        let said = up.call(method, &request, Some(TENANT)).expect_err(method);
        let found: BTreeSet<(&str, &str)> = violation
            .captures_iter(&said)
            .map(|found| found.extract())
            .map(|(_, [field, reason])| (field, reason))
            .collect();
        assert_eq!(found, expected.iter().copied().collect(), "{method} {request}");
    }
    let create = |name: &str| {
        let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": {"name": name}}), Some(TENANT));
        customer.unwrap()["customer_id"].as_str().unwrap().to_owned()
    };
    let (customer, _) = (create("Ada"), create("Bob"));
    let page = up.call("CustomerService/ListCustomers", &json!({"page_size": 1}), Some(TENANT)).unwrap();
    for (method, request, reason) in others(&customer, page["next_page_token"].as_str().unwrap()) {
        let said = up.call(method, &request, Some(TENANT)).expect_err(method);
        assert!(said.contains(reason), "{method} {request}: {said}");
    }
    the_last_number_is_given_once(&up, &customer);
    up.stop();
}
