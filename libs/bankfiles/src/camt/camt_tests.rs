use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{Entry, EntryStatus, StatementHead, StatementTail};

/// What a file said, in order.
#[derive(Debug, Default)]
struct Read {
    name: String,
    heads: Vec<StatementHead>,
    entries: Vec<Entry>,
    tails: Vec<StatementTail>,
    warnings: Vec<WarningCode>,
}

fn read_bytes(bytes: &[u8]) -> Result<Read, String> {
    let mut out = Read::default();
    let mut input = bytes;
    out.name = read(&mut input, &mut |event| match event {
        Event::Begin(head) => out.heads.push(head),
        Event::Entry(entry) => out.entries.push(*entry),
        Event::End(tail) => out.tails.push(tail),
        Event::Warning(warning) => out.warnings.push(warning.code),
    })
    .map_err(|refusal| refusal.to_string())?;
    Ok(out)
}

fn statement(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id><Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id>\
         <Ccy>EUR</Ccy><Ownr><Nm>Us Ltd</Nm></Ownr></Acct>{inside}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn read_statement(inside: &str) -> Read {
    read_bytes(statement(inside).as_bytes()).unwrap()
}

fn entry(side: &str, amount: &str, inside: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2024-02-29</Dt></BookgDt>{inside}</Ntry>"
    )
}

fn details(inside: &str) -> String {
    format!("<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls>")
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn a_payment_is_read_with_everything_it_says() {
    let read = read_statement(&entry(
        "CRDT",
        "90.00",
        &details(
            "<Refs><AcctSvcrRef>B1</AcctSvcrRef><EndToEndId>E1</EndToEndId><MndtId>M1</MndtId></Refs>\
             <Amt Ccy=\"EUR\">90.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <AmtDtls><InstdAmt><Amt Ccy=\"USD\">100.00</Amt></InstdAmt></AmtDtls>\
             <Chrgs><Rcrd><Amt Ccy=\"EUR\">2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>\
             <RltdPties><Dbtr><Pty><Nm>Payer &amp; Co</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>123</Id></Othr></Id></DbtrAcct>\
             <UltmtDbtr><Pty><Nm>Parent</Nm></Pty></UltmtDbtr><Cdtr><Pty><Nm>Us</Nm></Pty></Cdtr></RltdPties>\
             <RltdAgts><DbtrAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></DbtrAgt></RltdAgts>\
             <RmtInf><Ustrd>first</Ustrd><Ustrd>second</Ustrd><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp>\
             <Nb>R-7</Nb></RfrdDocInf><RfrdDocAmt><DuePyblAmt Ccy=\"EUR\">100</DuePyblAmt>\
             <DscntApldAmt><Amt Ccy=\"EUR\">10</Amt></DscntApldAmt><RmtdAmt Ccy=\"EUR\">90</RmtdAmt></RfrdDocAmt></Strd>\
             <Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>",
        ),
    ));
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    assert_eq!((read.name.as_str(), read.heads[0].account.as_str()), ("camt.053.001.08", "DE89370400440532013000"));
    let detail = &read.entries[0].details[0];
    assert_eq!((detail.counterparty.name.as_str(), detail.counterparty.account.as_str()), ("Payer & Co", "123"));
    assert_eq!((detail.counterparty.bank.as_str(), detail.ultimate_counterparty.name.as_str()), ("COBADEFF", "Parent"));
    assert_eq!((detail.end_to_end_id.as_str(), detail.mandate_id.as_str()), ("E1", "M1"));
    assert_eq!(detail.instructed.map(|amount| amount.currency.to_string()), Some("USD".to_owned()));
    assert_eq!(detail.remittance, "first\nsecond");
    assert_eq!(detail.creditor_references, ["RF18539007547034"]);
    let advice = &detail.advice[0];
    assert_eq!((advice.number.as_str(), advice.kind.as_str()), ("R-7", "CINV"));
    let values = [advice.paid, advice.due, advice.discount].map(|amount| amount.unwrap().value);
    assert_eq!(values, ["90", "100", "10"].map(decimal));
    assert_eq!((detail.charges[0].amount.value, detail.charges[0].included), (decimal("2.00"), true));
}

#[test]
fn a_reversal_keeps_its_side_and_names_the_payer() {
    let read = read_statement(&entry(
        "DBIT",
        "50",
        &format!(
            "<RvslInd>true</RvslInd>{}",
            details(
                "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
                 <RltdPties><Dbtr><Nm>Payer</Nm></Dbtr><Cdtr><Nm>Us</Nm></Cdtr></RltdPties>\
                 <RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
            )
        ),
    ));
    let entry = &read.entries[0];
    assert_eq!((entry.amount.value, entry.reversal), (decimal("-50"), true));
    assert_eq!(entry.details[0].counterparty.name, "Payer");
    assert_eq!(entry.details[0].return_reason.as_deref(), Some("AC04"));
    assert_eq!(entry.details[0].end_to_end_id, "");
}

#[test]
fn our_own_account_tells_the_other_side() {
    let own = "<RltdPties><Dbtr><Nm>Us</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>\
               <Cdtr><Nm>Them</Nm></Cdtr></RltdPties>";
    assert_eq!(read_statement(&entry("CRDT", "5", &details(own))).entries[0].details[0].counterparty.name, "Them");
}

#[test]
fn parts_of_a_batch_have_the_side_that_adds_up() {
    let part = |side: &str, amount: &str| {
        format!("<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd></TxDtls>")
    };
    let amounts = |inside: &str, side: &str, amount: &str| -> Vec<Decimal> {
        let read = read_statement(&entry(side, amount, &format!("<NtryDtls>{inside}</NtryDtls>")));
        read.entries[0].details.iter().map(|detail| detail.amount.unwrap().value).collect()
    };
    let both = part("CRDT", "30") + &part("DBIT", "10");
    assert_eq!(amounts(&both, "CRDT", "20"), ["30", "-10"].map(decimal));
    assert_eq!(amounts(&both, "CRDT", "40"), ["30", "10"].map(decimal));
    assert_eq!(amounts(&part("CRDT", "20"), "DBIT", "20"), [decimal("-20")]);
    let instructed = "<TxDtls><AmtDtls><InstdAmt><Amt Ccy=\"EUR\">7</Amt></InstdAmt></AmtDtls></TxDtls>".repeat(2);
    assert_eq!(amounts(&instructed, "DBIT", "14"), ["-7", "-7"].map(decimal));
}

#[test]
fn balances_are_told_apart_and_signed() {
    let balance = |code: &str, amount: &str, side: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>{side}\
             <Dt><DtTm>2024-02-29T23:59:59+01:00</DtTm></Dt></Bal>"
        )
    };
    let debit = "<CdtDbtInd>DBIT</CdtDbtInd>";
    let read = read_statement(
        &[
            balance("PRCD", "1", debit),
            balance("ITBD", "2", debit),
            balance("CLAV", "3", debit),
            balance("CLBD", "4", ""),
            balance("CLBD", "x", debit),
        ]
        .concat(),
    );
    let tail = &read.tails[0];
    assert_eq!(tail.opening.as_ref().map(|balance| balance.amount.value), Some(decimal("-1")));
    assert_eq!(tail.closing.as_ref().map(|balance| balance.amount.value), Some(decimal("4")));
    assert_eq!(tail.balances.len(), 4);
    assert_eq!(tail.balances[0].on, chrono::NaiveDate::from_ymd_opt(2024, 2, 29));
    assert_eq!(read.warnings, [WarningCode::NoSide, WarningCode::BadAmount]);
}

