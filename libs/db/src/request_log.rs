//! Idempotency: the hash of the command and the encoded response, stored in the transaction that had the effect.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_kernel::{EventId, RequestId};
use uuid::Uuid;

use crate::{Db, DbError, Tx};

/// A response that can be stored and sent again.
pub trait StorableResponse: Clone + Send + Sync + Sized {
    /// Encodes the response.
    fn to_bytes(&self) -> Vec<u8>;
    /// Decodes a stored response; the error says what is wrong with it.
    fn from_bytes(bytes: &[u8], is_basic: bool) -> Result<Self, String>;
    /// Whether it is the basic view of a resource, which has less than all of it.
    fn is_basic(&self) -> bool {
        false
    }
    /// How many bytes it takes in the response of a batch.
    fn size(&self) -> usize;
}

impl<M: prost::Message + Default + Clone> StorableResponse for M {
    fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn from_bytes(bytes: &[u8], _is_basic: bool) -> Result<Self, String> {
        Self::decode(bytes).map_err(|error| error.to_string())
    }

    fn size(&self) -> usize {
        self.encoded_len()
    }
}

/// The request id was used before with another command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("request_id {0} was used before with another command")]
pub struct RequestIdReused(pub RequestId);

/// The stored response to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// SHA-256 of the command.
    pub command_hash: Vec<u8>,
    /// The encoded response.
    pub response: Vec<u8>,
    /// Whether it is the basic view of a resource.
    pub is_basic: bool,
    /// The last event of the transaction.
    pub written: Option<EventId>,
}

/// A response to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResponse {
    /// The request.
    pub request: RequestId,
    /// SHA-256 of the command.
    pub command_hash: [u8; 32],
    /// The encoded response.
    pub response: Vec<u8>,
    /// Whether it is the basic view of a resource.
    pub is_basic: bool,
}

/// The stored responses to these requests.
pub async fn find_responses(tx: &mut Tx, ids: &[RequestId]) -> Result<HashMap<RequestId, StoredResponse>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        // `offset 0` keeps it a lookup of each: a table that has no statistics yet would be read whole, once for every request.
        "select l.request_id, l.command_hash, l.answer, l.is_basic, l.written_event_id
         from unnest($2::uuid[]) as requested (request_id)
         cross join lateral (select * from request_log where tenant_id = $1 and request_id = requested.request_id offset 0) l",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let stored = StoredResponse {
                command_hash: row.command_hash,
                response: row.answer,
                is_basic: row.is_basic,
                written: row.written_event_id.map(EventId::new),
            };
            (RequestId::new(row.request_id), stored)
        })
        .collect())
}

/// Stores responses, with the last event of the transaction. Waits for a transaction that stores a response to one of the same requests, and fails if that one commits.
pub async fn store_responses(
    tx: &mut Tx,
    mut responses: Vec<NewResponse>,
    written: Option<EventId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    responses.sort_by_key(|response| response.request);
    let count = responses.len();
    let (mut ids, mut hashes) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut bytes, mut basic) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for NewResponse { request, command_hash, response, is_basic } in responses {
        ids.push(request.uuid());
        hashes.push(command_hash.to_vec());
        bytes.push(response);
        basic.push(is_basic);
    }
    let done = sqlx::query!(
        "insert into request_log (tenant_id, request_id, command_hash, answer, is_basic, written_event_id, answered_at)
         select $1, *, $6, $7
         from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bool[])
         on conflict on constraint request_log_pkey do nothing",
        tenant,
        &ids,
        &hashes,
        &bytes,
        &basic,
        written.map(EventId::uuid),
        now,
    )
    .execute(&mut **tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(count) { Ok(()) } else { Err(DbError::Overtaken) }
}

/// Deletes responses stored before `before`. Returns how many.
pub async fn purge(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let done = sqlx::query!("delete from request_log where answered_at < $1", before).execute(db.system()).await?;
    Ok(done.rows_affected())
}
