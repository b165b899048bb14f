//! Messages as commands, with everything that is wrong with them.

use std::collections::HashSet;

use quittance_grpc::{
    MAX_BATCH, Violations, currency, id, message, optional_date, optional_id, optional_text, positive_money,
    request_id, text,
};
use quittance_kernel::{AllocationId, CustomerId, ItemId, PaymentId};
use quittance_proto::payments::v1 as pb;

use crate::{
    domain::{BankCsvMap, DateFormat, DecimalSeparator, Method, NewPayment, bank_csv},
    ops::{ApplyPayment, Chosen, ImportBankLines, RecordPayment, UnapplyPayment},
};

/// The longest reason a person gives, in characters.
const MAX_REASON: usize = 500;
/// The longest name of a payer, a file or a column, in characters.
const MAX_NAME: usize = 200;
/// The longest account, in characters.
const MAX_ACCOUNT: usize = 100;
/// The longest external reference, in characters.
const MAX_REFERENCE: usize = 200;
/// The longest remittance information, in characters.
const MAX_TEXT: usize = 4_000;
/// Items a person applies to at once.
const MAX_CHOSEN: usize = 100;
/// Columns that hold remittance information.
const MAX_TEXT_COLUMNS: usize = 10;

fn method(method: pb::PaymentMethod) -> Result<Method, (&'static str, String)> {
    match method {
        pb::PaymentMethod::Unspecified => Err(("MISSING", "is missing".to_owned())),
        pb::PaymentMethod::Transfer => Ok(Method::Transfer),
        pb::PaymentMethod::Card => Ok(Method::Card),
        pb::PaymentMethod::Check => Ok(Method::Check),
        pb::PaymentMethod::DirectDebit => Ok(Method::DirectDebit),
        pb::PaymentMethod::Cash => Ok(Method::Cash),
        pb::PaymentMethod::Electronic => Ok(Method::Electronic),
    }
}

impl TryFrom<pb::RecordPaymentRequest> for RecordPayment {
    type Error = Violations;

    fn try_from(request: pb::RecordPaymentRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        let payment = bad.check("payment", message(request.payment)).map(|payment| new_payment(&payment));
        let payment = payment.and_then(|payment| bad.within("payment", payment));
        bad.into_result(id.zip(payment).map(|(request, payment)| Self { request, payment }))
    }
}

fn new_payment(payment: &pb::Payment) -> Result<NewPayment, Violations> {
    let mut bad = Violations::default();
    let customer = bad.check("customer_id", optional_id(&payment.customer_id, CustomerId::parse));
    let amount = bad.check("amount", positive_money(payment.amount.as_ref()));
    let received_on = bad.check("received_on", optional_date(&payment.received_on));
    let method = bad.check("method", method(payment.method()));
    let payer_name = bad.check("payer_name", optional_text(&payment.payer_name, MAX_NAME));
    let payer_account = bad.check("payer_account", optional_text(&payment.payer_account, MAX_ACCOUNT));
    let text = bad.check("text", optional_text(&payment.text, MAX_TEXT));
    let reference = bad.check("external_reference", optional_text(&payment.external_reference, MAX_REFERENCE));
    let new = (|| {
        Some(NewPayment {
            customer: customer?,
            amount: amount?,
            received_on: received_on?,
            method: method?,
            payer_name: payer_name?,
            payer_account: payer_account?,
            text: text?,
            external_reference: Some(reference?).filter(|reference| !reference.is_empty()),
        })
    })();
    bad.into_result(new)
}

impl TryFrom<pb::ApplyPaymentRequest> for ApplyPayment {
    type Error = Violations;

    fn try_from(request: pb::ApplyPaymentRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let payment = bad.check("payment_id", id(&request.payment_id, PaymentId::parse));
        let count = request.allocations.len();
        if count == 0 || count > MAX_CHOSEN {
            bad.add("allocations", "BATCH_SIZE_OUT_OF_RANGE", format!("has 1 to {MAX_CHOSEN} entries, not {count}"));
        }
        let allocations = bad.each("allocations", request.allocations, |entry| chosen(&entry));
        let mut seen = HashSet::new();
        for (place, chosen) in allocations.iter().flatten().enumerate() {
            if !seen.insert(chosen.item) {
                bad.add(format!("allocations[{place}].item_id"), "ITEM_TWICE", "each item stands once");
            }
        }
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let etag = request.etag;
        let command = request_id.zip(payment).zip(allocations.zip(effective_on));
        bad.into_result(command.map(|((request, payment), (allocations, effective_on))| Self {
            request,
            payment,
            allocations,
            effective_on,
            etag,
        }))
    }
}

fn chosen(chosen: &pb::ChosenAllocation) -> Result<Chosen, Violations> {
    let mut bad = Violations::default();
    let item = bad.check("item_id", id(&chosen.item_id, ItemId::parse));
    let amount = bad.check("amount", positive_money(chosen.amount.as_ref()));
    let discount = match &chosen.discount {
        None => Some(None),
        Some(discount) => bad.check("discount", positive_money(Some(discount))).map(Some),
    };
    if let (Some(amount), Some(Some(discount))) = (amount, discount)
        && amount.currency() != discount.currency()
    {
        bad.add("discount", "CURRENCY_MISMATCH", "is in the amount's currency");
    }
    bad.into_result(item.zip(amount).zip(discount).map(|((item, amount), discount)| Chosen { item, amount, discount }))
}