#[test]
fn what_is_wrong_is_read_and_told() {
    let read = read_statement(
        "<Ntry><Amt>12,50</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>\
         <Ntry><Amt Ccy=\"EURO\">12.50</Amt><Sts>LOST</Sts><BookgDt><Dt>2024-02-30</Dt></BookgDt></Ntry><Ntry/>",
    );
    assert_eq!(read.entries.len(), 1);
    assert_eq!((read.entries[0].amount.value, read.entries[0].status), (decimal("12.50"), EntryStatus::Booked));
    assert_eq!(read.entries[0].amount.currency.as_str(), "EUR");
    let expected = [
        WarningCode::BadAmount,
        WarningCode::BadField,
        WarningCode::BadDate,
        WarningCode::BadCurrency,
        WarningCode::NoSide,
        WarningCode::Missing,
    ];
    assert_eq!(read.warnings, expected);
}

#[test]
fn summaries_are_held_against_the_entries() {
    let summary = "<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>10</Sum></TtlCdtNtries></TxsSummry>";
    assert_eq!(
        read_statement(&(summary.to_owned() + &entry("CRDT", "10", ""))).warnings,
        [WarningCode::ControlDiffers]
    );
}

#[test]
fn old_versions_prefixes_and_missing_namespaces_are_read() {
    let old = "<d:Document xmlns:d='urn:iso:std:iso:20022:tech:xsd:camt.052.001.01'><d:BkToCstmrAcctRptV01><d:Rpt><d:Acct>\
        <d:Id><d:PrtryAcct><d:Id>77</d:Id></d:PrtryAcct></d:Id></d:Acct><d:Ntry><d:Amt Ccy='SEK'>3</d:Amt>\
        <d:CdtDbtInd>DBIT</d:CdtDbtInd><d:Sts>PDNG</d:Sts><d:TxDtls><d:Refs><d:EndToEndId>E</d:EndToEndId></d:Refs></d:TxDtls>\
        </d:Ntry></d:Rpt></d:BkToCstmrAcctRptV01></d:Document>";
    let read = read_bytes(old.as_bytes()).unwrap();
    assert_eq!((read.name.as_str(), read.heads[0].account.as_str()), ("camt.052.001.01", "77"));
    assert!(read.heads[0].advice_only);
    assert_eq!((read.entries[0].status, read.entries[0].details.len()), (EntryStatus::Pending, 1));
    let bare = "<BkToCstmrDbtCdtNtfctn><Ntfctn><Acct><Id><IBAN>X</IBAN></Id></Acct></Ntfctn></BkToCstmrDbtCdtNtfctn>";
    assert_eq!(read_bytes(bare.as_bytes()).unwrap().name, "camt.054");
    let enveloped = format!("<Env><AppHdr><Id>1</Id></AppHdr>{}</Env>", statement("").split_once("?>").unwrap().1);
    assert_eq!(read_bytes(enveloped.as_bytes()).unwrap().name, "camt.053.001.08");
}

