//! Messages as commands, with all violations.

use std::collections::HashSet;

use quittance_grpc::{
    BATCH_SIZE_OUT_OF_RANGE, MAX_BATCH, Violations, id, message, metadata, optional_date, optional_id,
    optional_positive_money, optional_text, positive_money, required, text, write_off,
};
use quittance_kernel::{AllocationId, CustomerId, ItemId, PaymentId};
use quittance_matching::Fallback;
use quittance_proto::payments::v1 as pb;
use quittance_service::Etag;

use super::{MAX_NAME, csv_map::csv_map};
use crate::{
    domain::{MatchingPolicy, Method, NewPayment, bank_csv},
    ops::{
        ApplyPayment, BankFile, BankLinesFile, Chosen, ConfirmMatch, RecordPayment, SetMatchingPolicy, UnapplyPayment,
    },
};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;
/// The longest account, in characters.
const MAX_ACCOUNT: usize = 100;
/// The longest external reference, in characters.
const MAX_REFERENCE: usize = 200;
/// The longest remittance information, in characters.
const MAX_TEXT: usize = 4_000;
/// The most items of one manual application.
const MAX_CHOSEN: usize = 100;

pub(super) fn method(method: pb::PaymentMethod) -> Result<Method, (&'static str, String)> {
    match method {
        pb::PaymentMethod::Unspecified => required(),
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
        let payment = bad.check("payment", message(request.payment)).map(|payment| new_payment(&payment));
        let payment = payment.and_then(|payment| bad.within("payment", payment));
        bad.into_result(payment.map(|payment| Self { payment }))
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
    let metadata = bad.within("", metadata(payment.metadata.clone()));
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
            advice: Vec::new(),
            metadata: metadata?,
        })
    })();
    bad.into_result(new)
}

impl TryFrom<pb::ApplyPaymentRequest> for ApplyPayment {
    type Error = Violations;

