//! `ImportBankLines`: the credits of a bank's file become payments. The import and its payments are one transaction: a file is imported whole or not
//! at all, and importing it again adds nothing.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_bankfiles::csv;
use quittance_db::{Command, DbError, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{ImportId, PaymentId, RequestId, TenantId};
use sha2::{Digest as _, Sha256};

use super::{
    KeptId,
    imported::{MAX_TEXT, count, record_imported, settle_import},
};
use crate::{
    App, Error,
    db::{self, import::NewLine},
    domain::{
        BankImport, BankLine, LineProblem, Method, NewPayment, NotedProblem, Payment, ReadFile, bank_csv,
        bank_line::with_occurrences,
    },
};

/// Imports a file.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ImportBankLines {
    pub(crate) request: RequestId,
    pub(crate) file_name: String,
    /// Ours.
    pub(crate) account: String,
    pub(crate) content: Vec<u8>,
    pub(crate) map: csv::Map,
}

impl Command for ImportBankLines {
    const NAME: &'static str = "ImportBankLines";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op {
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Op {
    /// The lines that may become payments, with their payments. The others are counted or noted.
    fn accept(&self, account: &str, file: ReadFile) -> (Vec<(NewLine, Payment)>, i32, Vec<LineProblem>) {
        let mut problems = file.problems;
        let (mut accepted, mut ignored) = (Vec::with_capacity(file.lines.len()), 0);
        for (fingerprint, occurrence, line) in with_occurrences(account, file.lines) {
            if !line.amount.is_positive() {
                ignored += 1;
                continue;
            }
            let id = PaymentId::at(self.now);
            let (place, booked_on, reference) = (line.line, line.booked_on, line.reference.clone());
            match self.payment(id, line) {
                Ok(payment) => accepted.push((
                    NewLine { fingerprint, occurrence, line: place, booked_on, reference, payment: id },
                    payment,
                )),
                Err((reason, description)) => problems.push(LineProblem { line: place, reason, description }),
            }
        }
        problems.sort_by_key(|problem| problem.line);
        (accepted, ignored, problems)
    }

    fn payment(&self, id: PaymentId, line: BankLine) -> Result<Payment, (&'static str, String)> {
        if line.text.chars().count() > MAX_TEXT {
            return Err(("TEXT_TOO_LONG", format!("the text has more than {MAX_TEXT} characters")));
        }
        let new = NewPayment {
            customer: None,
            amount: line.amount,
            received_on: Some(line.value_on),
            method: Method::Transfer,
            payer_name: line.payer_name,
            payer_account: line.payer_account,
            text: line.text,
            // Banks reuse their references: the line itself is the guard.
            external_reference: None,
            advice: Vec::new(),
        };
        Payment::record(id, new, self.today, self.now).map_err(|refusal| (refusal.reason(), refusal.to_string()))
    }

    async fn import(&self, tx: &mut Tx, command: &ImportBankLines, file: ReadFile) -> Result<ImportId, DbError> {
        let id = ImportId::at(self.now);
        let (accepted, ignored_lines, problems) = self.accept(&command.account, file);
        let (lines, payments): (Vec<NewLine>, Vec<Payment>) = accepted.into_iter().unzip();
        let claimed = db::import::claim_lines(tx, id, &command.account, &lines).await?;
        let known_lines = count(lines.len() - claimed.len());
        let payments: Vec<Payment> = payments.into_iter().filter(|payment| claimed.contains(&payment.id)).collect();
        record_imported(tx, payments, &HashMap::new(), self.now).await?;
        let import = BankImport {
            id,
            file_name: command.file_name.clone(),
            sha256: Sha256::digest(&command.content).to_vec(),
            account: command.account.clone(),
            format: "csv".to_owned(),
            statements: Vec::new(),
            suspicious: Vec::new(),
            new_lines: count(claimed.len()),
            known_lines,
            ignored_lines,
            problems: problems.into_iter().map(NotedProblem::from).collect(),
            imported_at: self.now,
        };
        db::import::insert(tx, &import, &command.content).await?;
        Ok(id)
    }
}

fn read(command: &ImportBankLines) -> Result<ReadFile, Error> {
    let file = bank_csv::read(&command.content, &command.map)?;
    if file.lines.len() + file.problems.len() > bank_csv::MAX_LINES {
        return Err(Error::FileTooLong(bank_csv::MAX_LINES));
    }
    Ok(file)
}

impl OneOp for Op {
    type Command = ImportBankLines;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ImportBankLines) -> OneResult<KeptId, Error> {
        Ok(match read(command) {
            Ok(file) => Ok(KeptId(self.import(tx, command, file).await?.uuid())),
            Err(error) => Err(error),
        })
    }
}

/// Imports a file, and settles what its payments pay as far as invoicing answers now.
#[tracing::instrument(name = "payments.import_bank_lines", skip_all, fields(bytes = command.content.len()))]
pub(crate) async fn import_bank_lines(
    app: &App,
    tenant: TenantId,
    command: ImportBankLines,
) -> Result<BankImport, Error> {
    let today = app.today(tenant).await?;
    let now = app.now();
    let kept = run_one(app.db(), tenant, now, &Op { now, today }, command).await?;
    settle_import(app, tenant, ImportId::new(kept.0)).await
}
