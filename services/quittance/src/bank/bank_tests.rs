use serde_json::Value;

use super::*;

const STATEMENT: &str = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt><Id>S</Id>\
    <Acct><Id><IBAN>X1</IBAN></Id></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='SEK'>5.00</Amt>\
    <CdtDbtInd>DBIT</CdtDbtInd></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='SEK'>9.00</Amt>\
    <CdtDbtInd>CRDT</CdtDbtInd></Bal><Ntry><Amt Ccy='SEK'>7.50</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Stmt><Stmt/>\
    </BkToCstmrStmt></Document>";

fn printed(text: &str) -> Result<Value, String> {
    let mut output = Vec::new();
    match parse(&mut text.as_bytes(), &mut output) {
        Ok(()) => Ok(serde_json::from_slice(&output).unwrap()),
        Err(Failure::Refused(refusal)) => {
            assert!(output.is_empty(), "nothing is printed of what is refused");
            Err(reasons(&refusal).join("\n"))
        }
        Err(Failure::Output(error)) => Err(error.to_string()),
    }
}

#[test]
fn a_statement_is_printed_as_it_is_laid_out() {
    let json = printed(STATEMENT).unwrap();
    assert_eq!(json["format"], "camt.053.001.08");
    let statement = &json["statements"][0];
    assert_eq!(
        (&statement["account"], &statement["opening"], &statement["closing"]),
        (&"X1".into(), &"-5.00".into(), &"9.00".into())
    );
    assert_eq!(
        statement["totals"],
        serde_json::json!([{"currency": "SEK", "credits": {"count": 1, "sum": "7.50"}, "debits": {"count": 0, "sum": "0"}}])
    );
    assert_eq!(statement["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&json["statements"][1]["opening"], &json["statements"][1]["totals"]),
        (&Value::Null, &serde_json::json!([]))
    );
    let codes: Vec<&Value> = json["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
    assert_eq!(codes, ["BALANCES_DO_NOT_TIE", "MISSING"]);
}

#[test]
fn a_status_report_is_printed() {
    let json = printed(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>M</OrgnlMsgId><GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>",
    )
    .unwrap();
    assert_eq!((&json["message_id"], &json["group_status"]), (&"R".into(), &"ACTC".into()));
}

#[test]
fn what_is_none_of_ours_is_refused_with_a_word() {
    for text in ["", "hello", "<Invoice/>", "PK\u{3}\u{4}"] {
        assert!(!printed(text).unwrap_err().is_empty(), "{text}");
    }
}

#[test]
fn a_closed_pipe_is_an_error_of_the_output() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let done = parse(&mut STATEMENT.as_bytes(), &mut Closed);
    assert!(matches!(done, Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe));
}
