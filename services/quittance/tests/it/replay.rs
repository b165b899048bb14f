//! `quittance replay`: a book of our own with figures computed manually. `tests/corpora` replays a larger one.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::program::{Folder, quittance};

pub(crate) const MAP: &str = "customer='c'\ninvoice='n'\nissued='i'\ndue='d'\npaid='p'\namount='a'\ncurrency='k'\ndisputed='x'\ndate_format='%Y-%m-%d'";

fn replay(file: &Path, map: &Path, dates: &str, out: &Path) -> (i32, Value) {
    let arguments = [
        "replay".as_ref(),
        file.as_os_str(),
        "--map".as_ref(),
        map.as_os_str(),
        "--report-on".as_ref(),
        dates.as_ref(),
        "--out".as_ref(),
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_quittance")).args(arguments).arg(out).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(
        [0, 3].contains(&code),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (code, serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap())
}

#[test]
fn a_small_book_gives_the_figures_computed_by_hand() {
    let folder = Folder::new();
    let rows = "c,n,i,d,p,a,k,x\n\
                Ada,A-1,2024-01-10,2024-02-09,2024-02-19,100.00,EUR,yes\n\
                Bob,B-1,2024-02-01,2024-03-02,,50.00,EUR,no\n\
                Ada,A-2,2024-03-01,2024-03-31,2024-03-11,30.00,EUR,\n\
                Ada,A-3,2024-03-05,2024-04-04,,20.00,EUR,\n\
                Bob,B-2,2024-03-05,2024-03-04,,1.00,EUR,\n";
    let (file, map) = (folder.file("book.csv", rows), folder.file("map.toml", MAP));
    let (code, report) = replay(&file, &map, "2024-02-15,2024-03-31", &folder.0);
    assert_eq!(code, 3);
    assert_eq!(report["rows"], 4);
    assert_eq!(report["rejected"], json!([{"line": 6, "reason": "due before issued"}]));

    let first = &report["reports"][0];
    assert_eq!((first["open_total"].as_str(), first["open_count"].as_i64()), (Some("150.00"), Some(2)));
    assert_eq!(first["disputed_total"], "100.00", "the dispute was open until the invoice was paid");
    assert_eq!(
        first["aging"],
        json!({"not_due": "50.00", "1-30": "100.00", "31-60": "0.00", "61-90": "0.00", "over_90": "0.00"})
    );
    assert_eq!(first["average_days_late"], Value::Null);

    let second = &report["reports"][1];
    assert_eq!((second["open_total"].as_str(), second["disputed_total"].as_str()), (Some("70.00"), Some("0.00")));
    // Sales of the 90 days to 31 March (from 2 January): 200. 70 / 200 x 90 = 31.50.
    assert_eq!(second["dso_period_90"], "31.50");
    // March covers 50 of 70; the rest, 20, of February's 50 in 29 days: 31 + 11.6 = 42.60.
    assert_eq!(
        (second["dso_countback"].as_str(), second["dso_countback_is_lower_bound"].as_bool()),
        (Some("42.60"), Some(false))
    );
    // Nothing open before January: (0 + 200 - 70) / (0 + 200 - 20) = 72.22 %.
    assert_eq!(second["cei_3_months"], "72.22");
    assert_eq!(
        (second["average_days_late"].as_str(), second["average_days_to_pay"].as_str()),
        (Some("5.00"), Some("25.00"))
    );
    let names: Vec<&str> =
        second["customers"].as_array().unwrap().iter().map(|c| c["customer"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ada", "Bob"]);
}

#[test]
fn a_wrong_map_is_a_usage_error() {
    let folder = Folder::new();
    let (file, map) = (folder.file("book.csv", "a\n"), folder.file("map.toml", "customer='c'"));
    let output = quittance(&["replay", "--report-on", "2024-01-31", "--out"])
        .arg(&folder.0)
        .arg("--map")
        .arg(map)
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("invoice: is missing"));
}
