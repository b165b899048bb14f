//! Bank files: read once, whatever is sent again.

use quittance_proto::payments::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, request_id, wait_until};
use tonic::Code;

use crate::support::{Book, parts};

pub(crate) const HEADER: &str = "date,amount,name,account,text,reference\n";

pub(crate) fn file(lines: &[&str]) -> pb::ImportBankLinesRequest {
    let map = pb::BankCsvMap {
        booked_on: "date".to_owned(),
        amount: "amount".to_owned(),
        payer_name: "name".to_owned(),
        payer_account: "account".to_owned(),
        text: vec!["text".to_owned()],
        reference: "reference".to_owned(),
        currency_code: "EUR".to_owned(),
        ..pb::BankCsvMap::default()
    };
    pb::ImportBankLinesRequest {
        request_id: request_id(),
        file_name: "march.csv".to_owned(),
        account: "DE00OURS".to_owned(),
        content: format!("{HEADER}{}\n", lines.join("\n")).into_bytes(),
        map: Some(map),
    }
}

async fn import(book: &Book, request: pb::ImportBankLinesRequest) -> pb::BankImport {
    book.imports().import_bank_lines(request).await.unwrap().into_inner()
}

fn counts(import: &pb::BankImport) -> [i32; 3] {
    [import.new_lines, import.known_lines, import.ignored_lines]
}

async fn all(book: &Book) -> Vec<pb::Payment> {
    book.payments().list_payments(pb::ListPaymentsRequest::default()).await.unwrap().into_inner().payments
}

#[tokio::test]
async fn a_file_is_imported_once_and_an_overlapping_one_adds_what_is_new() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let paying = format!("2026-03-01,100.00,Ada,A1,{},R1", invoice.number);
    let lines = [
        paying.as_str(),
        "2026-03-01,5.00,Bob,B1,coffee,",
        "2026-03-01,5.00,Bob,B1,coffee,",
        "2026-03-01,-7.00,Bank,,fees,",
        "x,1,,,,",
    ];
    let request = file(&lines);
    let first = import(&book, request.clone()).await;
    assert_eq!(counts(&first), [3, 0, 1]);
    assert_eq!((first.problems.len(), first.problems[0].line), (1, 6));
    // The file as it came, by `sha256sum`.
    assert_eq!(first.sha256, "58404dbd900e534d9fdd293ab836278b712bffc819539e18c4ebc5424eb44fc1");
    let payments = all(&book).await;
    assert_eq!(payments.len(), 3);
    assert_eq!((parts(&payments[0]), payments[0].received_on.as_str()), (["100.00", "0.00", "0.00"], "2026-03-01"));
    assert_eq!(book.open(&invoice).await, "0.00");
    // The same request has the same answer; the same file as another request adds nothing.
    assert_eq!(import(&book, request.clone()).await, first);
    let again = import(&book, pb::ImportBankLinesRequest { request_id: request_id(), ..request }).await;
    let listed = book.imports().list_bank_imports(pb::ListBankImportsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.imports, [first.clone(), again.clone()]);
    assert_eq!(counts(&again), [0, 3, 1]);
    let overlapping = import(
        &book,
        file(&["2026-03-01,5.00,Bob,B1,coffee,", "2026-03-02,5.00,Bob,B1,coffee,", lines[0], lines[1], lines[2]]),
    )
    .await;
    assert_eq!(counts(&overlapping), [2, 3, 0]);
    assert_eq!(all(&book).await.len(), 5);
    let request = pb::GetBankImportRequest { import_id: first.import_id.clone() };
    assert_eq!(book.imports().get_bank_import(request).await.unwrap().into_inner(), first);
    book.verify().await;
}

#[tokio::test]
async fn one_file_imported_twice_at_once_is_recorded_once() {
    let book = Book::start().await;
    let lines: Vec<String> = (0..300).map(|n| format!("2026-03-01,{}.00,Ada,A1,text {n},R{n}", n + 1)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    let (left, right) = tokio::join!(import(&book, file(&lines)), import(&book, file(&reversed)));
    assert_eq!((left.new_lines + right.new_lines, left.known_lines + right.known_lines), (300, 300));
    book.verify().await;
}

/// Killed after the lines were recorded and before they were sent to invoicing.
#[tokio::test]
async fn an_import_that_was_cut_off_is_finished() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let dying = book.cut_off().await;
    let client = dying.client_for(Some(book.server.tenant), &["*"], "*");
    let mut imports = pb::bank_import_service_client::BankImportServiceClient::new(client);
    let request = file(&[&format!("2026-03-01,100,Ada,A1,{},R1", invoice.number)]);
    let first = imports.import_bank_lines(request.clone()).await.unwrap().into_inner();
    assert_eq!(parts(&all(&book).await[0]), ["0.00", "100.00", "0.00"]);
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the payment is finished", || async { parts(&all(&book).await[0])[0] == "100.00" }).await;
    assert_eq!(import(&book, request).await, first);
    book.verify().await;
}

