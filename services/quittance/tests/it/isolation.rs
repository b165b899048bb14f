//! Another tenant's data cannot be read by any method: a walk through all of them.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::program::{Folder, Up, tenant};

/// What every name of the first tenant contains.
const MARK: &str = "Geheimrat";
const STRANGER: &str = "0190b3a0-0000-7000-8000-000000000002";

/// A request that names the first tenant's things wherever it can.
fn request_for(message: &MessageDescriptor, ids: &BTreeMap<&str, String>, depth: usize) -> Value {
    let mut request = serde_json::Map::new();
    for field in message.fields() {
        let name = field.name();
        let value = match field.kind() {
            Kind::String if name == "request_id" => continue,
            Kind::String if ids.contains_key(name) => json!(ids[name]),
            Kind::String if name == "query" => json!("INV"),
            Kind::String if name.ends_with("currency_code") => json!("EUR"),
            Kind::String if ["as_of", "effective_on", "from_on"].contains(&name) => json!("2026-01-31"),
            Kind::String if name == "to_on" => json!("2026-12-31"),
            Kind::Message(inner) if depth < 3 && inner.full_name().starts_with("quittance.") => {
                request_for(&inner, ids, depth + 1)
            }
            _ => continue,
        };
        let value = if field.is_list() && !value.is_array() { json!([value]) } else { value };
        request.insert(name.to_owned(), value);
    }
    Value::Object(request)
}

/// Fills the first tenant's book; the ids by the names of the fields that carry them.
fn fill(up: &Up) -> BTreeMap<&'static str, String> {
    let mut ids = BTreeMap::new();
    let mut keep = |name: &'static str, answer: &Value| {
        ids.insert(name, answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}")).to_owned());
    };
    up.call("TenantService/CreateTenant", &tenant(&format!("{MARK} GmbH")), None).unwrap();
    let terms = up
        .call(
            "CustomerService/CreateTerms",
            &json!({"terms": {"code": format!("{MARK} 30"), "payment_terms": {"net_days": 30}}}),
            None,
        )
        .unwrap();
    keep("terms_id", &terms);
    let contact = json!({"name": format!("{MARK} Ada"), "email": "ada@example.com"});
    let customer =
        json!({"customer": {"name": format!("{MARK} Ltd"), "number": format!("{MARK}-1"), "contacts": [contact]}});
    let customer = up.call("CustomerService/CreateCustomer", &customer, None).unwrap();
    keep("customer_id", &customer);
    let line = json!({"description": MARK, "quantity": "1", "unit_price": "100", "tax_category": "Z", "tax_rate": "0"});
    let invoice = || json!({"invoice": {"customer_id": customer["customer_id"], "currency_code": "EUR", "lines": [line.clone()], "note": MARK}});
    let first = up.call("InvoiceService/CreateAndIssueInvoice", &invoice(), None).unwrap();
    keep("invoice_id", &first);
    let credited = up.call("InvoiceService/CreateAndIssueInvoice", &invoice(), None).unwrap();
    let credit = json!({"invoice_id": credited["invoice_id"], "reason": "CREDIT_REASON_RETURN"});
    keep("credit_note_id", &up.call("CreditNoteService/CreditInvoice", &credit, None).unwrap()["credit_note"]);
    let money = json!({"currency_code": "EUR", "amount": "40"});
    let payment =
        json!({"payment": {"amount": money, "method": "PAYMENT_METHOD_CASH", "payer_name": MARK, "text": MARK}});
    keep("payment_id", &up.call("PaymentService/RecordPayment", &payment, None).unwrap());
    let import = json!({"file_name": MARK, "account": MARK, "content": "ZCxhCjIwMjYtMDEtMDUsNQo=", "map": {"booked_on": "d", "amount": "a", "currency_code": "EUR"}});
    keep("import_id", &up.call("BankImportService/ImportBankLines", &import, None).unwrap());
    let profile = json!({"profile": {"customer_id": customer["customer_id"], "limit": {"currency_code": "EUR", "amount": "5000"}, "note": MARK}});
    keep("profile_id", &up.call("CreditService/CreateProfile", &profile, None).unwrap());
    let order = json!({"customer_id": customer["customer_id"], "amount": {"currency_code": "EUR", "amount": "10"}, "order_reference": MARK});
    keep("reservation_id", &up.call("ReservationService/AuthorizeOrder", &order, None).unwrap());
    let step = json!({"offset_days": -60, "name": MARK, "subject_template": MARK, "body_template": MARK});
    let strategy = json!({"strategy": {"name": MARK, "steps": [step], "is_default": true}});
    keep("strategy_id", &up.call("StrategyService/CreateStrategy", &strategy, None).unwrap());
    let today = first["issued_on"].clone();
    let run = up.call("DunningService/StartDunning", &json!({"as_of": today}), None).unwrap();
    keep("run_id", &run);
    up.call("CollectionsRunService/WatchRun", &json!({"run_id": run["run_id"]}), None).unwrap();
    let reminders = up.call("DunningService/ListReminders", &json!({}), None).unwrap();
    keep("reminder_id", &reminders["reminders"][0]);
    let dispute = json!({"item_id": first["invoice_id"], "note": MARK});
    keep("dispute_id", &up.call("DisputeService/OpenDispute", &dispute, None).unwrap());
    let given_up = up.call("InvoiceService/CreateAndIssueInvoice", &invoice(), None).unwrap()["invoice_id"].clone();
    let mut debt = json!({"item_id": given_up, "reason": "BAD_DEBT_REASON_FRAUD", "note": MARK});
    let rules = json!([{"method": "WriteOffItem", "above": [{"currency_code": "EUR", "amount": "1"}]}]);
    let policy = json!({"policy": {"description": MARK, "approvals": {"rules": rules}}});
    let policy = up.call("PolicyService/CreatePolicy", &policy, None).unwrap();
    keep("policy_id", &policy);
    up.call("PolicyService/ActivatePolicy", &json!({"policy_id": policy["policy_id"]}), None).unwrap();
    keep("approval_id", &up.call("BadDebtService/WriteOffItem", &debt, None).unwrap()["approval"]);
    debt["amount"] = json!({"currency_code": "EUR", "amount": "1"});
    keep("bad_debt_id", &up.call("BadDebtService/WriteOffItem", &debt, None).unwrap()["bad_debt"]);
    ids.insert("item_id", first["invoice_id"].as_str().unwrap().to_owned());
    ids
}

#[test]
fn no_method_shows_one_tenant_the_other() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    let ids = fill(&up);
    up.call("TenantService/CreateTenant", &tenant("Stranger"), Some(STRANGER)).unwrap();
    let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET).unwrap();
    let (mut walked, mut shown_to_owner) = (0, 0);
    for service in pool.services() {
        for method in service.methods() {
            let name = format!("{}/{}", service.full_name(), method.name());
            let request = request_for(&method.input(), &ids, 0);
            let printed = |tenant| match up.call(&name, &request, tenant) {
                Ok(answer) => answer.to_string(),
                Err(error) => error,
            };
            let foreign = printed(Some(STRANGER));
            assert!(!foreign.contains(MARK), "{name} shows {foreign}");
            let reads = ["Get", "List", "Search", "Render", "Preview", "Check"]
                .iter()
                .any(|verb| method.name().starts_with(verb));
            if reads && printed(None).contains(MARK) {
                shown_to_owner += 1;
            }
            walked += 1;
        }
    }
    assert!(walked >= 85, "{walked} methods");
    assert!(shown_to_owner >= 15, "only {shown_to_owner} methods show the owner anything: the walk proves little");
}
