use chrono::{NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{
    CurrencyCode,
    text::{Utf8, xml_encoding},
    xml::{Node, Step, Xml},
};

const IBAN: &str = "DE89 3704 0044 0532 0130 00";

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn created_at() -> NaiveDateTime {
    day(3, 1).and_hms_opt(9, 30, 0).unwrap()
}

fn amount(text: &str) -> PaymentAmount {
    PaymentAmount::new(text.parse().unwrap()).unwrap()
}

fn holder(name: &str) -> AccountHolder {
    AccountHolder { name: name.to_owned(), iban: Iban::parse(IBAN).unwrap(), bic: None }
}

fn debit(id: &str) -> DirectDebit {
    DirectDebit {
        end_to_end_id: id.to_owned(),
        amount: amount("119.5"),
        mandate: Mandate { id: "M-1".to_owned(), signed_on: day(1, 2), amendment: None },
        debtor: holder("Müller & Söhne GmbH"),
        remittance: Some(RemittanceInformation::Text("Rechnung 4711; danke".to_owned())),
    }
}

fn debits(debits: Vec<DirectDebit>) -> DirectDebits {
    DirectDebits {
        message_id: "MSG-1".to_owned(),
        created_at: created_at(),
        initiator: "Seller Ltd".to_owned(),
        collections: vec![Collection {
            id: "PMT-1".to_owned(),
            scheme: Scheme::Core,
            sequence_type: SequenceType::Recurrent,
            collect_on: day(3, 10),
            book_as_one: true,
            creditor: Creditor {
                name: "Seller Ltd".to_owned(),
                id: CreditorId::parse("DE98ZZZ09999999999").unwrap(),
                iban: Iban::parse(IBAN).unwrap(),
                bic: Some(Bic::parse("COBADEFFXXX").unwrap()),
            },
            debits,
        }],
    }
}

fn transfers(kind: TransferKind, payments: Vec<CreditTransfer>) -> CreditTransfers {
    CreditTransfers {
        message_id: "MSG-2".to_owned(),
        created_at: created_at(),
        initiator: "Seller Ltd".to_owned(),
        transfers: vec![Transfers {
            id: "PMT-1".to_owned(),
            kind,
            execute_on: day(3, 2),
            book_as_one: false,
            debtor: holder("Seller Ltd"),
            payments,
        }],
    }
}

fn transfer(id: &str) -> CreditTransfer {
    CreditTransfer {
        end_to_end_id: id.to_owned(),
        amount: amount("20"),
        creditor: AccountHolder { bic: Some(Bic::parse("COBADEFF").unwrap()), ..holder("Łukasz Żółć") },
        remittance: Some(RemittanceInformation::Reference("RF18 5390 0754 7034".to_owned())),
    }
}

fn parse(text: &str) -> Node {
    let mut input = text.as_bytes();
    let mut xml = Xml::new(Utf8::new(&mut input, xml_encoding(text.as_bytes())));
    loop {
        if let Step::Start(tag) = xml.next().unwrap() {
            return xml.subtree(tag).unwrap();
        }
    }
}

#[test]
fn identifiers_are_checked() {
    for good in [IBAN, "gb29 NWBK 6016 1331 9268 19", "CH9300762011623852957", "NO9386011117947"] {
        assert!(Iban::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "DE", "DE88370400440532013000", "DE8937040044053201300", "XX", "ÄÖ89370400440532013000"] {
        assert!(Iban::parse(bad).is_err(), "{bad}");
    }
    assert!(!Iban::parse("FO6264600001631634").unwrap().is_in_sepa());
    assert!(CreditorId::parse("DE98ZZZ09999999999").is_ok() && CreditorId::parse("DE98ABC09999999999").is_ok());
    assert!(CreditorId::parse("DE99ZZZ09999999999").is_err());
    assert!(Bic::parse("COBADEFF").is_ok() && Bic::parse("COBADEFFXX").is_err());
    for bad in ["0", "-1", "0.001", "1000000000"] {
        assert!(PaymentAmount::new(bad.parse().unwrap()).is_err(), "{bad}");
    }
    assert_eq!(amount("12.500").to_string(), "12.50");
}

#[test]
fn texts_are_put_into_sepas_characters() {
    assert_eq!(to_sepa_text(" Größe & Maß–„Ω“; 5€\n"), "Groesse + Mass-'O', 5EUR");
    assert_eq!(to_sepa_text("Ελλάδα София ¿"), "Ellada Sofiya .");
}

#[test]
fn direct_debits_come_back_as_they_were_written() {
    for (version, name, bic) in
        [(DirectDebitVersion::V02, "pain.008.001.02", "BIC"), (DirectDebitVersion::V08, "pain.008.001.08", "BICFI")]
    {
        let text = debits(vec![debit("E-1"), debit("E-2")]).write(version).unwrap();
        assert!(text.contains(&format!("urn:iso:std:iso:20022:tech:xsd:{name}")));
        let document = parse(&text);
        let message = document.at("CstmrDrctDbtInitn").unwrap();
        assert_eq!((message.text_at("GrpHdr/NbOfTxs"), message.text_at("GrpHdr/CtrlSum")), ("2", "239.00"));
        let batch = message.at("PmtInf").unwrap();
        assert_eq!((batch.text_at("PmtTpInf/LclInstrm/Cd"), batch.text_at("PmtTpInf/SeqTp")), ("CORE", "RCUR"));
        assert_eq!(batch.text_at(&format!("CdtrAgt/FinInstnId/{bic}")), "COBADEFFXXX");
        let first = batch.at("DrctDbtTxInf").unwrap();
        assert_eq!((first.text_at("InstdAmt"), first.text_at("Dbtr/Nm")), ("119.50", "Mueller + Soehne GmbH"));
        assert_eq!(first.text_at("DbtrAcct/Id/IBAN"), "DE89370400440532013000");
        assert_eq!(first.text_at("RmtInf/Ustrd"), "Rechnung 4711, danke");
        assert_eq!(first.text_at("DrctDbtTx/MndtRltdInf/DtOfSgntr"), "2026-01-02");
    }
}

#[test]
fn credit_transfers_come_back_as_they_were_written() {
    let swiss = TransferKind::Other(CurrencyCode::parse("CHF").unwrap());
    for (kind, currency) in [(TransferKind::Sepa, "EUR"), (swiss, "CHF")] {
        for (version, day) in
            [(CreditTransferVersion::V03, "ReqdExctnDt"), (CreditTransferVersion::V09, "ReqdExctnDt/Dt")]
        {
            let document = parse(&transfers(kind, vec![transfer("E-1")]).write(version).unwrap());
            let batch = document.at("CstmrCdtTrfInitn/PmtInf").unwrap();
            assert_eq!(batch.text_at(day), "2026-03-02");
            let payment = batch.at("CdtTrfTxInf").unwrap();
            assert_eq!(payment.at("Amt/InstdAmt").unwrap().currency(), currency);
            assert_eq!(payment.text_at("Cdtr/Nm"), "Lukasz Zolc");
            assert_eq!(payment.text_at("RmtInf/Strd/CdtrRefInf/Ref"), "RF18539007547034");
        }
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let mut wrong = debits(vec![debit("E-1"), debit("E-1"), debit("/x")]);
    wrong.message_id = "ü".repeat(40);
    let batch = &mut wrong.collections[0];
    batch.collect_on = day(1, 1);
    batch.debits[0].remittance = Some(RemittanceInformation::Reference("RF99123".to_owned()));
    batch.debits[1].debtor.name = "  ".to_owned();
    let said: Vec<String> = wrong.write(DirectDebitVersion::V08).unwrap_err().iter().map(ToString::to_string).collect();
    for place in [
        "message_id",
        "collections[0].collect_on",
        "collections[0].debits[0].mandate.signed_on",
        "collections[0].debits[0].remittance",
        "collections[0].debits[1].end_to_end_id",
        "collections[0].debits[1].debtor.name",
        "collections[0].debits[2].end_to_end_id",
    ] {
        assert!(said.iter().any(|line| line.starts_with(place)), "{place}: {said:?}");
    }
    assert!(debits(Vec::new()).write(DirectDebitVersion::V02).is_err());
}

#[test]
fn a_status_report_is_read() {
    let text = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>\
        <OrgnlGrpInfAndSts><OrgnlMsgId>MSG-1</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId><GrpSts>PART</GrpSts>\
        </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>PMT-1</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts><TxInfAndSts>\
        <OrgnlEndToEndId>E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf>\
        </StsRsnInf><OrgnlTxRef><Amt><InstdAmt Ccy='EUR'>119.50</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>\
        </CstmrPmtStsRpt></Document>";
    let report = read_status(&mut text.as_bytes()).unwrap();
    assert_eq!((report.format.as_str(), report.original_message_id.as_str()), ("pain.002.001.10", "MSG-1"));
    assert_eq!(report.group_status.as_deref(), Some("PART"));
    assert_eq!(report.batches[0].status.as_deref(), Some("PART"));
    let payment = &report.payments[0];
    assert_eq!(
        (payment.id.as_str(), payment.batch_id.as_str(), payment.status.as_deref()),
        ("E-1", "PMT-1", Some("RJCT"))
    );
    assert_eq!((&payment.reasons, &payment.reason_texts), (&vec!["AC04".to_owned()], &vec!["closed".to_owned()]));
    assert_eq!(payment.amount.map(|amount| amount.value), Some("119.50".parse::<Decimal>().unwrap()));
    assert!(report.warnings.is_empty());
    assert!(read_status(&mut &b"<Document/>"[..]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,60}") {
        let _ = read_status(&mut bytes.as_slice());
        let _ = (Iban::parse(&text), Bic::parse(&text), CreditorId::parse(&text));
        let written = to_sepa_text(&text);
        prop_assert!(written.chars().all(sepa_text::is_sepa));
    }

    /// Whatever the texts, what is written can be read, and says what was given.
    #[test]
    fn whatever_is_written_is_read(name in "\\PC{1,80}", text in "\\PC{1,140}", cents in 1_i64..99_999_999_999) {
        let mut one = debit("E-1");
        one.debtor.name = name;
        one.remittance = Some(RemittanceInformation::Text(text.clone()));
        one.amount = PaymentAmount::new(Decimal::new(cents, 2)).unwrap();
        if let Ok(written) = debits(vec![one]).write(DirectDebitVersion::V08) {
            let document = parse(&written);
            let debit = document.at("CstmrDrctDbtInitn/PmtInf/DrctDbtTxInf").unwrap();
            let remittance = to_sepa_text(&text);
            prop_assert_eq!(debit.text_at("RmtInf/Ustrd"), remittance.trim());
            prop_assert_eq!(debit.text_at("InstdAmt").parse::<Decimal>().unwrap(), Decimal::new(cents, 2));
        }
    }
}
