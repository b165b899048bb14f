//! Bank files as payments, and what their entries are known by.

use super::*;

fn entry(amount: &str, side: &str, status: &str, details: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
         <BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-03</Dt></ValDt>\
         <AcctSvcrRef>B-{amount}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )
}

fn part(amount: &str, payer: &str, text: &str) -> String {
    format!(
        "<TxDtls><Refs><EndToEndId>E-{amount}</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt><RltdPties>\
         <Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id></DbtrAcct></RltdPties>\
         <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )
}

fn statement(entries: &[String]) -> ReadBankFile {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-02T18:00:00</CreDtTm></GrpHdr><Stmt><Id>S-1</Id>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>{}</Stmt></BkToCstmrStmt></Document>",
        entries.concat()
    );
    read(text.as_bytes()).unwrap()
}

/// They are stored, and a file that is imported again is known by them: SHA-256 of the fields, each behind its length.
#[test]
fn the_fingerprints_of_an_entry_are_what_they_always_were() {
    let file = statement(&[entry("120.50", "CRDT", "BOOK", &part("120.50", "Ada Weaving", "INV-000417"))]);
    let [only] = file.entries.as_slice() else { panic!("{file:?}") };
    assert_eq!(hex::encode(only.fingerprint), "a764ae17fce9875a5f50c5a407c68b8cb05c15272794ba7784dc027c8c440b5e");
    assert_eq!(
        only.bank_key.map(hex::encode).as_deref(),
        Some("14773161d38524c25f94a744edf6cba1b0afa3b473651041002b0f68f83cc03f")
    );
}

/// Amounts are compared by value, and what stands elsewhere in the file is the same entry.
#[test]
fn equal_entries_are_numbered_and_known_again() {
    let detail = part("5.00", "Bob", "coffee");
    let (five, written_otherwise) =
        (entry("5.00", "CRDT", "BOOK", &detail), entry("5.00", "CRDT", "BOOK", &detail).replace(">5.00<", ">5<"));
    let other = entry("5.00", "CRDT", "BOOK", &part("5.00", "Bob", "tea"));
    let first = statement(&[five.clone(), other, written_otherwise]);
    let occurrences: Vec<i32> = first.entries.iter().map(|entry| entry.occurrence).collect();
    assert_eq!(occurrences, [0, 0, 1]);
    assert_eq!(first.entries[0].fingerprint, first.entries[2].fingerprint);
    assert_ne!(first.entries[0].fingerprint, first.entries[1].fingerprint);
    let again = statement(&[entry("7.00", "CRDT", "BOOK", ""), five]);
    assert_eq!(again.entries[1].fingerprint, first.entries[0].fingerprint);
}

#[test]
fn a_batch_is_one_payment_for_each_part_if_the_parts_add_up() {
    let parts = [part("20.00", "Ada", "one"), part("10.50", "Bob", "two")].concat();
    let whole = statement(&[entry("30.50", "CRDT", "BOOK", &parts)]);
    let amounts = |file: &ReadBankFile| -> Vec<String> {
        file.entries[0].payments.iter().map(|payment| payment.amount.to_string()).collect()
    };
    assert_eq!(amounts(&whole), ["20.00 EUR", "10.50 EUR"]);
    assert_eq!(whole.entries[0].payments[1].payer_name, "Bob");
    let short = statement(&[entry("31.00", "CRDT", "BOOK", &parts)]);
    assert_eq!(amounts(&short), ["31.00 EUR"]);
    assert_eq!((whole.lines, short.lines), (2, 2));
}

#[test]
fn debits_and_what_is_not_booked_are_ignored() {
    let file = statement(&[
        entry("5.00", "DBIT", "BOOK", ""),
        entry("6.00", "CRDT", "PDNG", ""),
        entry("7.00", "CRDT", "BOOK", ""),
    ]);
    assert_eq!((file.entries.len(), file.ignored), (1, 2));
    assert_eq!((file.statements.len(), file.statements[0].entries), (1, 3));
    assert_eq!(file.statements[0].account, "DE02120300000000202051");
}
