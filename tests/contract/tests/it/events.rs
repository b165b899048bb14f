//! Every event that was ever told is read today as it was meant, to the last field.

use std::{collections::BTreeSet, fs};

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, Value};
use quittance_contract::golden::{AREAS, Area, Example, contract, folder, to_json};
use quittance_proto::{collections, creditrisk, invoicing, is_personal, payments};
use sha2::{Digest as _, Sha256};

/// Fields that events never carry, though the resources they show have them.
const NEVER_TOLD: [&str; 26] = [
    // Its words are personal and long: GetReminder has them.
    "quittance.collections.v1.Reminder.subject",
    "quittance.collections.v1.Reminder.body",
    // Of a preview only.
    "quittance.collections.v1.Reminder.error_reason",
    "quittance.collections.v1.Reminder.error_message",
    // GetDelivery has the document.
    "quittance.invoicing.v1.Delivery.document_html",
    // Of invoices whole, events have drafts only.
    "quittance.invoicing.v1.Invoice.number",
    "quittance.invoicing.v1.Invoice.payment_reference",
    "quittance.invoicing.v1.Invoice.issue_time",
    "quittance.invoicing.v1.Invoice.voided_on",
    "quittance.invoicing.v1.Invoice.installments",
    "quittance.invoicing.v1.InvoiceInstallment.number",
    "quittance.invoicing.v1.InvoiceInstallment.item_id",
    "quittance.invoicing.v1.InvoiceInstallment.due_on",
    "quittance.invoicing.v1.InvoiceInstallment.amount",
    "quittance.invoicing.v1.InvoiceInstallment.open_amount",
    // Entries have who caused them.
    "quittance.invoicing.v1.Settlement.actor",
    "quittance.invoicing.v1.Settlement.on_behalf_of",
    // Events have items as they are opened.
    "quittance.invoicing.v1.OpenItem.disputed",
    // They may be too many for an event, which has their numbers: GetBankImport has them.
    "quittance.payments.v1.BankImport.problems",
    "quittance.payments.v1.BankImport.suspicious",
    "quittance.payments.v1.LineProblem.line",
    "quittance.payments.v1.LineProblem.reason",
    "quittance.payments.v1.LineProblem.description",
    "quittance.payments.v1.SuspiciousEntry.line",
    "quittance.payments.v1.SuspiciousEntry.reason",
    "quittance.payments.v1.SuspiciousEntry.description",
];

/// What texts are that say nothing about a natural person, by the ends of their fields' names: ids, dates, codes, numbers, amounts.
const IMPERSONAL: [&str; 34] = [
    ".method",
    "Approval.result",
    "Approval.subject",
    "Policy.description",
    "_id",
    "_ids",
    "_on",
    "_code",
    "_reference",
    "amount",
    "as_of",
    "balance",
    "code",
    "error_reason",
    "etag",
    "format",
    "number",
    "percent",
    "prefix",
    "purchase_order",
    "quantity",
    "rejection_reason",
    "score",
    "sha256",
    "state",
    "step_name",
    "tax_category",
    "tax_rate",
    "time_zone",
    "unit",
    "unit_price",
    "ImportedStatement.account",
    "BankImport.account",
    "LineProblem.reason",
];
/// What sellers say about themselves.
const OF_SELLERS: [&str; 9] = [
    "Tenant.name",
    "Tenant.tax_id",
    "Tenant.late_payment_consequences",
    "Tenant.bank_account",
    "Tenant.terms_and_conditions",
    "Strategy.name",
    "Step.name",
    "Step.subject_template",
    "Step.body_template",
];

fn all_examples() -> Vec<Example> {
    AREAS.into_iter().flat_map(|area| area.examples().unwrap()).collect()
}

fn decode(pool: &DescriptorPool, example: &Example, bytes: &[u8]) -> DynamicMessage {
    DynamicMessage::decode(example.area.descriptor(pool).unwrap(), bytes)
        .unwrap_or_else(|error| panic!("{}: {error}", example.bytes_path().display()))
}

