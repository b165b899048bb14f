//! The documentation shows the events and the operations as they are.

use quittance_contract::{documentation, golden, openapi};

#[test]
fn the_documentation_has_every_example() {
    let text = std::fs::read_to_string(documentation::path()).unwrap();
    let examples = documentation::examples(&golden::contract().unwrap()).unwrap();
    let renewed = documentation::with_examples(&text, &examples).unwrap();
    assert!(text == renewed, "docs/events.md is behind: cargo run -p quittance-contract --bin write-golden");
}

#[test]
fn an_example_stands_under_the_name_of_its_message() {
    let text = std::fs::read_to_string(documentation::path()).unwrap();
    let issued = golden::AREAS[0].examples().unwrap().into_iter().find(|e| e.event == "InvoiceIssued").unwrap();
    let expected =
        format!("### quittance.invoicing.v1.InvoiceIssued\n\n```json\n{}```\n", issued.published_json().unwrap());
    assert!(text.contains(&expected));
}

#[test]
fn the_openapi_document_is_that_of_the_contract() {
    let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(openapi::path()).unwrap()).unwrap();
    let is_current = written == openapi::document().unwrap();
    assert!(is_current, "docs/openapi.json is behind: cargo run -p quittance-contract --bin write-golden");
}
