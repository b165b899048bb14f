//! The JSON that is kept in columns: what an older program wrote is read, and what is written an older one reads.

use quittance_matching::AdviceLine;
use serde::de::DeserializeOwned;

use super::*;
use crate::domain::{ImportedStatement, NotedProblem};

/// The value of a text that was kept, which is written as it was.
#[track_caller]
fn read<T: Serialize + DeserializeOwned>(kept: &str) -> T {
    let value: T = serde_json::from_str(kept).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), kept);
    value
}

#[test]
fn alternatives_are_kept_as_they_always_were() {
    let kept = concat!(
        r#"[{"rule":"document_number","score":900,"doubt":"AMOUNT_BELOW_ITEMS","evidence":["INV-000001"],"currency":"EUR","left_over":"0.00","#,
        r#""left_open":"40.00","shares":[{"item":"018f4e2a-7d3b-7c55-9a86-000000000001","customer":"018f4e2a-7d3b-7c55-9a86-000000000002","#,
        r#""number":"INV-000001","amount":"58.50","discount":"1.00","write_off":"0.50","write_off_reason":"SMALL_DIFFERENCE","#,
        r#""effective_on":"2026-03-01"}]}]"#
    );
    let [only] = read::<Vec<StoredAlternative>>(kept).try_into().unwrap();
    let alternative = only.read(Uuid::nil()).unwrap();
    assert_eq!(
        (alternative.rule, alternative.doubt),
        (MatchRule::DocumentNumber, Some(UnappliedReason::AmountBelowItems))
    );
    assert_eq!(alternative.shares[0].write_off.unwrap().reason, WriteOffReason::SmallDifference);
    assert_eq!(serde_json::to_string(&[StoredAlternative::from(&alternative)]).unwrap(), kept);
}

#[test]
fn advice_and_statements_are_kept_as_they_always_were() {
    let advice: Vec<AdviceLine> = read(r#"[{"number":"INV-000001","paid":9000},{"number":"INV-000002","paid":null}]"#);
    assert_eq!((advice[0].paid, advice[1].paid), (Some(9_000), None));
    let statements: Vec<ImportedStatement> = read(
        r#"[{"id":"S-1","account":"DE02120300000000202051","opening":"1000.00","closing":null,"currency":"EUR","does_not_tie":true,"entries":3}]"#,
    );
    assert_eq!((statements[0].entries, statements[0].does_not_tie), (3, true));
    let problem: NotedProblem = read(r#"{"line":7,"reason":"DATE_MISSING","description":"the entry has no date"}"#);
    assert_eq!(problem.line, 7);
}
