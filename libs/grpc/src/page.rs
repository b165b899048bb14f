//! Keyset pagination: a token holds where the last page ended and which query it belongs to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::Message;
use quittance_db::{Column, Place};
use quittance_kernel::BadId;
use quittance_proto::Listing;
use sha2::{Digest as _, Sha256};

use crate::{MAX_RESPONSE_BYTES, Violations};

const HASH_BYTES: usize = 8;

/// The most entries of a page, and the default.
const MAX_PAGE: i32 = 1_000;
const DEFAULT_PAGE: i32 = 100;

/// A requested page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The page size.
    pub size: i64,
    /// The key of the last entry of the page before; empty for the first page.
    pub after: Vec<String>,
    query: [u8; HASH_BYTES],
}

/// The token of the next page.
pub type PageToken = String;

impl Page {
    /// Takes page size and token out of a request. What remains is the query: a token of another query is refused.
    pub fn take<R: Listing>(request: &mut R) -> Result<Self, Violations> {
        let (size, token) = request.take_page();
        let query = hash(R::NAME, &request.encode_to_vec());
        Self::read(size, &token, query)
    }

    fn read(size: i32, token: &str, query: [u8; HASH_BYTES]) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let size = bad.check("page_size", page_size(size));
        let after = bad.check("page_token", read_token(token, query));
        let page = size.zip(after).map(|(size, after)| Self { size, after, query });
        bad.into_result(page)
    }

    /// The id of the last entry of the page before, in lists in the order of one.
    pub fn after_id<T>(&self, parse: fn(&str) -> Result<T, BadId>) -> Result<Option<T>, Violations> {
        self.after_key(|key| match key {
            [id] => parse(id).ok(),
            _ => None,
        })
    }

    /// The key of the last entry of the page before; `None` on the first page. A token whose key cannot be read is refused.
    pub fn after_key<T>(&self, read: impl FnOnce(&[String]) -> Option<T>) -> Result<Option<T>, Violations> {
        if self.after.is_empty() {
            return Ok(None);
        }
        let mut bad = Violations::default();
        let key = bad.check("page_token", read(&self.after).ok_or_else(malformed));
        bad.into_result(key.map(Some))
    }

    /// Where the page before ended, in a list in the order of a column.
    pub fn after_place(&self, column: Column) -> Result<Option<Place>, Violations> {
        self.after_key(|key| Place::parse(column, key))
    }

    /// How many rows to read: one more than the page size, to know whether there is another page.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Whether these entries fill the page, by number or by bytes. For lists of large entries, which are read in several steps.
    pub fn is_filled_by<M: Message>(&self, entries: &[M]) -> bool {
        i64::try_from(entries.len()).is_ok_and(|count| count > self.size)
            || entries.iter().map(Message::encoded_len).sum::<usize>() > MAX_RESPONSE_BYTES
    }

    /// Leaves out what exceeds the page, by number or by bytes; at least one entry remains. Returns the entries and the token of the next
    /// page, empty on the last. `key` is the key of an entry in the order of the list.
    pub fn cut<M: Message>(&self, mut entries: Vec<M>, key: impl Fn(&M) -> Vec<String>) -> (Vec<M>, PageToken) {
        let count = self.fitting(&entries);
        if entries.len() <= count {
            return (entries, String::new());
        }
        entries.truncate(count);
        let token = entries.last().map(|entry| self.token(&key(entry))).unwrap_or_default();
        (entries, token)
    }

    /// How many of these entries fit on the page, by number and by bytes; at least one.
    pub fn fitting<M: Message>(&self, entries: &[M]) -> usize {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let within = entries.iter().take(size).take_while(|entry| {
            bytes += entry.encoded_len();
            bytes <= MAX_RESPONSE_BYTES
        });
        within.count().max(1)
    }

    /// The token of the page after the entry with this key.
    pub fn token(&self, key: &[String]) -> PageToken {
        let mut bytes = self.query.to_vec();
        for part in key {
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// The page size: larger ones than the largest mean the largest.
fn page_size(value: i32) -> Result<i64, (&'static str, String)> {
    match value {
        0 => Ok(DEFAULT_PAGE.into()),
        1.. => Ok(value.min(MAX_PAGE).into()),
        _ => Err(("PAGE_SIZE_OUT_OF_RANGE", "is not negative".to_owned())),
    }
}

fn hash(name: &str, query: &[u8]) -> [u8; HASH_BYTES] {
    let digest: [u8; 32] = Sha256::new().chain_update(name).chain_update([0]).chain_update(query).finalize().into();
    let mut short = [0; HASH_BYTES];
    short.copy_from_slice(&digest[..HASH_BYTES]);
    short
}

fn malformed() -> (&'static str, String) {
    ("PAGE_TOKEN_INVALID", "is not a page token".to_owned())
}

fn read_token(token: &str, query: [u8; HASH_BYTES]) -> Result<Vec<String>, (&'static str, String)> {
    if token.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| malformed())?;
    let (found, mut rest) = bytes.split_at_checked(HASH_BYTES).ok_or_else(malformed)?;
    if found != query {
        return Err(("PAGE_TOKEN_MISMATCH", "belongs to another query".to_owned()));
    }
    let mut key = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| malformed())?;
        let (part, tail) = tail.split_at_checked(length).ok_or_else(malformed)?;
        key.push(String::from_utf8(part.to_vec()).map_err(|_| malformed())?);
        rest = tail;
    }
    if key.is_empty() { Err(malformed()) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use quittance_proto::invoicing::v1::{Invoice, ListInvoicesRequest};

    use super::*;

    fn request(customer: &str, size: i32, token: &str) -> ListInvoicesRequest {
        ListInvoicesRequest {
            customer_ids: vec![customer.to_owned()],
            page_size: size,
            page_token: token.to_owned(),
            ..Default::default()
        }
    }

    fn page(token: &str, customer: &str) -> Result<Page, Violations> {
        Page::take(&mut request(customer, 2, token))
    }

    fn entries(ids: &[&str]) -> Vec<Invoice> {
        ids.iter().map(|id| Invoice { invoice_id: (*id).to_owned(), ..Default::default() }).collect()
    }

    fn key(invoice: &Invoice) -> Vec<String> {
        vec![invoice.invoice_id.clone(), "é".to_owned()]
    }

    #[test]
    fn a_token_leads_on_and_the_last_page_has_none() {
        let first = page("", "a").unwrap();
        let (found, token) = first.cut(entries(&["1", "2", "3"]), key);
        assert_eq!(found, entries(&["1", "2"]));
        let second = page(&token, "a").unwrap();
        assert_eq!(second.after, ["2", "é"]);
        assert_eq!(second.cut(entries(&["3"]), key), (entries(&["3"]), String::new()));
    }

    #[test]
    fn a_page_ends_where_its_bytes_do() {
        let page = Page::take(&mut request("a", 10, "")).unwrap();
        let large = |id: &str| Invoice { note: "x".repeat(MAX_RESPONSE_BYTES / 2), ..entries(&[id]).remove(0) };
        let (found, token) = page.cut(vec![large("1"), large("2"), large("3")], key);
        assert_eq!(found.len(), 1, "two of them are larger than a page");
        assert_ne!(token, "");
        let huge = Invoice { note: "x".repeat(MAX_RESPONSE_BYTES), ..Default::default() };
        assert_eq!(page.cut(vec![huge], key).0.len(), 1, "an entry that is larger than a page is a page");
        assert!(page.is_filled_by(&[large("1"), large("2")]) && !page.is_filled_by(&[large("1")]));
    }

    #[test]
    fn page_sizes_above_the_largest_mean_the_largest() {
        let size = |requested| Page::take(&mut request("", requested, "")).map(|page| page.size);
        assert_eq!([size(0), size(7), size(1_000), size(i32::MAX)], [Ok(100), Ok(7), Ok(1_000), Ok(1_000)]);
        assert!(size(-1).is_err());
    }

    #[test]
    fn tokens_of_other_queries_and_garbage_are_refused() {
        let (_, token) = page("", "a").unwrap().cut(entries(&["1", "2", "3"]), key);
        assert!(page(&token, "b").is_err());
        for garbage in ["x", "%%%", "AAAA", &token[..token.len() - 2]] {
            assert!(page(garbage, "a").is_err(), "{garbage}");
        }
        let other_key = page(&token, "a").unwrap().after_id(quittance_kernel::InvoiceId::parse);
        assert!(other_key.is_err(), "a key of two parts is not an id");
    }

    /// A caller goes on with the token of an older program.
    #[test]
    fn a_token_is_what_it_always_was() {
        let (_, token) = page("", "customer").unwrap().cut(entries(&["1", "2", "3"]), key);
        assert_eq!(token, "7Adv5E6FyKMAAAABMgAAAALDqQ");
    }
}
