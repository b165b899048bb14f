//! What makes a repeated call harmless: the hash of the command and the encoded answer, kept in the transaction that had the effect.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_kernel::RequestId;
use uuid::Uuid;

use crate::{Db, DbError, Tx};

/// An answer as it is kept and sent again.
pub trait Answer: Clone + Send + Sync + Sized {
    /// Its encoding.
    fn to_bytes(&self) -> Vec<u8>;
    /// It, from its encoding.
    fn from_bytes(bytes: &[u8]) -> Result<Self, String>;
}

impl<M: prost::Message + Default + Clone> Answer for M {
    fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Self::decode(bytes).map_err(|error| error.to_string())
    }
}

/// The request id was used before, for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("request_id {0} was used before with another command")]
pub struct RequestIdReused(pub RequestId);

/// An answer that was given to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// SHA-256 of the command that was answered.
    pub command_hash: Vec<u8>,
    /// What was answered, encoded.
    pub answer: Vec<u8>,
}

/// The answers that were given to these requests.
pub async fn find_answers(tx: &mut Tx, ids: &[RequestId]) -> Result<HashMap<RequestId, KeptAnswer>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        "select l.request_id, l.command_hash, l.answer
         from unnest($2::uuid[]) as asked (request_id)
         join request_log l on l.tenant_id = $1 and l.request_id = asked.request_id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (RequestId::new(row.request_id), KeptAnswer { command_hash: row.command_hash, answer: row.answer }))
        .collect())
}

/// Keeps answers. Waits for a transaction that answers one of the same requests, and fails if that one commits.
pub async fn keep_answers(
    tx: &mut Tx,
    answers: Vec<(RequestId, [u8; 32], Vec<u8>)>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let mut sorted = answers;
    sorted.sort_by_key(|(id, ..)| *id);
    let count = sorted.len();
    let (mut ids, mut hashes, mut bytes) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    for (id, hash, answer) in sorted {
        ids.push(id.uuid());
        hashes.push(hash.to_vec());
        bytes.push(answer);
    }
    let done = sqlx::query!(
        "insert into request_log (tenant_id, request_id, command_hash, answer, answered_at)
         select $1, *, $5
         from unnest($2::uuid[], $3::bytea[], $4::bytea[])
         on conflict on constraint request_log_pkey do nothing",
        tenant,
        &ids,
        &hashes,
        &bytes,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(count) { Ok(()) } else { Err(DbError::Overtaken) }
}

/// Forgets answers given before `before`. Returns how many.
pub async fn purge(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let done = sqlx::query!("delete from request_log where answered_at < $1", before).execute(db.system()).await?;
    Ok(done.rows_affected())
}
