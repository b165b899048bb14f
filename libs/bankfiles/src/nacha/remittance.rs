//! Remittance segments of X12 820 in addenda 05: `RMR*IV*4711**90.00*100.00*10.00\`.

use crate::{Advice, Amount, CurrencyCode, parse_amount};

/// The most documents of an entry.
const MAX_ADVICE: usize = 10_000;

/// Finds the documents that addenda texts name, in order. Segments may span records.
pub(super) fn advice(texts: &[String]) -> Vec<Advice> {
    let joined: String = texts.concat();
    let mut found: Vec<Advice> = Vec::new();
    for segment in joined.split(['\\', '~']) {
        let mut elements = segment.trim().split('*').map(str::trim);
        // There may be text before a segment.
        let Some(name) = elements.next().and_then(|text| text.rsplit(' ').next()) else { continue };
        let elements: Vec<&str> = elements.take(12).collect();
        let element = |place: usize| elements.get(place.saturating_sub(1)).copied().unwrap_or_default();
        match name {
            "RMR" if found.len() < MAX_ADVICE => found.push(Advice {
                kind: element(1).to_owned(),
                number: element(2).to_owned(),
                paid: dollars(element(4)),
                due: dollars(element(5)),
                discount: dollars(element(6)),
            }),
            "REF" if found.is_empty() && is_document(element(1)) && !element(2).is_empty() => found.push(Advice {
                kind: element(1).to_owned(),
                number: element(2).to_owned(),
                paid: None,
                due: None,
                discount: None,
            }),
            // ADX*amount*reason*kind*number: an adjustment, of a document or separate.
            "ADX" if found.len() < MAX_ADVICE => found.push(Advice {
                kind: format!("ADX-{}", element(2)),
                number: element(4).to_owned(),
                paid: dollars(element(1)),
                due: None,
                discount: None,
            }),
            _ => {}
        }
    }
    found
}

/// Qualifiers of documents: invoice, order, bill of lading, vendor's order.
fn is_document(qualifier: &str) -> bool {
    matches!(qualifier, "IV" | "PO" | "BM" | "VN" | "OI" | "CM" | "IK")
}

fn dollars(text: &str) -> Option<Amount> {
    let currency = CurrencyCode::parse("USD")?;
    parse_amount(text, '.').ok().map(|value| Amount { value, currency })
}