#[test]
fn several_documents_in_one_file_are_read() {
    let read = read_bytes(format!("{}\n{}\n", statement(""), statement("")).as_bytes()).unwrap();
    assert_eq!((read.heads.len(), read.tails.len(), read.warnings.len()), (2, 2, 0));
}

#[test]
fn an_amount_with_a_sign_is_told_and_left_out() {
    for side in ["CRDT", "DBIT"] {
        let read = read_statement(&entry(side, "-5", ""));
        assert_eq!((read.entries.len(), read.warnings.as_slice()), (0, &[WarningCode::BadAmount][..]));
    }
    let part = "<TxDtls><Amt Ccy=\"EUR\">-5</Amt><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls>";
    let read = read_statement(&entry("CRDT", "5", &format!("<NtryDtls>{part}</NtryDtls>")));
    assert_eq!(read.entries[0].details[0].amount, None);
}

#[test]
fn amounts_that_no_sum_can_hold_are_told_and_left_out() {
    let nines = "9".repeat(28);
    let part = format!("<TxDtls><Amt Ccy=\"EUR\">{nines}</Amt><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls>");
    let read = read_statement(&entry("CRDT", "5", &format!("<NtryDtls>{}</NtryDtls>", part.repeat(9))));
    assert_eq!((read.entries[0].details.len(), read.entries[0].details[0].amount), (9, None));
    assert_eq!(read.warnings, vec![WarningCode::BadAmount; 9]);
    let read = read_statement(&entry("CRDT", &nines, ""));
    assert!(read.entries.is_empty() && read.warnings.contains(&WarningCode::BadAmount));
}

#[test]
fn what_holds_no_statement_is_refused_by_its_name() {
    let other = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><CstmrCdtTrfInitn/></Document>";
    for (text, word) in [
        (other, "pain.001.001.03"),
        ("<Invoice/>", "Invoice"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'/>", "empty"),
        ("<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>", "no statement"),
        ("<!DOCTYPE a><Document><BkToCstmrStmt/></Document>", "document type"),
        ("<Document><BkToCstmrStmt><Stmt><Id>", "ends"),
        ("", "not XML"),
    ] {
        let refusal = read_bytes(text.as_bytes()).unwrap_err();
        assert!(refusal.contains(word), "{text}: {refusal}");
    }
}

#[test]
fn a_file_cut_short_keeps_its_whole_entries() {
    let whole = statement(&(entry("CRDT", "1", "") + &entry("CRDT", "2", "")));
    let cut = whole.rfind("<BookgDt>").unwrap();
    let read = read_bytes(&whole.as_bytes()[..cut]).unwrap();
    assert_eq!((read.entries.len(), read.tails.len()), (1, 1));
    assert_eq!(read.warnings, [WarningCode::Truncated]);
    let broken = whole.replacen("</Stmt>", "</Stmp>", 1);
    assert_eq!(read_bytes(broken.as_bytes()).unwrap().warnings, [WarningCode::BadField]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn a_changed_file_is_read_or_refused(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = statement(&entry("CRDT", "1.5", &details("<Refs><EndToEndId>E</EndToEndId></Refs>"))).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = read_bytes(&bytes);
        let cut = cut.index(bytes.len());
        if let Ok(read) = read_bytes(&bytes[..cut]) {
            prop_assert_eq!(read.heads.len(), read.tails.len());
        }
    }

    /// What is written into a file is what comes out of it.
    #[test]
    fn entries_come_back(entries in proptest::collection::vec((any::<bool>(), 0_i64..10_000_000, 0_u32..6, "[ -~äöü€]{0,30}"), 0..6)) {
        let written: String = entries.iter().map(|(credit, units, scale, text)| {
            let amount = Decimal::new(*units, *scale);
            let escaped = quick_xml::escape::escape(text.as_str()).into_owned();
            entry(if *credit { "CRDT" } else { "DBIT" }, &amount.to_string(), &format!("<AddtlNtryInf>{escaped}</AddtlNtryInf>"))
        }).collect();
        let read = read_statement(&written);
        prop_assert_eq!(read.entries.len(), entries.len());
        for (read, (credit, units, scale, text)) in read.entries.iter().zip(&entries) {
            let amount = Decimal::new(*units, *scale);
            prop_assert_eq!(read.amount.value, if *credit { amount } else { -amount });
            prop_assert_eq!(&read.information, text.trim());
        }
    }
}
