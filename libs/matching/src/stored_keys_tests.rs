//! Keys that callers store and compare with those of later texts: a program that made others would not find what an older one has kept.

use crate::{MatchRule, Number, UnappliedReason, account_key, lookups, name_core, name_key, runs};

#[test]
fn keys_of_numbers_are_what_they_always_were() {
    let keys = |number: &str| Number::new(number).keys();
    assert_eq!(keys("INV-000417"), ["417"]);
    assert_eq!(keys("QX-2031-000417"), ["2031000417", "2031417"]);
    assert_eq!(keys("2026/007/0001"), ["20260070001", "202671"]);
    assert_eq!(keys("rechnung äß"), ["RECHNUNGÄSS"]);
    assert_eq!(keys("--"), [""; 0]);
    let found = lookups(&runs("Rechnung INV-000417 vom 02.03.2026, Kd. 12 34"));
    let found: Vec<&str> = found.iter().map(|(_, key)| key.as_str()).collect();
    let expected = "417 41702 4172 4170203 41723 41702032026 417232026 2 203 23 2032026 232026 203202612 23202612 3 32026 3202612 \
                    320261234 2026 202612 20261234 12 1234 34";
    assert_eq!(found.join(" "), expected);
}

#[test]
fn keys_of_accounts_are_what_they_always_were() {
    assert_eq!(account_key(" de02 1203 0000-0000 2020 51"), "DE02120300000000202051");
    assert_eq!(account_key("21.000.021/4711 é"), "210000214711É");
}

#[test]
fn keys_of_names_are_what_they_always_were() {
    let names =
        ["Müller & Söhne GmbH", "ADA WEAVING LTD.", "The Paper-Mill Co., Inc.", "Société Générale S.A.", "GmbH", ""];
    assert_eq!(
        names.map(name_key),
        ["MULLER SOHNE GMBH", "ADA WEAVING LTD", "THE PAPER MILL CO INC", "SOCIETE GENERALE SA", "GMBH", ""]
    );
    assert_eq!(names.map(name_core), ["MULLER SOHNE", "ADA WEAVING", "THE PAPER MILL", "SOCIETE GENERALE", "GMBH", ""]);
}

#[test]
fn labels_are_what_they_always_were() {
    let rules = MatchRule::ALL.map(MatchRule::label);
    assert_eq!(
        rules.join(" "),
        "payment_reference remittance_advice document_number payer_and_number payer_and_amount payer_and_subset account_balance \
         similar_name oldest_first manual"
    );
    let reasons = UnappliedReason::ALL.map(UnappliedReason::label);
    assert_eq!(
        reasons.join(" "),
        "NO_REFERENCE_NO_PAYER PAYER_HAS_NO_OPEN_ITEM NO_SINGLE_EQUAL_ITEM ITEM_ALREADY_PAID AMOUNT_EXCEEDS_ITEMS AMOUNT_BELOW_ITEMS \
         AMBIGUOUS_REFERENCE CURRENCY_DIFFERS PAID_BEFORE_ISSUE SEVERAL_EXPLANATIONS PAYER_DIFFERS UNKNOWN_DOCUMENT NAME_ONLY \
         POSSIBLE_DUPLICATE AMOUNT_BEYOND_MATCHING REFUSED_BY_INVOICING UNAPPLIED_BY_HAND"
    );
}
