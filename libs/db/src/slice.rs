//! Writing a slice of commands of one tenant in one transaction: a result per command out, every request answered once.
//!
//! Requests that were answered before get the kept answer. The others are decided and written together; the answers are kept last, which
//! waits for a transaction that answers the same request at the same moment, and then does the slice again one command at a time, when the
//! other's answer is found. A refusal leaves no claim: it is looked up once more, because the command may have been refused for the very effect
//! that its own first sending had.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use quittance_kernel::{RequestId, TenantId};

use crate::{
    Answer, Command, Db, DbError, RequestIdReused, Tx,
    request_log::{CommandHash, Kept, find, hash_of, keep},
};

/// How often one command is tried when transactions stand in each other's way.
const TRIES: usize = 5;

/// A result per command, or the error of the whole slice.
pub type SliceResult<A, E> = Result<Vec<Result<A, E>>, DbError>;

/// What a mutating operation does with the commands that are not answered yet.
pub trait SliceOp: Sync {
    /// What is asked.
    type Command: Command;
    /// What is answered.
    type Answer: Answer;
    /// Why a command was refused.
    type Error: From<DbError> + From<RequestIdReused> + Send;

    /// Loads and locks, decides, saves, appends events; a result per command, in their order. A command that is refused writes nothing. `Err` is for the
    /// whole slice: nothing of it is kept.
    fn run(
        &self,
        tx: &mut Tx,
        commands: &[&Self::Command],
    ) -> impl Future<Output = SliceResult<Self::Answer, Self::Error>> + Send;
}

/// A result, or the error of the store.
pub type OneResult<A, E> = Result<Result<A, E>, DbError>;

/// What a mutating operation that has no batch form does with its command.
pub trait OneOp: Sync {
    /// What is asked.
    type Command: Command;
    /// What is answered.
    type Answer: Answer;
    /// Why the command was refused.
    type Error: From<DbError> + From<RequestIdReused> + Send;

    /// As [`SliceOp::run`], for one command.
    fn run(
        &self,
        tx: &mut Tx,
        command: &Self::Command,
    ) -> impl Future<Output = OneResult<Self::Answer, Self::Error>> + Send;
}

struct OneByOne<'a, O>(&'a O);

impl<O: OneOp> SliceOp for OneByOne<'_, O> {
    type Command = O::Command;
    type Answer = O::Answer;
    type Error = O::Error;

    async fn run(&self, tx: &mut Tx, commands: &[&O::Command]) -> SliceResult<O::Answer, O::Error> {
        let mut results = Vec::with_capacity(commands.len());
        for command in commands {
            results.push(self.0.run(tx, command).await?);
        }
        Ok(results)
    }
}

type Results<O> = Vec<Result<<O as SliceOp>::Answer, <O as SliceOp>::Error>>;

/// Writes what one command does, as [`run_slice`] does for many.
pub async fn run_one<O: OneOp>(
    db: &Db,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    command: O::Command,
) -> Result<O::Answer, O::Error> {
    let mut results = run_slice(db, tenant, now, &OneByOne(op), &[command]).await?;
    results.pop().unwrap_or_else(|| Err(O::Error::from(DbError::AnsweredMeanwhile)))
}

/// Writes a slice. The same request id twice in it is one command. `Err`: the database is not there; nothing of the slice that is not answered
/// already was kept.
pub async fn run_slice<O: SliceOp>(
    db: &Db,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    commands: &[O::Command],
) -> Result<Results<O>, DbError> {
    let mut distinct: Vec<Asked<'_, O>> = Vec::with_capacity(commands.len());
    let mut others: Vec<Asked<'_, O>> = Vec::new();
    let mut ids: HashSet<RequestId> = HashSet::with_capacity(commands.len());
    let mut places: HashMap<(RequestId, CommandHash), Place> = HashMap::with_capacity(commands.len());
    let mut answered_by: Vec<Place> = Vec::with_capacity(commands.len());
    for command in commands {
        let (id, hash) = (command.request_id(), hash_of(command));
        let place = *places.entry((id, hash)).or_insert_with(|| {
            let is_first = ids.insert(id);
            let list = if is_first { &mut distinct } else { &mut others };
            list.push(Asked { id, hash, command });
            if is_first { Place::Distinct(list.len() - 1) } else { Place::Other(list.len() - 1) }
        });
        answered_by.push(place);
    }
    let results = run_leaders(db, tenant, now, op, &distinct).await?;
    // Other commands with an id of the slice come after the first, as if they had been sent after it: whether one of them is the true one is in the
    // answers kept.
    let mut others_results = Vec::with_capacity(others.len());
    for other in &others {
        others_results.push(run_alone(db, tenant, now, op, other).await?);
    }
    Ok(hand_out::<O>(results, others_results, answered_by))
}

/// Where a command's result is.
#[derive(Clone, Copy)]
enum Place {
    /// Among the results of the first commands of each request id.
    Distinct(usize),
    /// Among the results of other commands that use one of these ids.
    Other(usize),
}