/// The messages that are set in a message, with the message itself.
fn with_inner(message: &DynamicMessage) -> Vec<DynamicMessage> {
    let mut all = vec![message.clone()];
    for (_, value) in message.fields() {
        match value {
            Value::Message(inner) => all.extend(with_inner(inner)),
            Value::List(entries) => {
                all.extend(entries.iter().filter_map(Value::as_message).flat_map(with_inner));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn every_area_with_events_is_known() {
    let pool = contract().unwrap();
    let found: BTreeSet<String> = pool
        .all_messages()
        .filter(|message| message.parent_file().name().ends_with("/events.proto"))
        .filter(|message| message.oneofs().any(|oneof| oneof.name() == "payload"))
        .map(|message| message.full_name().to_owned())
        .collect();
    assert_eq!(found, AREAS.iter().map(|area| area.message.to_owned()).collect());
}

#[test]
fn every_event_has_golden_bytes() {
    let pool = contract().unwrap();
    for area in AREAS {
        let payload = area.payload(&pool).unwrap();
        let kinds = payload.fields().map(|field| field.kind().as_message().unwrap().name().to_owned());
        let examples = area.examples().unwrap();
        let shown = examples.iter().filter(|example| example.form == 1).map(|example| example.event.clone());
        assert_eq!(kinds.collect::<BTreeSet<_>>(), shown.collect(), "{}", area.name);
        let files = fs::read_dir(folder().join(area.name)).unwrap().count();
        assert_eq!(files, 2 * examples.len(), "{}: bytes and JSON, and nothing else", area.name);
    }
}

#[test]
fn golden_bytes_say_what_they_said() {
    let pool = contract().unwrap();
    for example in all_examples() {
        let message = decode(&pool, &example, &example.bytes().unwrap());
        let path = example.bytes_path();
        assert_eq!(to_json(&message).unwrap(), example.json().unwrap(), "{}", path.display());
        for inner in with_inner(&message) {
            let unknown: Vec<_> = inner.unknown_fields().map(prost_reflect::UnknownField::number).collect();
            assert!(unknown.is_empty(), "{}: {} has no {unknown:?}", path.display(), inner.descriptor().full_name());
        }
        let payload = message.fields().next().unwrap().1.as_message().unwrap().descriptor();
        assert_eq!(payload.name(), example.event, "{}", path.display());
    }
}

/// A consumer decodes a message by its type alone.
#[test]
fn what_is_published_is_the_event_itself() {
    let pool = contract().unwrap();
    for example in all_examples() {
        let stored = example.bytes().unwrap();
        let event = quittance_proto::published(&stored).unwrap();
        let package = example.area.descriptor(&pool).unwrap().package_name().to_owned();
        let kind = format!("{package}.{}", example.event);
        let message = DynamicMessage::decode(pool.get_message_by_name(&kind).unwrap(), event).unwrap();
        let read: serde_json::Value = serde_json::from_str(&to_json(&message).unwrap()).unwrap();
        assert_eq!(
            read,
            serde_json::from_str::<serde_json::Value>(&example.published_json().unwrap()).unwrap(),
            "{kind}"
        );
        let subject = quittance_proto::subject(&kind, event).unwrap_or_default();
        let has_id = subject.split_once('/').is_some_and(|(_, id)| quittance_kernel::EventId::parse(id).is_ok());
        // A tenant has one matching policy.
        assert!(has_id || subject == "matchingPolicy", "{kind}: {subject}");
    }
}

/// A topic may have JSON instead of bytes: nothing is lost on the way there and back.
#[test]
fn json_is_as_exact_as_bytes() {
    let pool = contract().unwrap();
    for example in all_examples() {
        let stored = example.bytes().unwrap();
        let event = quittance_proto::published(&stored).unwrap();
        let kind = format!("{}.{}", example.area.descriptor(&pool).unwrap().package_name(), example.event);
        let json = quittance_proto::to_json(&kind, event).unwrap();
        // Compared as messages: the entries of a map have no order.
        let message = |bytes: &[u8]| DynamicMessage::decode(pool.get_message_by_name(&kind).unwrap(), bytes).unwrap();
        let read_again = quittance_proto::from_json(&kind, &json).unwrap();
        assert_eq!(message(&read_again), message(event), "{}", example.bytes_path().display());
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read, serde_json::from_str::<serde_json::Value>(&example.published_json().unwrap()).unwrap());
    }
}

/// What the generated code makes of an event.
fn told_again(area: Area, bytes: &[u8]) -> Vec<u8> {
    match area.name {
        "invoicing" => invoicing::v1::InvoicingEvent::decode(bytes).unwrap().encode_to_vec(),
        "payments" => payments::v1::PaymentsEvent::decode(bytes).unwrap().encode_to_vec(),
        "credit-risk" => creditrisk::v1::CreditRiskEvent::decode(bytes).unwrap().encode_to_vec(),
        "collections" => collections::v1::CollectionsEvent::decode(bytes).unwrap().encode_to_vec(),
        other => panic!("no generated code for {other}"),
    }
}

#[test]
fn generated_code_loses_nothing() {
    let pool = contract().unwrap();
    for example in all_examples() {
        let again = decode(&pool, &example, &told_again(example.area, &example.bytes().unwrap()));
        assert_eq!(to_json(&again).unwrap(), example.json().unwrap(), "{}", example.bytes_path().display());
    }
}

/// The fields of a message and of our own messages within it.
fn fields_within(message: &MessageDescriptor, seen: &mut BTreeSet<String>, fields: &mut BTreeSet<String>) {
    if !message.package_name().starts_with("quittance.") || !seen.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        fields.insert(field.full_name().to_owned());
        if let Kind::Message(inner) = field.kind()
            && !field.is_map()
        {
            fields_within(&inner, seen, fields);
        }
    }
}

#[test]
fn golden_bytes_cover_every_field() {
    let pool = contract().unwrap();
    let (mut seen, mut expected) = (BTreeSet::new(), BTreeSet::new());
    for area in AREAS {
        fields_within(&area.descriptor(&pool).unwrap(), &mut seen, &mut expected);
    }
    let mut set = BTreeSet::new();
    for example in all_examples() {
        for inner in with_inner(&decode(&pool, &example, &example.bytes().unwrap())) {
            set.extend(inner.fields().map(|(field, _)| field.full_name().to_owned()));
        }
    }
    let uncovered: Vec<_> = expected.difference(&set).collect();
    let never_told: BTreeSet<String> = NEVER_TOLD.map(str::to_owned).into();
    assert_eq!(uncovered, never_told.iter().collect::<Vec<_>>());
}

/// Whoever adds a text to an event says whether it can be about a person.
#[test]
fn personal_data_is_marked() {
    let pool = contract().unwrap();
    let (mut seen, mut fields) = (BTreeSet::new(), BTreeSet::new());
    for area in AREAS {
        fields_within(&area.descriptor(&pool).unwrap(), &mut seen, &mut fields);
    }
    let mut unmarked = Vec::new();
    for name in &seen {
        let texts = pool.get_message_by_name(name).unwrap();
        let texts = texts.fields().filter(|field| field.is_map() || matches!(field.kind(), Kind::String | Kind::Bytes));
        for field in texts.filter(|field| !is_personal(field)) {
            let is_known = |ends: &[&str]| ends.iter().any(|end| field.full_name().ends_with(end));
            if !is_known(&IMPERSONAL) && !is_known(&OF_SELLERS) {
                unmarked.push(field.full_name().to_owned());
            }
        }
    }
    assert_eq!(unmarked, [""; 0], "they need the option `personal`, or to be named here");
    let name = pool.get_message_by_name("quittance.invoicing.v1.Customer").unwrap().get_field_by_name("name").unwrap();
    assert!(is_personal(&name));
}

#[test]
fn landed_golden_files_are_unchanged() {
    let sums = fs::read_to_string(folder().join("../landed/golden.sha256")).unwrap();
    assert!(!sums.is_empty());
    for line in sums.lines() {
        let (landed, path) = line.split_once("  ").unwrap();
        let bytes = fs::read(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let sum = hex::encode(Sha256::digest(&bytes));
        assert_eq!(sum, landed, "{path} has landed and never changes: write another form, NAME.2.json");
    }
}