#[tokio::test]
async fn files_that_cannot_be_read_are_refused_and_lines_of_tomorrow_wait() {
    let book = Book::start().await;
    let mut request = file(&[]);
    request.content = b"a,b\n1,2\n".to_vec();
    assert_fault(
        &book.imports().import_bank_lines(request).await.unwrap_err(),
        Code::InvalidArgument,
        "COLUMN_MISSING",
    );
    let mut request = file(&[]);
    request.content = b"\n".to_vec();
    assert_fault(&book.imports().import_bank_lines(request).await.unwrap_err(), Code::InvalidArgument, "FILE_NOT_CSV");
    let request =
        pb::ImportBankLinesRequest { map: Some(pb::BankCsvMap::default()), ..pb::ImportBankLinesRequest::default() };
    let fields = ["request_id", "file_name", "account", "content", "map.booked_on", "map.amount", "map.currency_code"];
    assert_violations(&book.imports().import_bank_lines(request).await.unwrap_err(), &fields);
    let lines = ["2026-03-02,1,Ada,A1,x,", "2026-03-03,2,Ada,A1,x,"];
    let today = import(&book, file(&lines)).await;
    assert_eq!((counts(&today), today.problems[0].reason.as_str()), ([1, 0, 0], "RECEIVED_IN_FUTURE"));
    book.server.clock.advance(chrono::Duration::days(1));
    assert_eq!(counts(&import(&book, file(&lines)).await), [1, 1, 0]);
    book.verify().await;
}

/// Credits and debits in columns of their own, or distinguished by a word; and what stands above the header.
#[tokio::test]
async fn sides_have_columns_or_a_word_and_a_bank_may_write_above_them() {
    let book = Book::start().await;
    let mut request = file(&[]);
    request.content =
        b"My bank\n\ndate,in,out,text\n2026-03-01,5.00,,a\n2026-03-01,,7.00,b\n2026-03-01,1,2,c\n".to_vec();
    let columns = pb::BankCsvMap {
        booked_on: "date".to_owned(),
        credit: "in".to_owned(),
        debit: "out".to_owned(),
        text: vec!["text".to_owned()],
        currency_code: "EUR".to_owned(),
        skip_lines: 2,
        ..pb::BankCsvMap::default()
    };
    request.map = Some(columns.clone());
    let two = import(&book, request).await;
    assert_eq!(counts(&two), [1, 0, 1]);
    assert_eq!((two.problems[0].line, two.problems[0].reason.as_str()), (6, "AMOUNT_ON_BOTH_SIDES"));
    // The same credit in another form is known.
    let words =
        pb::BankCsvSide { column: "side".to_owned(), credit: vec!["H".to_owned()], debit: vec!["S".to_owned()] };
    let mut request = file(&[]);
    request.content = b"date,amount,side,text\n2026-03-01,5.00,h,a\n2026-03-01,9.00,S,d\n2026-03-01,1,,e\n".to_vec();
    request.map = Some(pb::BankCsvMap {
        amount: "amount".to_owned(),
        credit: String::new(),
        debit: String::new(),
        side: Some(words),
        skip_lines: 0,
        ..columns.clone()
    });
    let word = import(&book, request).await;
    assert_eq!(counts(&word), [0, 1, 1]);
    assert_eq!((word.problems[0].line, word.problems[0].reason.as_str()), (4, "SIDE_UNKNOWN"));
    // A map that contradicts itself is refused.
    let mut request = file(&[]);
    let side = Some(pb::BankCsvSide { column: "side".to_owned(), ..pb::BankCsvSide::default() });
    request.map = Some(pb::BankCsvMap { amount: "amount".to_owned(), side, skip_lines: -1, ..columns });
    let fields = ["map.amount", "map.side.credit", "map.side.debit", "map.skip_lines"];
    assert_violations(&book.imports().import_bank_lines(request).await.unwrap_err(), &fields);
    book.verify().await;
}