impl TryFrom<pb::UnapplyPaymentRequest> for UnapplyPayment {
    type Error = Violations;

    fn try_from(request: pb::UnapplyPaymentRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let payment = bad.check("payment_id", id(&request.payment_id, PaymentId::parse));
        let count = request.allocation_ids.len();
        if count > MAX_BATCH {
            bad.add(
                "allocation_ids",
                "BATCH_SIZE_OUT_OF_RANGE",
                format!("has at most {MAX_BATCH} entries, not {count}"),
            );
        }
        let mut allocations = Vec::with_capacity(count.min(MAX_BATCH));
        for (place, text) in request.allocation_ids.iter().enumerate().take(MAX_BATCH) {
            let field = format!("allocation_ids[{place}]");
            match bad.check(&field, id(text, AllocationId::parse)) {
                Some(id) if allocations.contains(&id) => {
                    bad.add(field, "ALLOCATION_TWICE", "each allocation stands once");
                }
                Some(id) => allocations.push(id),
                None => {}
            }
        }
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let etag = request.etag;
        let command = request_id.zip(payment).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((request, payment), (effective_on, reason))| Self {
            request,
            payment,
            allocations,
            effective_on,
            reason,
            etag,
        }))
    }
}

impl TryFrom<pb::ImportBankLinesRequest> for ImportBankLines {
    type Error = Violations;

    fn try_from(request: pb::ImportBankLinesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let file_name = bad.check("file_name", text(&request.file_name, MAX_NAME));
        let account = bad.check("account", text(&request.account, MAX_ACCOUNT));
        let content = request.content;
        if content.len() > bank_csv::MAX_BYTES {
            bad.add("content", "FILE_TOO_LARGE", format!("has at most {} bytes", bank_csv::MAX_BYTES));
        }
        let map = bad.check("map", message(request.map)).map(csv_map);
        let map = map.and_then(|map| bad.within("map", map));
        let command = request_id.zip(file_name).zip(account.zip(map));
        bad.into_result(command.map(|((request, file_name), (account, map))| Self {
            request,
            file_name,
            account,
            content,
            map,
        }))
    }
}

fn csv_map(map: pb::BankCsvMap) -> Result<BankCsvMap, Violations> {
    let mut bad = Violations::default();
    let booked_on = bad.check("booked_on", text(&map.booked_on, MAX_NAME));
    let amount = bad.check("amount", text(&map.amount, MAX_NAME));
    let given = |name: String| Some(name).filter(|name| !name.is_empty());
    let mut optional = |field: &str, name: &str| bad.check(field, optional_text(name, MAX_NAME)).map(given);
    let value_on = optional("value_on", &map.value_on);
    let currency_column = optional("currency", &map.currency);
    let payer_name = optional("payer_name", &map.payer_name);
    let payer_account = optional("payer_account", &map.payer_account);
    let reference = optional("reference", &map.reference);
    if map.text.len() > MAX_TEXT_COLUMNS {
        bad.add("text", "BATCH_SIZE_OUT_OF_RANGE", format!("has at most {MAX_TEXT_COLUMNS} entries"));
    }
    let columns = bad.each("text", map.text, |name| {
        let mut bad = Violations::default();
        let name = bad.check("", text(&name, MAX_NAME));
        bad.into_result(name)
    });
    let currency_code = match map.currency_code.as_str() {
        "" if map.currency.is_empty() => {
            bad.add("currency_code", "MISSING", "is missing where no column names the currency");
            None
        }
        "" => Some(None),
        code => bad.check("currency_code", currency(code)).map(Some),
    };
    let date_format = match map.date_format.as_str() {
        "" => Some(DateFormat::default()),
        format => {
            bad.check("date_format", DateFormat::parse(format).map_err(|error| (error.reason(), error.to_string())))
        }
    };
    let delimiter = bad.check("delimiter", delimiter(&map.delimiter));
    let decimal_separator = match map.decimal_separator.as_str() {
        "" => Some(DecimalSeparator::default()),
        label => {
            let separator =
                DecimalSeparator::parse(label).ok_or(("DECIMAL_SEPARATOR_UNKNOWN", "is a point or a comma".to_owned()));
            bad.check("decimal_separator", separator)
        }
    };
    let read = (|| {
        Some(BankCsvMap {
            booked_on: booked_on?,
            value_on: value_on?,
            amount: amount?,
            currency: currency_column?,
            payer_name: payer_name?,
            payer_account: payer_account?,
            text: columns?,
            reference: reference?,
            currency_code: currency_code?,
            date_format: date_format?,
            delimiter: delimiter?,
            decimal_separator: decimal_separator?,
        })
    })();
    bad.into_result(read)
}

/// One ASCII character that is no quote, letter, digit or line end; a comma where none is given.
fn delimiter(text: &str) -> Result<u8, (&'static str, String)> {
    match text.as_bytes() {
        [] => Ok(b','),
        [b'\t'] => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && *byte != b'"' => Ok(*byte),
        _ => Err(("DELIMITER_UNKNOWN", "is one sign of punctuation or a tab".to_owned())),
    }
}
