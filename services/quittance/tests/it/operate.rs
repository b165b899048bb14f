//! The operator's commands: topics, the stream of events through a real broker, dead letters, and rebuilds of read models.

use quittance_testkit::{TestKafka, wait_for};
use serde_json::{Value, json};

use crate::program::{Folder, Up, quittance, tenant};

/// What a command printed, and whether it succeeded.
fn run(arguments: &[&str]) -> (bool, String) {
    let output = quittance(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn succeeds(arguments: &[&str]) -> String {
    let (is_done, text) = run(arguments);
    assert!(is_done, "{arguments:?}: {text}");
    text
}

/// The JSON objects among the lines of a text.
fn objects(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A customer with an invoice and a payment of it.
fn bill(up: &Up) -> Value {
    let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": {"name": "Ada Ltd"}}), None).unwrap();
    let line = json!({"description": "Consulting", "quantity": "8", "unit": "h", "unit_price": "120", "tax_category": "S", "tax_rate": "19"});
    let invoice = json!({"customer_id": customer["customer_id"], "currency_code": "EUR", "lines": [line]});
    let invoice = up.call("InvoiceService/CreateAndIssueInvoice", &json!({"invoice": invoice}), None).unwrap();
    let text = format!("invoice {}", invoice["number"].as_str().unwrap());
    let payment = json!({"payment": {"amount": {"currency_code": "EUR", "amount": "1142.40"}, "method": "PAYMENT_METHOD_TRANSFER", "text": text}});
    up.call_until("PaymentService/RecordPayment", &payment, None);
    customer
}

fn wait_until_reporting_has_read(up: &Up) {
    wait_for("reporting has read all", || {
        let heads = ["OpenItemService", "PaymentService"]
            .map(|service| up.call(&format!("{service}/GetStreamStatus"), &json!({}), None).unwrap());
        let read = up.call("ReportService/GetStreamStatus", &json!({}), None).unwrap();
        let position = |area: &str| {
            let all = read["subscriptions"].as_array().cloned().unwrap_or_default();
            all.into_iter().find(|s| s["area"] == area).map_or(json!(null), |s| s["position"].clone())
        };
        let is_unfinished = heads.iter().any(|head| head["unfinished"] != 0 || head["unpositioned"] != 0);
        if !is_unfinished
            && position("invoicing") == heads[0]["head_position"]
            && position("payments") == heads[1]["head_position"]
        {
            return Ok(());
        }
        Err(read)
    });
}

#[test]
fn events_go_through_a_broker_and_read_models_are_made_anew() {
    let kafka = TestKafka::shared();
    let folder = Folder::new();
    let data = folder.0.to_str().unwrap();
    let prefix = format!("it-{}", std::process::id());
    let broker = ["--kafka", kafka.brokers(), "--prefix", &prefix];

    let missing = run(&[&["topics", "--check"], &broker[..]].concat());
    assert!(!missing.0 && missing.1.contains("does not exist"), "{}", missing.1);
    assert!(succeeds(&[&["topics"], &broker[..]].concat()).contains("9 topics are as declared"));

    let up = Up::start_with(
        &folder.0,
        &[("QUITTANCE_KAFKA__BROKERS", kafka.brokers()), ("QUITTANCE_KAFKA__PREFIX", &prefix)],
    );
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let customer = bill(&up);
    wait_until_reporting_has_read(&up);

    let tailed = succeeds(&[&["events", "tail", "invoicing", "--from-start", "--count", "7"], &broker[..]].concat());
    let kinds: Vec<String> = objects(&tailed).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.contains(&"quittance.invoicing.v1.InvoiceIssued".to_owned()), "{kinds:?}");

    let id = customer["customer_id"].as_str().unwrap();
    let chosen =
        succeeds(&["events", "replay", "invoicing", "--type", "InvoiceIssued", "--customer", id, "--data", data]);
    let issued = objects(&chosen);
    assert_eq!(issued.len(), 1, "{chosen}");
    assert_eq!(issued[0]["event"]["total"]["amount"], "1142.40");
    let topic = format!("{prefix}.payments.v1");
    let again = [&["events", "replay", "payments", "--to", &topic, "--data", data], &broker[..]].concat();
    assert!(succeeds(&again).contains("2 events"), "the past is published again, to no effect");

    for service in ["invoicing", "payments", "credit-risk", "collections", "reporting"] {
        let from_outbox = succeeds(&["rebuild", service, "--data", data]);
        assert!(from_outbox.contains("matched the events"), "{service}: {from_outbox}");
        let from_topic = succeeds(&[&["rebuild", service, "--data", data], &broker[..]].concat());
        assert!(from_topic.contains("matched the events"), "{service}: {from_topic}");
    }
    assert!(succeeds(&["dead-letters", "list", "reporting", "--data", data]).contains("nothing is held"));
    up.stop();
}

#[test]
fn a_command_without_a_data_folder_says_what_to_do() {
    let (is_done, text) = run(&["rebuild", "reporting", "--data", "nowhere"]);
    assert!(!is_done && text.contains("--database"), "{text}");
    let (is_done, text) = run(&["topics"]);
    assert!(!is_done && text.contains("kafka.brokers"), "{text}");
}
