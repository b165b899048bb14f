//! Files of the banks' own formats: what is new is recorded once, whatever came before.

use quittance_proto::payments::v1 as pb;
use quittance_testkit::{assert_fault, request_id};
use tonic::Code;

use crate::support::{Book, parts};

/// An entry of a CAMT file: reference, amount, text.
struct Entry<'a>(&'a str, &'a str, &'a str);

fn entry(Entry(reference, amount, text): &Entry<'_>) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-03-01</Dt></BookgDt><ValDt><Dt>2026-03-01</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>\
         <NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Ada</Nm></Pty></Dbtr>\
         <DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>\
         <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
}

fn camt(kind: &str, balances: &str, entries: &[Entry<'_>]) -> Vec<u8> {
    let (root, group) = match kind {
        "054" => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        _ => ("BkToCstmrStmt", "Stmt"),
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let entries = entries.concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.08\"><{root}>\
         <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-01T20:00:00</CreDtTm></GrpHdr><{group}><Id>S1</Id>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>{balances}{entries}</{group}></{root}></Document>"
    )
    .into_bytes()
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Dt><Dt>2026-03-01</Dt></Dt></Bal>"
    )
}

async fn import(book: &Book, content: Vec<u8>) -> pb::BankImport {
    let request = pb::ImportBankFileRequest { request_id: request_id(), file_name: "camt.xml".to_owned(), content };
    book.imports().import_bank_file(request).await.unwrap().into_inner()
}

fn counts(import: &pb::BankImport) -> [i32; 3] {
    [import.new_lines, import.known_lines, import.ignored_lines]
}

async fn all(book: &Book) -> Vec<pb::Payment> {
    book.payments().list_payments(pb::ListPaymentsRequest::default()).await.unwrap().into_inner().payments
}

#[tokio::test]
async fn a_statement_after_its_notification_adds_what_is_new() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let published = camt("054", "", &[Entry("B1", "100.00", &invoice.number), Entry("B2", "5.00", "coffee")]);
    let first = import(&book, published.clone()).await;
    assert_eq!((counts(&first), first.format.as_str()), ([2, 0, 0], "camt.054.001.08"));
    assert_eq!(first.statements[0].account, "DE02120300000000202051");
    let payments = all(&book).await;
    assert_eq!(payments.iter().map(|p| parts(p)[0]).collect::<Vec<_>>(), ["100.00", "0.00"]);
    assert_eq!(payments[0].payer_account, "DE89370400440532013000");
    // Sent again, nothing is new.
    assert_eq!(counts(&import(&book, published).await), [0, 2, 0]);
    // The statement of the evening says the same in other words, and one thing more; and it does not add up.
    let balances = format!("{}{}", balance("OPBD", "0.00"), balance("CLBD", "999.00"));
    let booked = camt(
        "053",
        &balances,
        &[Entry("B1", "100.00", "SAMMLER"), Entry("B2", "5.00", "coffee"), Entry("B3", "7.00", "tea")],
    );
    let statement = import(&book, booked.clone()).await;
    assert_eq!(counts(&statement), [1, 2, 0]);
    assert!(statement.statements[0].does_not_tie && statement.suspicious.is_empty());
    assert_eq!(statement.statements[0].closing_balance, "999.00");
    assert_eq!(statement.problems[0].reason, "BALANCES_DO_NOT_TIE");
    assert_eq!(all(&book).await.len(), 3);
    assert_eq!(counts(&import(&book, booked).await), [0, 3, 0]);
    let asked = pb::GetBankImportRequest { import_id: statement.import_id.clone() };
    assert_eq!(book.imports().get_bank_import(asked).await.unwrap().into_inner(), statement);
    book.verify().await;
}

#[tokio::test]
async fn equal_entries_of_a_day_are_as_many_as_the_bank_says() {
    let book = Book::start().await;
    let twice = [Entry("", "5.00", "coffee"), Entry("", "5.00", "coffee")];
    assert_eq!(counts(&import(&book, camt("053", "", &twice)).await), [2, 0, 0]);
    let thrice = [Entry("", "5.00", "coffee"), Entry("", "5.00", "coffee"), Entry("", "5.00", "coffee")];
    assert_eq!(counts(&import(&book, camt("053", "", &thrice)).await), [1, 2, 0]);
    // The bank uses its reference again on the same day for the same amount: two entries, and it is reported.
    let reused = [Entry("R", "9.00", "one"), Entry("R", "9.00", "two")];
    assert_eq!(counts(&import(&book, camt("053", "", &reused[..1])).await), [1, 0, 0]);
    let both = import(&book, camt("053", "", &reused)).await;
    assert_eq!((counts(&both), both.suspicious[0].reason()), ([1, 1, 0], pb::SuspicionReason::SameBankReference));
    assert_eq!(all(&book).await.len(), 5);
    book.verify().await;
}

