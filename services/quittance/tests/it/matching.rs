//! `quittance match`: a made book is matched without a mistake, from memory and from its files.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
};

use serde_json::Value;

use crate::program::{Folder, quittance};

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn nothing_of_a_noisy_book_is_applied_wrongly_and_most_of_it_is_found() {
    let folder = Folder::new();
    for seed in 0..5 {
        let out = folder.0.join(seed.to_string());
        let bench =
            quittance(&["match", "bench", "--items", "3000", "--lines", "600", "--seed", &seed.to_string(), "--out"])
                .arg(&out)
                .output()
                .unwrap();
        let printed = String::from_utf8_lossy(&bench.stdout).into_owned();
        assert!(bench.status.success(), "{printed}");
        assert!(printed.contains("100.000 %"), "{printed}");
        let proposals = out.join("proposals.jsonl");
        let run = quittance(&["match", "run", "--customers"])
            .arg(out.join("customers.csv"))
            .arg("--items")
            .arg(out.join("items.csv"))
            .arg("--lines")
            .arg(out.join("lines.csv"))
            .arg("--out")
            .arg(&proposals)
            .status()
            .unwrap();
        assert!(run.success());
        let truth: HashMap<String, Value> = lines(&fs::read_to_string(out.join("truth.jsonl")).unwrap())
            .map(|line| (line["line_id"].as_str().unwrap().to_owned(), line))
            .collect();
        let (mut decidable, mut found) = (0_u32, 0_u32);
        for proposal in lines(&fs::read_to_string(&proposals).unwrap()) {
            let truth = &truth[proposal["line_id"].as_str().unwrap()];
            let pays: BTreeSet<&str> = truth["items"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let allocations = proposal["allocations"].as_array().unwrap();
            let applied: BTreeSet<&str> = allocations.iter().filter_map(|part| part["item_id"].as_str()).collect();
            let is_decidable = !["SameAmount", "Duplicate", "Stranger"].contains(&truth["kind"].as_str().unwrap());
            decidable += u32::from(is_decidable);
            if proposal["decision"] == "apply" {
                assert_eq!(applied, pays, "{truth} {proposal}");
                found += u32::from(is_decidable);
            }
        }
        assert!(found * 10 >= decidable * 9, "seed {seed}: {found} of {decidable}");
    }
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let folder = Folder::new();
    let customers = folder.file("customers.csv", "customer_id,name,accounts\nC1,Ada,A1;A2\n");
    let items = folder.file(
        "items.csv",
        "item_id,customer_id,number,issued_on,due_on,currency,open_amount,discount_percent,discount_until\n\
         I1,C1,INV-1001,2026-01-01,2026-01-31,EUR,10.00,,\nI2,C9,INV-1002,2026-01-01,2026-01-31,EUR,10.00,,\n",
    );
    let lines = folder.file("lines.csv", "line_id,value_date,currency,amount,payer_name,payer_account,text\n");
    let run = quittance(&["match", "run", "--customers"])
        .arg(customers)
        .arg("--items")
        .arg(items)
        .arg("--lines")
        .arg(lines)
        .arg("--out")
        .arg(folder.0.join("out"))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("record 2") && said.contains("customer C9 does not exist"), "{said}");
}
