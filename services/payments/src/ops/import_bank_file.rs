//! `ImportBankFile`.

use std::{
    collections::{HashMap, HashSet},
    hash::{Hash, Hasher},
};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{ImportId, Metadata, PaymentId, count};
use quittance_service::Operation;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Write,
    imported::{Imported, MAX_TEXT, record_imported},
};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, import::NewEntry},
    domain::{
        BankImport, LineProblem, NewPayment, NotedProblem, Payment, Suspicion, SuspiciousEntry, bank_csv,
        bank_file::{self, CreditEntry, FilePayment, ReadBankFile},
    },
    outbox,
};

/// The original file, in a bank format.
#[derive(Debug)]
pub(crate) struct BankFile {
    pub(crate) file_name: String,
    pub(crate) content: Vec<u8>,
}

/// Imports the credits of a file: the import and its payments are one transaction.
#[derive(Debug)]
pub(crate) struct ImportBankFile {
    file: BankFile,
    read: ReadBankFile,
}

impl Hash for ImportBankFile {
    /// Hashes only the original file, which determines the rest.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.file.file_name, &self.file.content).hash(state);
    }
}

/// The parsed content of an import.
#[derive(Default)]
struct Accepted {
    entries: Vec<NewEntry>,
    payments: Vec<Payment>,
    envelopes: HashMap<PaymentId, Uuid>,
    known: usize,
    suspicious: Vec<SuspiciousEntry>,
}

impl ImportBankFile {
    /// Parses a file on a blocking thread, as it may take long.
    pub(crate) fn read(file: BankFile) -> Result<Self, Error> {
        let read = bank_file::read(&file.content).map_err(|refusal| Error::FileUnreadable(refusal.to_string()))?;
        if read.lines > bank_csv::MAX_LINES {
            return Err(Error::FileTooLong(bank_csv::MAX_LINES));
        }
        Ok(Self { file, read })
    }

    /// The entries whose payments can all be recorded, with these; and the problems of the others.
    fn payments(&self, today: NaiveDate, now: DateTime<Utc>) -> (Vec<(NewEntry, Vec<Payment>)>, Vec<LineProblem>) {
        let (mut payable, mut problems) = (Vec::new(), Vec::new());
        for entry in &self.read.entries {
            let payments = entry.payments.iter().map(|part| self.payment(entry, part, today, now));
            match payments.collect::<Result<Vec<_>, _>>() {
                Ok(payments) => {
                    let new = NewEntry {
                        account: entry.account.clone(),
                        fingerprint: entry.fingerprint,
                        occurrence: entry.occurrence,
                        id: ImportId::at(now).uuid(),
                        line: entry.line,
                        booked_on: entry.booked_on,
                        bank_key: entry.bank_key,
                        source: entry.source,
                    };
                    payable.push((new, payments));
                }
                Err((reason, description)) => {
                    problems.push(LineProblem { line: entry.line, reason, description });
                }
            }
        }
        (payable, problems)
    }

    fn payment(
        &self,
        entry: &CreditEntry,
        part: &FilePayment,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Payment, (&'static str, String)> {
        let new = NewPayment {
            customer: None,
            amount: part.amount,
            received_on: Some(entry.value_on),
            method: self.read.method(),
            payer_name: part.payer_name.clone(),
            payer_account: part.payer_account.clone(),
            text: part.text.chars().take(MAX_TEXT).collect(),
            // Banks reuse their references: only the entry itself is unique.
            external_reference: None,
            advice: part.advice.clone(),
            metadata: Metadata::default(),
        };
        Payment::record(PaymentId::at(now), new, today, now).map_err(|refusal| (refusal.reason(), refusal.to_string()))
    }
}

/// Selects the new entries. One is known by its full content; or by the bank's reference, if a file of the other kind had it and no entry has claimed
/// it yet.
async fn accept_new(w: &mut Write<'_>, payable: Vec<(NewEntry, Vec<Payment>)>) -> Result<Accepted, Error> {
    let entries: Vec<NewEntry> = payable.iter().map(|(entry, _)| entry.clone()).collect();
    let keys = db::import::known_keys(w.tx, &entries).await?;
    let known = db::import::known_entries(w.tx, &entries).await?;
    let mut free: HashMap<(String, [u8; 32]), usize> = HashMap::new();
    for (key, counts) in &keys {
        for entry in entries.iter().filter(|entry| entry.bank_key == Some(key.1) && entry.account == key.0).take(1) {
            let seen = counts.get(&entry.source.other()).copied().unwrap_or(0);
            let claimed = counts.get(&entry.source).copied().unwrap_or(0);
            free.insert(key.clone(), seen.saturating_sub(claimed));
        }
    }
    let mut accepted = Accepted::default();
    for (entry, payments) in payable {
        let key = entry.bank_key.map(|key| (entry.account.clone(), key));
        if known.contains(&entry.id) {
            accepted.known += 1;
            continue;
        }
        if let Some(left) = key.as_ref().and_then(|key| free.get_mut(key)).filter(|left| **left > 0) {
            // The other file had it: it is claimed, without new payments.
            *left -= 1;
            accepted.known += 1;
            accepted.entries.push(entry);
            continue;
        }
        let same = key.as_ref().and_then(|key| keys.get(key)).and_then(|counts| counts.get(&entry.source));
        if same.is_some_and(|count| *count > 0) {
            accepted.suspicious.push(SuspiciousEntry::new(entry.line, Suspicion::SameBankReference));
        }
        accepted.envelopes.extend(payments.iter().map(|payment| (payment.id, entry.id)));
        accepted.payments.extend(payments);
        accepted.entries.push(entry);
    }
    Ok(accepted)
}

impl Operation for ImportBankFile {
    const NAME: &'static str = "ImportBankFile";
    type Settings = TenantSettings;
    type Output = Imported;

    async fn run(&self, w: &mut Write<'_>) -> Result<Imported, Error> {
        let id = ImportId::at(w.now);
        let (payable, problems) = self.payments(w.today()?, w.now);
        let accepted = accept_new(w, payable).await?;
        let mut problems: Vec<LineProblem> = self.read.problems.iter().cloned().chain(problems).collect();
        problems.sort_by_key(|problem| problem.line);
        let recorded: HashSet<Uuid> = accepted.envelopes.values().copied().collect();
        db::import::insert_entries(w.tx, id, &accepted.entries).await?;
        let waiting = record_imported(w, accepted.payments, &accepted.envelopes).await?;
        let import = BankImport {
            id,
            file_name: self.file.file_name.clone(),
            sha256: Sha256::digest(&self.file.content).to_vec(),
            account: String::new(),
            format: self.read.format.clone(),
            statements: self.read.statements.clone(),
            suspicious: accepted.suspicious,
            new_lines: count(recorded.len())?,
            known_lines: count(accepted.known)?,
            ignored_lines: count(self.read.ignored)?,
            problems: problems.into_iter().map(NotedProblem::from).collect(),
            imported_at: w.now,
        };
        db::import::insert(w.tx, &import, &self.file.content).await?;
        w.publish(outbox::bank_file_imported(&import)?);
        Ok(Imported { import, waiting })
    }
}
