//! `ImportBankFile`: what was credited in a file of a bank's own format becomes payments. The import and its payments are one transaction.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Command, DbError, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{ImportId, PaymentId, RequestId, TenantId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    KeptId,
    imported::{MAX_TEXT, count, record_imported, settle_import},
};
use crate::{
    App, Error,
    db::{self, import::NewEntry},
    domain::{
        BankImport, LineProblem, Method, NewPayment, NotedProblem, Payment, bank_csv,
        bank_file::{self, CreditEntry, FilePayment, ReadBankFile},
    },
};

/// Imports a file.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ImportBankFile {
    pub(crate) request: RequestId,
    pub(crate) file_name: String,
    pub(crate) content: Vec<u8>,
}

impl Command for ImportBankFile {
    const NAME: &'static str = "ImportBankFile";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op {
    now: DateTime<Utc>,
    today: NaiveDate,
}

/// What an import takes in.
#[derive(Default)]
struct Taken {
    entries: Vec<NewEntry>,
    payments: Vec<Payment>,
    envelopes: HashMap<PaymentId, Uuid>,
    known: usize,
    problems: Vec<LineProblem>,
    suspicious: Vec<NotedProblem>,
}

impl Op {
    fn payment(
        &self,
        method: Method,
        entry: &CreditEntry,
        part: &FilePayment,
    ) -> Result<Payment, (&'static str, String)> {
        let new = NewPayment {
            customer: None,
            amount: part.amount,
            received_on: Some(entry.value_on),
            method,
            payer_name: part.payer_name.clone(),
            payer_account: part.payer_account.clone(),
            text: part.text.chars().take(MAX_TEXT).collect(),
            // Banks reuse their references: the entry itself is the guard.
            external_reference: None,
            advice: part.advice.clone(),
        };
        Payment::record(PaymentId::at(self.now), new, self.today, self.now)
            .map_err(|refusal| (refusal.reason(), refusal.to_string()))
    }

    /// The entries with their payments, where all of an entry's payments may be recorded.
    fn accept(&self, read: &ReadBankFile) -> (Vec<(NewEntry, Vec<Payment>)>, Vec<LineProblem>) {
        let (mut accepted, mut problems) = (Vec::new(), Vec::new());
        let method = if read.format == "lockbox" { Method::Check } else { Method::Transfer };
        for entry in &read.entries {
            let payments =
                entry.payments.iter().map(|part| self.payment(method, entry, part)).collect::<Result<Vec<_>, _>>();
            match payments {
                Ok(payments) => {
                    let new = NewEntry {
                        account: entry.account.clone(),
                        fingerprint: entry.fingerprint,
                        occurrence: entry.occurrence,
                        id: ImportId::at(self.now).uuid(),
                        line: entry.line,
                        booked_on: entry.booked_on,
                        bank_key: entry.bank_key,
                        source: entry.source,
                    };
                    accepted.push((new, payments));
                }
                Err((reason, description)) => {
                    problems.push(LineProblem { line: entry.line, reason, description });
                }
            }
        }
        (accepted, problems)
    }

    /// Which entries are new. One is known by all that it says; or, by the bank's reference, because a file of the other kind told of it and nothing
    /// has claimed that yet.
    async fn sift(&self, tx: &mut Tx, accepted: Vec<(NewEntry, Vec<Payment>)>) -> Result<Taken, DbError> {
        let entries: Vec<NewEntry> = accepted.iter().map(|(entry, _)| entry.clone()).collect();
        let keys = db::import::known_keys(tx, &entries).await?;
        let known = db::import::known_entries(tx, &entries).await?;
        let mut free: HashMap<(String, [u8; 32]), usize> = HashMap::new();
        for (key, counts) in &keys {
            for entry in entries.iter().filter(|entry| entry.bank_key == Some(key.1) && entry.account == key.0).take(1)
            {
                let told = counts.get(&entry.source.other()).copied().unwrap_or(0);
                let claimed = counts.get(&entry.source).copied().unwrap_or(0);
                free.insert(key.clone(), told.saturating_sub(claimed));
            }
        }
        let mut taken = Taken::default();
        for (entry, payments) in accepted {
            let key = entry.bank_key.map(|key| (entry.account.clone(), key));
            if known.contains(&entry.id) {
                taken.known += 1;
                continue;
            }
            if let Some(left) = key.as_ref().and_then(|key| free.get_mut(key)).filter(|left| **left > 0) {
                // The other file told of it: it is claimed, and has no payments of its own.
                *left -= 1;
                taken.known += 1;
                taken.entries.push(entry);
                continue;
            }
            let same = key.as_ref().and_then(|key| keys.get(key)).and_then(|counts| counts.get(&entry.source));
            if same.is_some_and(|count| *count > 0) {
                taken.suspicious.push(NotedProblem {
                    line: i64::try_from(entry.line).unwrap_or(i64::MAX),
                    reason: "SAME_BANK_REFERENCE".to_owned(),
                    description: "an entry with the same account, day, amount and bank's reference is known, and says something else".to_owned(),
                });
            }
            taken.envelopes.extend(payments.iter().map(|payment| (payment.id, entry.id)));
            taken.payments.extend(payments);
            taken.entries.push(entry);
        }
        Ok(taken)
    }

    async fn import(&self, tx: &mut Tx, command: &ImportBankFile, read: ReadBankFile) -> Result<ImportId, DbError> {
        let id = ImportId::at(self.now);
        let (accepted, problems) = self.accept(&read);
        let mut taken = self.sift(tx, accepted).await?;
        taken.problems = read.problems.into_iter().chain(problems).collect();
        taken.problems.sort_by_key(|problem| problem.line);
        let recorded: std::collections::HashSet<Uuid> = taken.envelopes.values().copied().collect();
        db::import::insert_entries(tx, id, &taken.entries).await?;
        record_imported(tx, taken.payments, &taken.envelopes, self.now).await?;
        let import = BankImport {
            id,
            file_name: command.file_name.clone(),
            sha256: Sha256::digest(&command.content).to_vec(),
            account: String::new(),
            format: read.format,
            statements: read.statements,
            suspicious: taken.suspicious,
            new_lines: count(recorded.len()),
            known_lines: count(taken.known),
            ignored_lines: count(read.ignored),
            problems: taken.problems.into_iter().map(NotedProblem::from).collect(),
            imported_at: self.now,
        };
        db::import::insert(tx, &import, &command.content).await?;
        Ok(id)
    }
}

fn read(command: &ImportBankFile) -> Result<ReadBankFile, Error> {
    let file = bank_file::read(&command.content).map_err(|refusal| Error::FileUnreadable(refusal.to_string()))?;
    if file.lines > bank_csv::MAX_LINES {
        return Err(Error::FileTooLong(bank_csv::MAX_LINES));
    }
    Ok(file)
}

impl OneOp for Op {
    type Command = ImportBankFile;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ImportBankFile) -> OneResult<KeptId, Error> {
        Ok(match read(command) {
            Ok(file) => Ok(KeptId(self.import(tx, command, file).await?.uuid())),
            Err(error) => Err(error),
        })
    }
}

/// Imports a file, and settles what its payments pay as far as invoicing answers now.
#[tracing::instrument(name = "payments.import_bank_file", skip_all, fields(bytes = command.content.len()))]
pub(crate) async fn import_bank_file(
    app: &App,
    tenant: TenantId,
    command: ImportBankFile,
) -> Result<BankImport, Error> {
    let today = app.today(tenant).await?;
    let now = app.now();
    let kept = run_one(app.db(), tenant, now, &Op { now, today }, command).await?;
    settle_import(app, tenant, ImportId::new(kept.0)).await
}
