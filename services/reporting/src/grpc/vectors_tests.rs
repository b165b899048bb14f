//! Balances, aging and key figures of ledgers whose right values were computed elsewhere, on dates and as known at instants: `tests/vectors/kpi.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone as _, Utc};
use prost::Message as _;
use quittance_events::Envelope;
use quittance_host::Service as _;
use quittance_kernel::{AllocationId, Clock, CustomerId, EventId, ItemId, TenantId};
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{self as inv, EntryKind, entry::Source, invoicing_event::Payload},
    reporting::v1 as pb,
};
use quittance_testkit::{TestDb, now};
use rust_decimal::Decimal;
use serde_json::Value;

use super::known_at_tests::{aging, kpis};
use crate::{App, inbox::test_events::apply};

/// What is judged of a view, by its name in the file, and what is left: figures that no report has yet.
const FIGURES: [&str; 3] = ["dso_period", "dso_countback", "cei_total_sales"];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

fn time(value: &Value) -> DateTime<Utc> {
    text(value).parse().unwrap()
}

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

/// The events of a ledger, with the times at which they became known.
struct Ledger {
    customer: CustomerId,
    items: BTreeMap<String, ItemId>,
    events: Vec<(DateTime<Utc>, Payload)>,
}

impl Ledger {
    fn of(given: &Value) -> Self {
        let mut ledger = Self { customer: CustomerId::at(now()), items: BTreeMap::new(), events: Vec::new() };
        for document in list(given, "documents") {
            ledger.document(document);
        }
        for entry in list(given, "entries") {
            let payload = ledger.entry(entry);
            ledger.events.push((time(&entry["recorded_at"]), payload));
        }
        ledger.events.sort_by_key(|(at, _)| *at);
        ledger
    }

    fn document(&mut self, document: &Value) {
        let mut items = Vec::new();
        for item in list(document, "items") {
            let id = ItemId::at(now());
            self.items.insert(text(&item["id"]).to_owned(), id);
            items.push(inv::OpenItem {
                item_id: id.to_string(),
                customer_id: self.customer.to_string(),
                number: text(&document["id"]).to_owned(),
                issued_on: text(&document["issued_on"]).to_owned(),
                due_on: text(&item["due_on"]).to_owned(),
                total: eur(text(&item["amount"])),
                ..inv::OpenItem::default()
            });
        }
        let entries = items.iter().map(|item| inv::Entry {
            item_id: item.item_id.clone(),
            kind: EntryKind::Document.into(),
            amount: item.total.clone(),
            effective_on: item.issued_on.clone(),
            ..inv::Entry::default()
        });
        let entries = entries.collect();
        let issued = inv::InvoiceIssued { items, entries, ..inv::InvoiceIssued::default() };
        self.events.push((time(&document["recorded_at"]), Payload::InvoiceIssued(issued)));
    }

    fn entry(&self, given: &Value) -> Payload {
        let item = self.items[text(&given["item"])];
        let effective_on = text(&given["effective_on"]).to_owned();
        if given["kind"] == "EXTENSION" {
            let extension = inv::DueDateExtension {
                item_id: item.to_string(),
                due_on: text(&given["new_due_on"]).to_owned(),
                effective_on,
                ..inv::DueDateExtension::default()
            };
            return Payload::DueDateExtended(inv::DueDateExtended { extension: Some(extension) });
        }
        let amount = text(&given["amount"]);
        let entry = |kind: EntryKind, amount: String| {
            vec![inv::Entry {
                item_id: item.to_string(),
                kind: kind.into(),
                amount: eur(&amount),
                effective_on: effective_on.clone(),
                source: Some(Source::AllocationId(AllocationId::at(now()).to_string())),
                ..inv::Entry::default()
            }]
        };
        let taken = format!("-{amount}");
        match text(&given["kind"]) {
            "SETTLEMENT" => {
                let entries = entry(EntryKind::Settlement, taken);
                Payload::ItemSettled(inv::ItemSettled { entries, ..inv::ItemSettled::default() })
            }
            "REVERSAL" => {
                let entries = entry(EntryKind::SettlementReversal, amount.to_owned());
                Payload::SettlementReversed(inv::SettlementReversed { entries, ..inv::SettlementReversed::default() })
            }
            "CREDIT" => {
                let entries = entry(EntryKind::Credit, taken);
                Payload::InvoiceCredited(inv::InvoiceCredited { entries, ..inv::InvoiceCredited::default() })
            }
            "VOID" => {
                let entries = entry(EntryKind::Void, taken);
                Payload::InvoiceVoided(inv::InvoiceVoided { entries, ..inv::InvoiceVoided::default() })
            }
            "WRITE_OFF" => {
                let entries = entry(EntryKind::BadDebt, taken);
                Payload::ItemWrittenOff(inv::ItemWrittenOff { entries, ..inv::ItemWrittenOff::default() })
            }
            other => panic!("an entry of kind {other}"),
        }
    }

