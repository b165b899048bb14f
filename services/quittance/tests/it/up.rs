//! `quittance up` and `quittance call`: killed and started again, nothing that was acknowledged is lost.

use std::{
    io::Write as _,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use quittance_grpc::Tokens;
use quittance_kernel::Clock;
use quittance_testkit::Authority;
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
    up.wait_until_applied(&id, "1142.40");
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

#[test]
fn services_call_each_other_also_where_callers_have_keys_of_their_own() {
    let folder = Folder::new();
    let issuer = Tokens::new("the secret of an issuer of tokens, 32 bytes");
    let keys = folder.file("jwks.json", &issuer.key_set());
    let mut up = Up::start_as(&folder.0, &[], &["--keys", keys.to_str().unwrap()]);
    let refused = up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap_err();
    assert!(refused.contains("TOKEN_INVALID"), "the folder's key signs nothing here: {refused}");

    let now = Clock::system().now();
    up.token = Some(issuer.sign("ann", &["*"], "*", now, chrono::Duration::hours(1)).unwrap());
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": {"name": "Ada Ltd"}}), None).unwrap();
    let line = json!({"description": "Consulting", "quantity": "1", "unit": "h", "unit_price": "100", "tax_category": "S", "tax_rate": "19"});
    let invoice = json!({"invoice": {"customer_id": customer["customer_id"], "currency_code": "EUR", "lines": [line]}});
    let invoice = up.call("InvoiceService/CreateAndIssueInvoice", &invoice, None).unwrap();
    let payment = json!({"payment": {"amount": {"currency_code": "EUR", "amount": "119.00"}, "method": "PAYMENT_METHOD_TRANSFER",
        "text": format!("invoice {}", invoice["number"].as_str().unwrap())}});
    let payment = up.call_until("PaymentService/RecordPayment", &payment, None);
    up.wait_until_applied(&json!({"payment_id": payment["payment_id"]}), "119.00");
    up.stop();
}

#[test]
fn what_kubernetes_injects_is_no_setting_and_a_mistake_is_one() {
    let folder = Folder::new();
    let injected = [
        ("QUITTANCE_SERVICE_HOST", "10.0.0.1"),
        ("QUITTANCE_INVOICING_SERVICE_PORT_GRPC", "7400"),
        ("QUITTANCE_PORT", "tcp://10.0.0.1:7400"),
        ("QUITTANCE_INVOICING_PORT_7400_TCP_ADDR", "10.0.0.1"),
    ];
    Up::start_with(&folder.0, &injected).stop();
    let mut wrong = quittance(&["up", "--check"]);
    wrong.envs([("QUITTANCE_LISTN", "x"), ("QUITTANCE_KAFKA__PREFX", "y"), ("QUITTANCE_LOG_FORMAT", "xml")]);
    let wrong = wrong.output().unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(
        ["was listen meant?", "was kafka.prefix meant?", "log_format"].iter().all(|part| said.contains(part)),
        "{said}"
    );
    assert_eq!(quittance(&["up", "--check"]).status().unwrap().code(), Some(0));
}

#[test]
fn a_server_that_is_not_there_is_named_within_seconds() {
    let started = Instant::now();
    let call = quittance(&["call", "--server", "http://127.0.0.1:9", "--token", "x", "ReportService/ListCurrencies"])
        .args(["--tenant", "01a223b7-01a2-76ef-b079-dcc6423de050"])
        .output()
        .unwrap();
    let said = String::from_utf8(call.stderr).unwrap();
    assert!(said.contains("tried http://127.0.0.1:9") && call.status.code() == Some(1), "{said}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn the_example_of_the_help_can_be_pasted_and_a_request_comes_from_standard_input() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let help = quittance(&["call", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let example = help.lines().find_map(|line| line.trim().strip_prefix("quittance call ")).expect("an example");
    let environment = [("QUITTANCE_SERVER", up.address.as_str())];
    let program = env!("CARGO_BIN_EXE_quittance");
    let script = format!("'{program}' call --data '{}' {example}", folder.0.display());
    let pasted = std::process::Command::new("sh").args(["-c", &script]).envs(environment).output().unwrap();
    assert!(pasted.status.success(), "{script}: {}", String::from_utf8_lossy(&pasted.stderr));

    let mut call = quittance(&["call", "CustomerService/CreateCustomer", "-", "--data"]);
    let mut call = call.arg(&folder.0).envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    call.stdin.take().unwrap().write_all(br#"{"customer": {"name": "Ada Ltd"}}"#).unwrap();
    let answer = call.wait_with_output().unwrap();
    assert!(answer.status.success() && String::from_utf8_lossy(&answer.stdout).contains("Ada Ltd"));

    for command in ["status", "verify"] {
        let mut inspect = quittance(&[command, "--data"]);
        let said = inspect.arg(&folder.0).envs(environment).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success() && text.contains("reporting"), "{command}: {text}");
    }
    up.stop();
}

#[test]
fn a_caller_presents_its_certificate_where_the_server_wants_one() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let ((certificate, key), ca) = (authority.sign("server"), authority.ca());
    let up = Up::start_with(
        &folder.0,
        &[
            ("QUITTANCE_TLS__CERTIFICATE", certificate.to_str().unwrap()),
            ("QUITTANCE_TLS__KEY", key.to_str().unwrap()),
            ("QUITTANCE_TLS__CLIENT_CA", ca.to_str().unwrap()),
        ],
    );
    assert!(up.address.starts_with("https://"), "{}", up.address);
    let call = |certificates: &[&Path]| {
        let mut command = quittance(&["call", "TenantService/CreateTenant", &tenant("Northwind").to_string()]);
        command.args(["--server", &up.address, "--data"]).arg(&folder.0);
        for (flag, path) in ["--ca", "--certificate", "--key"].into_iter().zip(certificates) {
            command.arg(flag).arg(path);
        }
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, said) = call(&[]);
    assert!(code == Some(1) && said.contains("UNAVAILABLE"), "the server is not trusted: {said}");
    let (code, said) = call(&[&ca]);
    assert!(code == Some(1) && said.contains("UNAVAILABLE"), "the caller is not trusted: {said}");
    let other = Authority::new();
    let (foreign, foreign_key) = other.sign("caller");
    let (code, said) = call(&[&ca, &foreign, &foreign_key]);
    assert!(code == Some(1) && said.contains("UNAVAILABLE"), "a certificate of another authority: {said}");
    let (own, own_key) = authority.sign("caller");
    let (code, said) = call(&[&ca, &own, &own_key]);
    assert!(code == Some(0) && said.contains("Northwind"), "{said}");
    let (code, said) = call(&[&ca, &own]);
    assert!(code == Some(2) && said.contains("--key"), "{said}");
    up.stop();
}

#[test]
fn a_watched_run_ends_with_what_became_of_it() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let body = "{% if customer.number == 'C-7' %}{{ items[7].number }}{% endif %}";
    let step =
        json!({"offset_days": 1, "name": "first", "subject_template": "x", "body_template": format!("x {body}")});
    up.call("StrategyService/CreateStrategy", &json!({"strategy": {"name": "standard", "steps": [step]}}), None)
        .unwrap();
    for number in ["C-7", "C-8"] {
        let customer = json!({"customer": {"name": "Ada Ltd", "number": number}});
        let customer = up.call("CustomerService/CreateCustomer", &customer, None).unwrap();
        let line =
            json!({"description": "Work", "quantity": "1", "unit_price": "100", "tax_category": "Z", "tax_rate": "0"});
        let invoice = json!({"invoice": {
            "customer_id": customer["customer_id"], "currency_code": "EUR", "issued_on": "2025-03-03", "lines": [line],
        }});
        up.call("InvoiceService/CreateAndIssueInvoice", &invoice, None).unwrap();
    }
    let watch = |run_id: &str| {
        let mut command = quittance(&["watch-run", "--server", &up.address, "--data"]);
        let output = command.arg(&folder.0).args(["collections", run_id]).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let run = up.call("DunningService/StartDunning", &json!({"as_of": "2025-04-16"}), None).unwrap();
    let (code, counts, _) = watch(run["run_id"].as_str().unwrap());
    assert_eq!((code, counts.as_str()), (Some(3), "finished: 2 items, 1 done, 0 skipped, 1 failed\n"));
    let (code, _, error) = watch("01890000-0000-7000-8000-000000000000");
    assert!(code == Some(1) && error.contains("RUN_NOT_FOUND"), "{code:?} {error}");
    up.stop();
}
