//! The documentation shows the events and the operations as they are.

use std::collections::BTreeMap;

use quittance_contract::{asyncapi, documentation, golden, openapi};

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
fn the_description_of_the_topics_is_what_the_contract_says() {
    let (path, text) = documentation::asyncapi_file(&golden::contract().unwrap()).unwrap();
    let is_current = std::fs::read_to_string(&path).unwrap() == text;
    assert!(is_current, "docs/asyncapi.json is behind: cargo run -p quittance-contract --bin write-golden");
}

#[test]
fn every_event_has_its_schema_and_no_other_file_is_there() {
    let expected = documentation::schemas(&golden::contract().unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(documentation::schemas_folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
    }
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    let behind: Vec<_> = expected.iter().filter(|(name, text)| found.get(*name) != Some(*text)).collect();
    assert!(behind.is_empty(), "docs/schemas is behind: cargo run -p quittance-contract --bin write-golden");
}

/// The names in the first column of the table under a heading.
fn table_under<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, section) = text.split_once(heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn the_page_and_the_description_have_the_same_headers_and_topics() {
    let text = std::fs::read_to_string(documentation::path()).unwrap();
    let (events, dead_letters) = asyncapi::described_headers();
    assert_eq!(table_under(&text, "\n## Headers\n"), events);
    assert!(dead_letters.iter().all(|name| text.contains(&format!("`{name}`"))));
    let topics = golden::AREAS.map(|area| format!("quittance.{}.v1", area.name));
    assert_eq!(table_under(&text, "\n## Topics\n"), topics);
    assert_eq!(quittance_events::kafka::AREAS, golden::AREAS.map(|area| area.name));
}

#[test]
fn the_openapi_document_is_that_of_the_contract() {
    let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(openapi::path()).unwrap()).unwrap();
    let is_current = written == openapi::document().unwrap();
    assert!(is_current, "docs/openapi.json is behind: cargo run -p quittance-contract --bin write-golden");
}