#[tokio::test]
async fn what_is_no_statement_is_refused_with_its_reasons() {
    let book = Book::start().await;
    let request = pb::ImportBankFileRequest {
        request_id: request_id(),
        file_name: "x".to_owned(),
        content: b"<!DOCTYPE x [<!ENTITY a \"b\">]><x/>".to_vec(),
    };
    let status = book.imports().import_bank_file(request).await.unwrap_err();
    assert_fault(&status, Code::InvalidArgument, "FILE_UNREADABLE");
    assert!(all(&book).await.is_empty());
}

/// Untrusted amounts, texts and sizes: reported or refused, never a failure of ours.
#[tokio::test]
async fn hostile_entries_are_told_or_refused() {
    let book = Book::start().await;
    let part =
        |amount: &str| format!("<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><RmtInf><Ustrd>x</Ustrd></RmtInf></TxDtls>");
    let file = |amount: &str, parts: &str| {
        let text = String::from_utf8(camt("053", "", &[Entry("R1", amount, "A\0da")])).unwrap();
        text.replace("<NtryDtls>", &format!("<NtryDtls>{parts}")).into_bytes()
    };
    let huge = import(&book, file("5.00", &part(&"9".repeat(28)).repeat(9))).await;
    let reasons =
        |import: &pb::BankImport| import.problems.iter().map(|problem| problem.reason.clone()).collect::<Vec<_>>();
    assert!(reasons(&huge).contains(&"BAD_AMOUNT".to_owned()), "{huge:?}");
    assert!(reasons(&huge).contains(&"BAD_TEXT".to_owned()), "{huge:?}");
    assert_eq!(all(&book).await.len(), 1);
    let negative = import(&book, file("-5", "")).await;
    assert_eq!((reasons(&negative), negative.new_lines), (vec!["BAD_AMOUNT".to_owned()], 0));
    let request = pb::ImportBankFileRequest {
        request_id: request_id(),
        file_name: "camt.xml".to_owned(),
        content: file("600", &"<TxDtls><Refs><TxId>1</TxId><EndToEndId>1</EndToEndId></Refs></TxDtls>".repeat(10_001)),
    };
    let status = book.imports().import_bank_file(request).await.unwrap_err();
    assert_fault(&status, Code::InvalidArgument, "FILE_TOO_LONG");
}

#[tokio::test]
async fn a_batch_entry_is_one_envelope_of_its_parts() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (first, second) = (book.invoice(&customer, "100").await, book.invoice(&customer, "50").await);
    let part = |amount: &str, text: &str| {
        format!(
            "<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
        )
    };
    let parts_of_entry = format!("{}{}", part("100.00", &first.number), part("50.00", &second.number));
    let whole = String::from_utf8(camt("053", "", &[Entry("B9", "150.00", "x")])).unwrap();
    let (before, rest) = whole.split_once("<TxDtls>").unwrap();
    let (_, after) = rest.split_once("</TxDtls>").unwrap();
    let file = format!("{before}{parts_of_entry}{after}").into_bytes();
    assert_eq!(counts(&import(&book, file).await), [1, 0, 0]);
    let payments = all(&book).await;
    assert_eq!(payments.iter().map(|p| parts(p)[0]).collect::<Vec<_>>(), ["100.00", "50.00"]);
    // A payment by itself that a person unapplies is not a mistake of matching; one that matching applied is.
    let by_itself = book.record(crate::support::transfer("10", "nothing known")).await;
    assert_eq!(parts(&by_itself)[0], "0.00");
    let back = pb::UnapplyPaymentRequest {
        request_id: request_id(),
        payment_id: payments[1].payment_id.clone(),
        reason: "another invoice was meant".to_owned(),
        ..pb::UnapplyPaymentRequest::default()
    };
    book.payments().unapply_payment(back).await.unwrap();
    let request = pb::GetMatchingStatisticsRequest::default();
    let statistics = book.payments().get_matching_statistics(request).await.unwrap().into_inner();
    let euros = &statistics.currencies[0];
    assert_eq!((euros.payments, euros.matched_payments), (3, 1));
    assert_eq!((euros.envelopes, euros.matched_envelopes), (2, 0));
    assert_eq!((euros.automatic_allocations, euros.reversed_allocations), (2, 1));
    book.verify().await;
}
