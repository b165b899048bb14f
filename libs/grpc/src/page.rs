//! Keyset pagination: a token holds where the last page ended and which query it belongs to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

const HASH_BYTES: usize = 8;

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
    /// Reads a token. `query` is every other parameter of the request: a token from another query is refused.
    pub fn read(
        size: Result<i64, (&'static str, String)>,
        token: &str,
        query: &[&str],
    ) -> Result<Self, crate::Violations> {
        let query = hash(query);
        let mut bad = crate::Violations::default();
        let size = bad.check("page_size", size);
        let after = bad.check("page_token", read_token(token, query));
        let page = size.zip(after).map(|(size, after)| Self { size, after, query });
        bad.into_result(page)
    }

    /// The key of the last entry of the page before, if it has one part.
    pub fn after_one(&self) -> Option<&str> {
        self.after.first().map(String::as_str)
    }

    /// How many rows to read: one more than the page size, to know whether there is another page.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Removes the extra row; returns the entries and the token of the next page, empty on the last.
    pub fn cut<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> Vec<String>) -> (Vec<T>, PageToken) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return (rows, String::new());
        }
        rows.truncate(size);
        let token = rows.last().map(|row| self.token(&key(row))).unwrap_or_default();
        (rows, token)
    }

    fn token(&self, key: &[String]) -> PageToken {
        let mut bytes = self.query.to_vec();
        for part in key {
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn hash(query: &[&str]) -> [u8; HASH_BYTES] {
    let mut sha = Sha256::new();
    for part in query {
        sha.update(part.len().to_be_bytes());
        sha.update(part.as_bytes());
    }
    let digest: [u8; 32] = sha.finalize().into();
    let mut short = [0; HASH_BYTES];
    short.copy_from_slice(&digest[..HASH_BYTES]);
    short
}

fn read_token(token: &str, query: [u8; HASH_BYTES]) -> Result<Vec<String>, (&'static str, String)> {
    if token.is_empty() {
        return Ok(Vec::new());
    }
    let malformed = || ("PAGE_TOKEN_INVALID", "is not a page token".to_owned());
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
    use super::*;

    fn page(token: &str, query: &[&str]) -> Result<Page, crate::Violations> {
        Page::read(Ok(2), token, query)
    }

    #[test]
    fn a_token_leads_on_and_the_last_page_has_none() {
        let first = page("", &["a"]).unwrap();
        let (rows, token) = first.cut(vec![1, 2, 3], |n| vec![n.to_string(), "é".to_owned()]);
        assert_eq!(rows, [1, 2]);
        let second = page(&token, &["a"]).unwrap();
        assert_eq!(second.after, ["2", "é"]);
        assert_eq!(second.cut(vec![3], |n| vec![n.to_string()]), (vec![3], String::new()));
    }

    #[test]
    fn tokens_of_other_queries_and_garbage_are_refused() {
        let (_, token) = page("", &["a"]).unwrap().cut(vec![1, 2, 3], |n| vec![n.to_string()]);
        assert!(page(&token, &["b"]).is_err());
        for garbage in ["x", "%%%", "AAAA", &token[..token.len() - 2]] {
            assert!(page(garbage, &["a"]).is_err(), "{garbage}");
        }
    }

    /// A caller goes on with the token of an older program.
    #[test]
    fn a_token_is_what_it_always_was() {
        let (_, token) =
            page("", &["customer", "open"]).unwrap().cut(vec![1, 2, 3], |n| vec![n.to_string(), "é".to_owned()]);
        assert_eq!(token, "M9uTj6wMj1EAAAABMgAAAALDqQ");
    }
}