    /// A tenant with this ledger.
    async fn keep(self, app: &App) -> TenantId {
        let tenant = TenantId::at(now());
        let created = inv::Tenant {
            name: "Northwind".to_owned(),
            time_zone: "UTC".to_owned(),
            base_currency_code: "EUR".to_owned(),
            ..inv::Tenant::default()
        };
        let created = Payload::TenantCreated(inv::TenantCreated { tenant: Some(created) });
        let first = Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).unwrap();
        let events: Vec<Envelope> = (1..)
            .zip(std::iter::once((first, created)).chain(self.events))
            .map(|(position, (known_at, payload))| Envelope {
                position,
                event_id: EventId::at(now()),
                tenant,
                kind: "quittance.invoicing.v1.Event".to_owned(),
                ordering_key: self.customer.uuid(),
                causation: None,
                origin: None,
                traceparent: None,
                tracestate: None,
                recorded_at: known_at,
                positioned_at: Some(known_at),
                payload: inv::InvoicingEvent { payload: Some(payload) }.encode_to_vec(),
                place: None,
            })
            .collect();
        apply(app.db(), "invoicing", &events).await;
        tenant
    }
}

/// The values of a report by the names of the file.
fn shown(aging: &pb::AgingReport, kpis: &pb::KpiReport) -> BTreeMap<&'static str, Option<String>> {
    let amount = |money: &Option<Money>| Some(money.clone().unwrap_or_default().amount);
    let buckets = aging.aging.clone().unwrap_or_default();
    let figure =
        |metric: &Option<pb::Metric>| metric.clone().map(|metric| metric.value).filter(|text| !text.is_empty());
    let sales = kpis.dso_period_90.clone().unwrap_or_default().denominator;
    BTreeMap::from([
        ("open_total", amount(&aging.open_total)),
        ("not_due", amount(&buckets.not_due)),
        ("1-30", amount(&buckets.days_1_to_30)),
        ("31-60", amount(&buckets.days_31_to_60)),
        ("61-90", amount(&buckets.days_61_to_90)),
        ("over_90", amount(&buckets.over_90)),
        ("dso_period", figure(&kpis.dso_period_90)),
        ("dso_countback", figure(&kpis.dso_countback)),
        ("cei_total_sales", figure(&kpis.cei_3_months)),
        ("sales_90", Some(sales)),
        (
            "dso_countback_is_lower_bound",
            Some(kpis.dso_countback.as_ref().is_some_and(|metric| metric.is_lower_bound).to_string()),
        ),
    ])
}

/// The values that a view expects, by the same names.
fn expected(view: &Value) -> BTreeMap<&str, Option<String>> {
    let value =
        |value: &Value| (!value.is_null()).then(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let mut expected = BTreeMap::from([("open_total", value(&view["open_total"]))]);
    for (bucket, amount) in view["aging"].as_object().unwrap() {
        expected.insert(bucket, value(amount));
    }
    for (name, figure) in view["figures"].as_object().into_iter().flatten() {
        let is_shown =
            FIGURES.contains(&name.as_str()) || ["sales_90", "dso_countback_is_lower_bound"].contains(&name.as_str());
        if is_shown {
            expected.insert(name, value(figure));
        }
    }
    expected
}

#[tokio::test]
async fn reports_are_those_of_the_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/kpi.json")).unwrap();
    let db = TestDb::new("reporting", &App::migrator()).await;
    let later = Utc.with_ymd_and_hms(2030, 1, 1, 0, 0, 0).unwrap();
    let app = App::new(db.db.clone(), Clock::fixed(later));
    let (mut judged, mut wrong) = (0, Vec::new());
    for case in list(&vectors, "cases").iter().filter(|case| case["rule"] != "FORMULA") {
        let tenant = Ledger::of(&case["given"]).keep(&app).await;
        for view in list(&case["expect"], "views") {
            let (on, known_at) = (text(&view["effective_on"]), Some(time(&view["known_at"])));
            let aging = aging(&app, tenant, on, known_at).await.unwrap();
            let shown = shown(&aging, &kpis(&app, tenant, on, known_at).await);
            for (name, value) in expected(view) {
                judged += 1;
                // A sum of nothing has no cents.
                let same = |text: &str| {
                    text.parse::<Decimal>().map_or_else(|_| text.to_owned(), |value| value.normalize().to_string())
                };
                if shown[name].as_deref().map(same) != value.as_deref().map(same) {
                    wrong.push(format!(
                        "{} {on} {known_at:?} {name}: {:?}, not {value:?}",
                        text(&case["id"]),
                        shown[name]
                    ));
                }
            }
        }
    }
    assert!(judged > 1_000, "{judged} values were judged");
    assert!(wrong.is_empty(), "{} of {judged} values differ:\n{}", wrong.len(), wrong.join("\n"));
}
