//! `ImportBankLines`.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_bankfiles::csv;
use quittance_kernel::{ImportId, Metadata, PaymentId, count, reason::TEXT_TOO_LONG};
use quittance_service::Operation;
use sha2::{Digest as _, Sha256};

use super::{
    Write,
    imported::{Imported, MAX_TEXT, record_imported},
};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, import::NewLine},
    domain::{
        BankImport, BankLine, LineProblem, Method, NewPayment, NotedProblem, Payment, ReadFile, bank_csv,
        bank_line::with_occurrences,
    },
    outbox,
};

/// The original csv file.
#[derive(Debug, Hash)]
pub(crate) struct BankLinesFile {
    pub(crate) file_name: String,
    /// Our account.
    pub(crate) account: String,
    pub(crate) content: Vec<u8>,
    pub(crate) map: csv::Map,
}

/// Imports the credits of a csv file, all or none; importing it again adds nothing.
#[derive(Debug)]
pub(crate) struct ImportBankLines {
    file: BankLinesFile,
    read: ReadFile,
}

impl Hash for ImportBankLines {
    /// Hashes only the original file, which determines the rest.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.file.hash(state);
    }
}

/// The lines that can be recorded as payments, and the problems of the others.
struct Payable {
    lines: Vec<(NewLine, Payment)>,
    ignored: usize,
    problems: Vec<LineProblem>,
}

impl ImportBankLines {
    /// Parses a file on a blocking thread, as it may take long.
    pub(crate) fn read(file: BankLinesFile) -> Result<Self, Error> {
        let read = bank_csv::read(&file.content, &file.map)?;
        if read.lines.len() + read.problems.len() > bank_csv::MAX_LINES {
            return Err(Error::FileTooLong(bank_csv::MAX_LINES));
        }
        Ok(Self { file, read })
    }

    fn payable(&self, today: NaiveDate, now: DateTime<Utc>) -> Payable {
        let mut payable = Payable {
            lines: Vec::with_capacity(self.read.lines.len()),
            ignored: 0,
            problems: self.read.problems.clone(),
        };
        for (fingerprint, occurrence, line) in with_occurrences(&self.file.account, self.read.lines.clone()) {
            if !line.amount.is_positive() {
                payable.ignored += 1;
                continue;
            }
            let id = PaymentId::at(now);
            let (place, booked_on, reference) = (line.line, line.booked_on, line.reference.clone());
            match payment(id, line, today, now) {
                Ok(payment) => payable.lines.push((
                    NewLine { fingerprint, occurrence, line: place, booked_on, reference, payment: id },
                    payment,
                )),
                Err((reason, description)) => {
                    payable.problems.push(LineProblem { line: place, reason, description });
                }
            }
        }
        payable.problems.sort_by_key(|problem| problem.line);
        payable
    }
}

fn payment(
    id: PaymentId,
    line: BankLine,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Payment, (&'static str, String)> {
    if line.text.chars().count() > MAX_TEXT {
        return Err((TEXT_TOO_LONG, format!("the text has more than {MAX_TEXT} characters")));
    }
    let new = NewPayment {
        customer: None,
        amount: line.amount,
        received_on: Some(line.value_on),
        method: Method::Transfer,
        payer_name: line.payer_name,
        payer_account: line.payer_account,
        text: line.text,
        // Banks reuse their references: only the line itself is unique.
        external_reference: None,
        advice: Vec::new(),
        metadata: Metadata::default(),
    };
    Payment::record(id, new, today, now).map_err(|refusal| (refusal.reason(), refusal.to_string()))
}

impl Operation for ImportBankLines {
    const NAME: &'static str = "ImportBankLines";
    type Settings = TenantSettings;
    type Output = Imported;

    async fn run(&self, w: &mut Write<'_>) -> Result<Imported, Error> {
        let id = ImportId::at(w.now);
        let Payable { lines, ignored, problems } = self.payable(w.today()?, w.now);
        let (lines, payments): (Vec<NewLine>, Vec<Payment>) = lines.into_iter().unzip();
        let claimed = db::import::claim_lines(w.tx, id, &self.file.account, &lines).await?;
        let payments: Vec<Payment> = payments.into_iter().filter(|payment| claimed.contains(&payment.id)).collect();
        let waiting = record_imported(w, payments, &HashMap::new()).await?;
        let import = BankImport {
            id,
            file_name: self.file.file_name.clone(),
            sha256: Sha256::digest(&self.file.content).to_vec(),
            account: self.file.account.clone(),
            format: "csv".to_owned(),
            statements: Vec::new(),
            suspicious: Vec::new(),
            new_lines: count(claimed.len())?,
            known_lines: count(lines.len() - claimed.len())?,
            ignored_lines: count(ignored)?,
            problems: problems.into_iter().map(NotedProblem::from).collect(),
            imported_at: w.now,
        };
        db::import::insert(w.tx, &import, &self.file.content).await?;
        w.publish(outbox::bank_file_imported(&import)?);
        Ok(Imported { import, waiting })
    }
}
