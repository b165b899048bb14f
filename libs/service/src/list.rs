//! A page of resources: where they stand in the list, then the resources themselves.

use std::collections::HashMap;

use prost::Message;
use quittance_db::{Place, Tx};
use quittance_grpc::{Page, PageToken};
use uuid::Uuid;

/// How many resources are read at once: whole invoices may have 100 KiB each.
const READ_AT_ONCE: usize = 101;

/// The resources at these places, until the page is full, and the token of the next page. `read` returns the resources with these ids.
pub async fn read_places<M: Message, E>(
    tx: &mut Tx,
    page: &Page,
    places: &[Place],
    read: impl AsyncFn(&mut Tx, &[Uuid]) -> Result<HashMap<Uuid, M>, E>,
) -> Result<(Vec<M>, PageToken), E> {
    let (mut entries, mut ends) = (Vec::new(), Vec::new());
    // How many places the page covers.
    let mut end = places.len();
    for (first, some) in places.chunks(READ_AT_ONCE).enumerate() {
        let ids: Vec<Uuid> = some.iter().map(|place| place.id).collect();
        let mut found = read(tx, &ids).await?;
        for (place, after) in some.iter().zip(first * READ_AT_ONCE + 1..) {
            // A draft may be deleted between the two statements.
            if let Some(entry) = found.remove(&place.id) {
                entries.push(entry);
                ends.push(after);
            }
        }
        if page.is_filled_by(&entries) {
            entries.truncate(page.fitting(&entries));
            end = ends.get(entries.len() - 1).copied().unwrap_or(end);
            break;
        }
    }
    let is_last = end == places.len() && i64::try_from(end).is_ok_and(|count| count < page.limit());
    let last = places.get(..end).and_then(<[Place]>::last).filter(|_| !is_last);
    let token = last.map(|place| page.token(&place.key())).unwrap_or_default();
    Ok((entries, token))
}
