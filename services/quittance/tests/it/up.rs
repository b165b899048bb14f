//! `quittance up` and `quittance call`: killed and started again, nothing that was acknowledged is lost.

use serde_json::json;

use crate::program::{Folder, Up, quittance, tenant};

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": {"name": "Ada Ltd"}}), None).unwrap();
    let line = json!({"description": "Consulting", "quantity": "8", "unit": "h", "unit_price": "120", "tax_category": "S", "tax_rate": "19"});
    let request = json!({
        "request_id": "7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c11",
        "invoice": {"customer_id": customer["customer_id"], "currency_code": "EUR", "lines": [line]}
    });
    let invoice = up.call("InvoiceService/CreateAndIssueInvoice", &request, None).unwrap();
    assert_eq!(invoice["total"]["amount"], "1142.40");
    let payment = json!({"payment": {"amount": {"currency_code": "EUR", "amount": "1142.40"}, "method": "PAYMENT_METHOD_TRANSFER",
        "text": format!("invoice {}", invoice["number"].as_str().unwrap())}});
    let paid = up.call_until("PaymentService/RecordPayment", &payment, None);
    up.kill();

    let up = Up::start(&folder.0);
    let again = up.call("InvoiceService/CreateAndIssueInvoice", &request, None).unwrap();
    assert_eq!(again, invoice, "the same request has the same answer");
    let id = json!({"payment_id": paid["payment_id"]});
    let mut applied = json!(null);
    for _ in 0..200 {
        applied = up.call("PaymentService/GetPayment", &id, None).unwrap()["applied"]["amount"].clone();
        if applied == "1142.40" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(applied, "1142.40");
    let read = up.call("InvoiceService/GetInvoice", &json!({"invoice_id": invoice["invoice_id"]}), None).unwrap();
    assert_eq!(
        (read["state"].as_str(), read["open_amount"]["amount"].as_str()),
        (Some("INVOICE_STATE_PAID"), Some("0.00"))
    );
    up.stop();
}

#[test]
fn errors_are_clear_to_people() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    let error = up.call("InvoiceService/GetInvoice", &json!({"invoice_id": "x"}), None).unwrap_err();
    assert!(
        error.contains("INVALID_ARGUMENT") && error.contains("invoice_id") && error.contains("ID_MALFORMED"),
        "{error}"
    );
    let error = up.call("InvoiceService/Get", &json!({}), None).unwrap_err();
    assert!(error.contains("GetInvoice"), "{error}");
    let error = up.call("InvoiceService/GetInvoice", &json!({"id": "x"}), None).unwrap_err();
    assert!(error.contains("unrecognized field") || error.contains("unknown field"), "{error}");
}

#[test]
fn two_suites_do_not_share_a_folder_and_bad_settings_are_named_together() {
    let folder = Folder::new();
    let _up = Up::start(&folder.0);
    let second = quittance(&["up", "--listen", "127.0.0.1:0", "--data"]).arg(&folder.0).output().unwrap();
    assert!(!second.status.success());
    let bad =
        quittance(&["up", "--listen", "nowhere", "--connections", "0", "--keys", "/nonexistent"]).output().unwrap();
    let error = String::from_utf8(bad.stderr).unwrap();
    assert!(["listen:", "connections:", "keys:"].iter().all(|setting| error.contains(setting)), "{error}");
}
