//! Terms whose right dates and amounts were computed elsewhere: `tests/vectors/terms.json`. Of its rules those on net days are judged: days at the end of a
//! month, fixed days and business days are no terms of ours yet.

use crate::{Currency, Discount, Installment, Installments, Money, Percent, Rounding, Share, Terms, parse_date};
use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

fn days(terms: &Value) -> Option<u16> {
    (terms["kind"] == "NET_DAYS").then(|| u16::try_from(terms["days"].as_u64().unwrap()).unwrap())
}

fn percent(value: &Value) -> Percent {
    Percent::parse(text(value)).unwrap()
}

/// What a case has wrong; `None` where it is of terms that are not ours.
fn judge(case: &Value) -> Option<Vec<String>> {
    let (given, expect) = (&case["given"], &case["expect"]);
    let issued_on = parse_date(given["issued_on"].as_str()?).unwrap();
    let mut wrong = Vec::new();
    let mut same = |what: &str, ours: String, right: &Value| {
        if ours != text(right) {
            wrong.push(format!("{what}: {ours}, not {right}"));
        }
    };
    match text(&case["rule"]) {
        "net days" => {
            let terms = Terms::new(days(&given["terms"])?, Vec::new()).unwrap();
            same("due_on", terms.due_on(issued_on).to_string(), &expect["due_on"]);
        }
        "discount tiers" if given["calendar"].is_null() => {
            let tiers = given["discount_tiers"].as_array()?;
            let discounts =
                tiers.iter().map(|tier| Some(Discount { days: days(tier)?, percent: percent(&tier["percent"]) }));
            let terms = Terms::new(days(&given["terms"])?, discounts.collect::<Option<_>>()?).unwrap();
            same("due_on", terms.due_on(issued_on).to_string(), &expect["due_on"]);
            let total = Money::parse(text(&given["total"]), Currency::EUR).unwrap();
            for tier in expect["tiers"].as_array()? {
                let last_day = parse_date(text(&tier["last_day"])).unwrap();
                let granted = terms.discount_on(issued_on, last_day).unwrap();
                let discount = total.times(granted.percent.fraction(), Rounding::HalfUp).unwrap();
                same("discount", discount.amount_text(), &tier["discount"]);
                same("to_pay", total.checked_sub(discount).unwrap().amount_text(), &tier["to_pay"]);
                let next = terms.discount_on(issued_on, last_day.succ_opt().unwrap());
                if next == Some(granted) {
                    same("last_day", "a later one".to_owned(), &tier["last_day"]);
                }
            }
        }
        "instalments" => {
            let mut parts = Vec::new();
            for part in given["instalments"].as_array()? {
                let share = if part["rest"] == true {
                    Share::Rest
                } else if part["amount"].is_null() {
                    Share::Percent(percent(&part["percent"]))
                } else {
                    Share::Amount(text(&part["amount"]).parse().unwrap())
                };
                parts.push(Installment { share, terms: Terms::new(days(&part["terms"])?, Vec::new()).unwrap() });
            }
            let currency = Currency::parse(text(&given["currency"])).unwrap();
            let installments = Installments::new(parts).unwrap();
            let amounts = installments.split(Money::parse(text(&given["total"]), currency).unwrap()).unwrap();
            for ((part, amount), right) in
                installments.parts().iter().zip(amounts).zip(expect["instalments"].as_array()?)
            {
                same("amount", amount.amount_text(), &right["amount"]);
                same("due_on", part.terms.due_on(issued_on).to_string(), &right["due_on"]);
            }
        }
        _ => return None,
    }
    Some(wrong)
}

#[test]
fn terms_are_those_of_the_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/terms.json")).unwrap();
    let judged = vectors["cases"].as_array().unwrap().iter().filter_map(|case| Some((text(&case["id"]), judge(case)?)));
    let judged: Vec<(&str, Vec<String>)> = judged.collect();
    assert_eq!(judged.len(), 20, "{judged:?}");
    let wrong: Vec<_> = judged.iter().filter(|(_, wrong)| !wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