    fn try_from(request: pb::ApplyPaymentRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let payment = bad.check("payment_id", id(&request.payment_id, PaymentId::parse));
        let count = request.allocations.len();
        if count == 0 || count > MAX_CHOSEN {
            bad.add("allocations", BATCH_SIZE_OUT_OF_RANGE, format!("has 1 to {MAX_CHOSEN} entries, not {count}"));
        }
        let allocations = bad.each("allocations", request.allocations, |entry| chosen(&entry));
        let mut seen = HashSet::new();
        for (place, chosen) in allocations.iter().flatten().enumerate() {
            if !seen.insert(chosen.item) {
                bad.add(format!("allocations[{place}].item_id"), "ITEM_TWICE", "each item is listed once");
            }
        }
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let etag = Etag::new(request.etag);
        let command = payment.zip(allocations.zip(effective_on));
        bad.into_result(command.map(|(payment, (allocations, effective_on))| Self {
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
    let discount = bad.check("discount", optional_positive_money(chosen.discount.as_ref()));
    if let (Some(amount), Some(Some(discount))) = (amount, discount)
        && amount.currency() != discount.currency()
    {
        bad.add("discount", "CURRENCY_MISMATCH", "must be in the amount's currency");
    }
    let write_off = bad.within("", write_off(chosen.write_off.as_ref(), chosen.write_off_reason));
    if let (Some(amount), Some(Some(write_off))) = (amount, write_off)
        && amount.currency() != write_off.amount.currency()
    {
        bad.add("write_off", "CURRENCY_MISMATCH", "must be in the amount's currency");
    }
    let chosen = item.zip(amount).zip(discount.zip(write_off));
    bad.into_result(chosen.map(|((item, amount), (discount, write_off))| Chosen { item, amount, discount, write_off }))
}

impl TryFrom<pb::ConfirmMatchRequest> for ConfirmMatch {
    type Error = Violations;

    fn try_from(request: pb::ConfirmMatchRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let payment = bad.check("payment_id", id(&request.payment_id, PaymentId::parse));
        let alternative =
            usize::try_from(request.alternative).map_err(|_| ("OUT_OF_RANGE", "must not be negative".to_owned()));
        let alternative = bad.check("alternative", alternative);
        let etag = bad.check("etag", text(&request.etag, MAX_NAME));
        let command = payment.zip(alternative.zip(etag.map(Etag::new)));
        bad.into_result(command.map(|(payment, (alternative, etag))| Self { payment, alternative, etag }))
    }
}

impl TryFrom<pb::SetMatchingPolicyRequest> for SetMatchingPolicy {
    type Error = Violations;

    fn try_from(request: pb::SetMatchingPolicyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let policy = bad.check("policy", message(request.policy)).map(policy);
        let etag = match request.etag.as_str() {
            "" => Some(0),
            etag => {
                bad.check("etag", etag.parse::<u32>().map_err(|_| ("ETAG_INVALID", "is not one of ours".to_owned())))
            }
        };
        bad.into_result(policy.zip(etag).map(|(policy, before)| Self {
            policy: MatchingPolicy { version: before.saturating_add(1), ..policy },
            before,
        }))
    }
}

fn policy(policy: pb::MatchingPolicy) -> MatchingPolicy {
    let fallback = match policy.fallback() {
        pb::MatchFallback::Unspecified | pb::MatchFallback::OnAccount => Fallback::OnAccount,
        pb::MatchFallback::OldestFirst => Fallback::OldestFirst,
    };
    MatchingPolicy { fallback, version: 0 }
}

impl TryFrom<pb::UnapplyPaymentRequest> for UnapplyPayment {
    type Error = Violations;

    fn try_from(request: pb::UnapplyPaymentRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let payment = bad.check("payment_id", id(&request.payment_id, PaymentId::parse));
        let count = request.allocation_ids.len();
        if count > MAX_BATCH {
            bad.add("allocation_ids", BATCH_SIZE_OUT_OF_RANGE, format!("has at most {MAX_BATCH} entries, not {count}"));
        }
        let mut allocations = Vec::with_capacity(count.min(MAX_BATCH));
        for (place, text) in request.allocation_ids.iter().enumerate().take(MAX_BATCH) {
            let field = format!("allocation_ids[{place}]");
            match bad.check(&field, id(text, AllocationId::parse)) {
                Some(id) if allocations.contains(&id) => {
                    bad.add(field, "ALLOCATION_TWICE", "each allocation is listed once");
                }
                Some(id) => allocations.push(id),
                None => {}
            }
        }
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let etag = Etag::new(request.etag);
        let command = payment.zip(effective_on.zip(reason));
        bad.into_result(command.map(|(payment, (effective_on, reason))| Self {
            payment,
            allocations,
            effective_on,
            reason,
            etag,
        }))
    }
}

/// The bytes of a file.
fn content(content: Vec<u8>) -> Result<Vec<u8>, (&'static str, String)> {
    if content.is_empty() {
        return required();
    }
    if content.len() > bank_csv::MAX_BYTES {
        return Err(("FILE_TOO_LARGE", format!("has at most {} bytes", bank_csv::MAX_BYTES)));
    }
    Ok(content)
}

impl TryFrom<pb::ImportBankFileRequest> for BankFile {
    type Error = Violations;

    fn try_from(request: pb::ImportBankFileRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let file_name = bad.check("file_name", text(&request.file_name, MAX_NAME));
        let content = bad.check("content", content(request.content));
        bad.into_result(file_name.zip(content).map(|(file_name, content)| Self { file_name, content }))
    }
}

impl TryFrom<pb::ImportBankLinesRequest> for BankLinesFile {
    type Error = Violations;

    fn try_from(request: pb::ImportBankLinesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let file_name = bad.check("file_name", text(&request.file_name, MAX_NAME));
        let account = bad.check("account", text(&request.account, MAX_ACCOUNT));
        let content = bad.check("content", content(request.content));
        let map = bad.check("map", message(request.map)).map(csv_map);
        let map = map.and_then(|map| bad.within("map", map));
        let file = file_name.zip(account).zip(content.zip(map));
        bad.into_result(file.map(|((file_name, account), (content, map))| Self { file_name, account, content, map }))
    }
}
