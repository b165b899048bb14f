//! OFX 1 (SGML, its elements left open) and OFX 2 (XML), as banks, card companies and brokers send them, and QFX.

mod header;
mod statement;
mod token;
mod transaction;

use std::io::BufRead;

use crate::{
    Event, Fault, Place, Refusal, Warning, WarningCode,
    text::{self, Utf8},
};

use self::{
    statement::Statement,
    token::{Broken, Token, Tokens},
    transaction::Transaction,
};

/// The deepest nesting of the aggregates read here.
const MOST_DEPTH: usize = 64;

/// The most errors of a server that are reported.
const MOST_SERVER_ERRORS: usize = 100;

/// Reads a file, statement by statement and transaction by transaction. Returns `ofx1` or `ofx2`.
///
/// Entries are `STMTTRN`; a broker's trades are not read. The ledger balance is the closing balance; OFX has no opening
/// balance.
///
/// # Errors
/// [`Refusal`] if the file has no statement, with the errors of the server.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let head = text::peek(input, text::HEAD_BYTES)?;
    let version = header::version(&head);
    let encoding = header::encoding(&head);
    let mut whole = text::put_back(head, input);
    let mut reading = Reading {
        tokens: Tokens::new(Utf8::new(&mut whole, encoding)),
        sink,
        open: Vec::new(),
        element: None,
        statement: None,
        begun: false,
        status: ServerStatus::default(),
        faults: Vec::new(),
    };
    match reading.run() {
        Ok(()) => {}
        Err(Broken::Io(error)) => return Err(Refusal::Io(error)),
        Err(Broken::Bad(line, message)) => reading.stop(Place::Line(line), WarningCode::BadField, message),
    }
    reading.finish()?;
    Ok(version.to_owned())
}

/// The aggregates read here; all others are skipped.
fn known(name: &str) -> Option<&'static str> {
    const KNOWN: [&str; 20] = [
        "OFX",
        "STATUS",
        "STMTRS",
        "CCSTMTRS",
        "INVSTMTRS",
        "BANKACCTFROM",
        "CCACCTFROM",
        "INVACCTFROM",
        "STMTTRN",
        "STMTTRNP",
        "PAYEE",
        "BANKACCTTO",
        "CCACCTTO",
        "CURRENCY",
        "ORIGCURRENCY",
        "LEDGERBAL",
        "AVAILBAL",
        "BALLIST",
        "INVTRAN",
        "SECINFO",
    ];
    KNOWN.into_iter().find(|aggregate| *aggregate == name)
}

/// The server's status of a request.
#[derive(Debug, Default)]
struct ServerStatus {
    code: String,
    severity: String,
    message: String,
}

/// The state of reading a file.
struct Reading<'a, 's> {
    tokens: Tokens<'a>,
    sink: &'s mut dyn FnMut(Event),
    /// The open aggregates, the innermost last.
    open: Vec<&'static str>,
    /// An element that began last and has no value yet.
    element: Option<String>,
    statement: Option<Statement>,
    begun: bool,
    status: ServerStatus,
    faults: Vec<Fault>,
}

impl Reading<'_, '_> {
    fn run(&mut self) -> Result<(), Broken> {
        while let Some(token) = self.tokens.next()? {
            match token {
                Token::Open(name) => self.open(name)?,
                Token::Value(text) => {
                    if let Some(name) = self.element.take() {
                        self.leave_aggregate(&name);
                        self.value(&name, &text);
                    }
                }
                Token::Close(name) => {
                    self.element = None;
                    self.close(&name);
                }
            }
            if self.tokens.take_bad_text() {
                self.warn(WarningCode::BadText, "bytes that are not text in the file's encoding");
            }
        }
        if self.open.is_empty() {
            return Ok(());
        }
        self.stop(Place::Line(self.tokens.line()), WarningCode::Truncated, "the file ends before `</OFX>`".to_owned());
        Ok(())
    }

    fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        let at = Place::Line(self.tokens.line());
        (self.sink)(Event::Warning(Warning { at, code, message: message.into() }));
    }

    /// Ends reading early: a warning, or a reason to refuse if no statement began.
    fn stop(&mut self, at: Place, code: WarningCode, message: String) {
        if self.statement.as_ref().is_some_and(Statement::has_begun) || self.begun {
            (self.sink)(Event::Warning(Warning { at, code, message }));
        } else {
            self.statement = None;
            self.faults.push(Fault { at, message });
        }
    }

    fn finish(mut self) -> Result<(), Refusal> {
        self.end_statement();
        if self.begun {
            return Ok(());
        }
        if self.faults.is_empty() {
            self.faults.push(Fault { at: Place::File, message: "the OFX file has no statement".to_owned() });
        }
        Err(Refusal::Faults(self.faults))
    }

    fn open(&mut self, name: String) -> Result<(), Broken> {
        self.element = None;
        let Some(aggregate) = known(&name) else {
            self.element = Some(name);
            return Ok(());
        };
        // None of these aggregates is nested in one of its own kind: the earlier one was left open.
        if self.open.contains(&aggregate) {
            self.close(aggregate);
        }
        if self.open.len() >= MOST_DEPTH {
            return Err(Broken::Bad(self.tokens.line(), format!("aggregates are nested more than {MOST_DEPTH} deep")));
        }
        self.open.push(aggregate);
        self.element = Some(name);
        match aggregate {
            "STATUS" => self.status = ServerStatus::default(),
            "STMTRS" | "CCSTMTRS" | "INVSTMTRS" => {
                self.end_statement();
                self.statement = Some(Statement::new(self.tokens.line()));
            }
            "STMTTRN" | "STMTTRNP" => {
                let transaction = Transaction::new(self.tokens.line(), aggregate == "STMTTRNP");
                if let Some(statement) = &mut self.statement {
                    statement.transaction = Some(transaction);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Some banks write a value instead of an aggregate: `<CURRENCY>EUR`, `<PAYEE>A Ltd`.
    fn leave_aggregate(&mut self, name: &str) {
        if matches!(name, "CURRENCY" | "ORIGCURRENCY" | "PAYEE") {
            self.open.pop_if(|open| *open == name);
        }
    }

    /// Closes an aggregate and all left open in it.
    fn close(&mut self, name: &str) {
        let Some(place) = self.open.iter().rposition(|open| *open == name) else { return };
        while self.open.len() > place {
            let Some(aggregate) = self.open.pop() else { return };
            match aggregate {
                "STATUS" => self.end_status(),
                "STMTTRN" | "STMTTRNP" => self.end_transaction(),
                "LEDGERBAL" | "AVAILBAL" => {
                    let warnings = self.statement.as_mut().map(|statement| statement.end_balance(aggregate));
                    self.emit_warnings(warnings.unwrap_or_default());
                }
                "STMTRS" | "CCSTMTRS" | "INVSTMTRS" => self.end_statement(),
                _ => {}
            }
        }
    }

    fn value(&mut self, name: &str, text: &str) {
        let within = self.open.last().copied().unwrap_or_default();
        if within == "STATUS" {
            match name {
                "CODE" => text.clone_into(&mut self.status.code),
                "SEVERITY" => text.clone_into(&mut self.status.severity),
                "MESSAGE" => text.clone_into(&mut self.status.message),
                _ => {}
            }
        } else if let Some(statement) = &mut self.statement {
            statement.take(within, name, text, self.tokens.line());
        }
    }

    fn end_status(&mut self) {
        let status = std::mem::take(&mut self.status);
        let failed = status.severity.eq_ignore_ascii_case("ERROR") || !status.code.trim_start_matches('0').is_empty();
        if !failed || status.severity.eq_ignore_ascii_case("INFO") {
            return;
        }
        let message = format!("the bank's server reports error {}: {}", status.code, status.message);
        if self.begun {
            self.warn(WarningCode::Empty, message);
        } else if self.faults.len() < MOST_SERVER_ERRORS {
            self.faults.push(Fault { at: Place::Line(self.tokens.line()), message });
        }
    }

    fn end_transaction(&mut self) {
        let Some(statement) = &mut self.statement else { return };
        let Some(transaction) = statement.transaction.take() else { return };
        let (entry, warnings) = transaction.entry(statement.currency());
        self.begin_statement();
        self.emit_warnings(warnings);
        if let Some(entry) = entry {
            (self.sink)(Event::Entry(Box::new(entry)));
        }
    }

    fn begin_statement(&mut self) {
        let Some(statement) = &mut self.statement else { return };
        let Some(head) = statement.begin() else { return };
        let warnings = statement.check_head();
        if !self.begun {
            // Other errors of the server become warnings, as the file is read.
            for fault in std::mem::take(&mut self.faults) {
                let warning = Warning { at: fault.at, code: WarningCode::Empty, message: fault.message };
                (self.sink)(Event::Warning(warning));
            }
        }
        self.begun = true;
        (self.sink)(Event::Begin(head));
        self.emit_warnings(warnings);
    }

    fn end_statement(&mut self) {
        self.begin_statement();
        if let Some(statement) = self.statement.take() {
            (self.sink)(Event::End(statement.tail()));
        }
    }

    fn emit_warnings(&mut self, warnings: Vec<Warning>) {
        for warning in warnings {
            (self.sink)(Event::Warning(warning));
        }
    }
}

#[cfg(test)]
#[path = "ofx_tests.rs"]
mod tests;