/// Gives every command its leader's result. An error is not `Clone`: the second sending of a refused
/// command is told to try again.
fn hand_out<O: SliceOp>(distinct: Results<O>, others: Results<O>, answered_by: Vec<Place>) -> Results<O> {
    let mut distinct: Vec<Option<Result<O::Answer, O::Error>>> = distinct.into_iter().map(Some).collect();
    let mut others: Vec<Option<Result<O::Answer, O::Error>>> = others.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(answered_by.len());
    for place in answered_by {
        let slot = match place {
            Place::Distinct(place) => distinct.get_mut(place),
            Place::Other(place) => others.get_mut(place),
        };
        let result = match slot {
            Some(slot) => match slot.take() {
                Some(Ok(answer)) => {
                    *slot = Some(Ok(answer.clone()));
                    Ok(answer)
                }
                Some(Err(error)) => Err(error),
                None => Err(DbError::AnsweredMeanwhile.into()),
            },
            None => Err(DbError::AnsweredMeanwhile.into()),
        };
        out.push(result);
    }
    out
}

struct Asked<'a, O: SliceOp> {
    id: RequestId,
    hash: CommandHash,
    command: &'a O::Command,
}

async fn run_leaders<O: SliceOp>(
    db: &Db,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    asked: &[Asked<'_, O>],
) -> Result<Results<O>, DbError> {
    match attempt(db, tenant, now, op, asked).await {
        Err(error) if error.is_conflict() => {}
        done => return done,
    }
    let mut results = Vec::with_capacity(asked.len());
    for one in asked {
        results.push(run_alone(db, tenant, now, op, one).await?);
    }
    Ok(results)
}

async fn run_alone<O: SliceOp>(
    db: &Db,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    asked: &Asked<'_, O>,
) -> Result<Result<O::Answer, O::Error>, DbError> {
    let mut tries = 1;
    loop {
        match attempt(db, tenant, now, op, std::slice::from_ref(asked)).await {
            Ok(mut results) => return results.pop().ok_or(DbError::AnsweredMeanwhile),
            Err(error) if error.is_conflict() && error.is_transient() && tries < TRIES => tries += 1,
            Err(error) if error.is_conflict() => return Ok(Err(error.into())),
            Err(error) => return Err(error),
        }
    }
}

async fn attempt<O: SliceOp>(
    db: &Db,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    asked: &[Asked<'_, O>],
) -> Result<Results<O>, DbError> {
    let mut tx = db.begin(tenant).await?;
    let ids: Vec<RequestId> = asked.iter().map(|a| a.id).collect();
    let kept = find(&mut tx, &ids).await?;
    let fresh: Vec<&Asked<'_, O>> = asked.iter().filter(|a| !kept.contains_key(&a.id)).collect();
    let mut decided = Vec::new();
    if !fresh.is_empty() {
        let commands: Vec<&O::Command> = fresh.iter().map(|a| a.command).collect();
        decided = op.run(&mut tx, &commands).await?;
    }
    let mut answers = Vec::with_capacity(decided.len());
    let mut refused = Vec::new();
    for (asked, result) in fresh.iter().zip(&decided) {
        match result {
            Ok(answer) => answers.push((asked.id, asked.hash, answer.to_bytes())),
            Err(_) => refused.push(asked.id),
        }
    }
    if answers.is_empty() {
        tx.rollback().await?;
    } else {
        keep(&mut tx, answers, now).await?;
        tx.commit().await?;
    }
    let meanwhile = if refused.is_empty() { HashMap::new() } else { look_again(db, tenant, &refused).await? };
    let mut decided = decided.into_iter();
    asked
        .iter()
        .map(|a| match (kept.get(&a.id), meanwhile.get(&a.id)) {
            (Some(kept), _) => replay::<O>(a, kept),
            (None, found) => {
                let result = decided.next().ok_or(DbError::AnsweredMeanwhile)?;
                match (result, found) {
                    (Err(_), Some(kept)) => replay::<O>(a, kept),
                    (result, _) => Ok(result),
                }
            }
        })
        .collect()
}

async fn look_again(db: &Db, tenant: TenantId, refused: &[RequestId]) -> Result<HashMap<RequestId, Kept>, DbError> {
    let mut tx = db.begin(tenant).await?;
    let found = find(&mut tx, refused).await?;
    tx.commit().await?;
    Ok(found)
}

fn replay<O: SliceOp>(asked: &Asked<'_, O>, kept: &Kept) -> Result<Result<O::Answer, O::Error>, DbError> {
    if kept.hash != asked.hash {
        return Ok(Err(RequestIdReused(asked.id).into()));
    }
    let answer = O::Answer::from_bytes(&kept.answer).map_err(|why| DbError::Corrupt {
        table: "request_log",
        id: asked.id.uuid(),
        why,
    })?;
    Ok(Ok(answer))
}
