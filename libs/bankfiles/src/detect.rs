//! Detects formats by the beginning of a file.

use std::borrow::Cow;

use crate::text;

/// A format of bank files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ISO 20022 CAMT.052, .053 or .054.
    Camt,
    /// ISO 20022 pain.002.
    PaymentStatus,
    /// SWIFT MT940 or MT942.
    Mt94x,
    /// BAI2 or BTRS balance report.
    Bai2,
    /// BAI lockbox.
    Lockbox,
    /// OFX 1 (SGML) or 2 (XML).
    Ofx,
    /// NACHA.
    Nacha,
}

/// Detects the format by the file's first bytes (a few thousand are enough); `None` if it is unknown.
///
/// Another message in an ISO 20022 `Document` is reported as CAMT, whose reader names it in its error.
pub fn detect(start: &[u8]) -> Option<Format> {
    if foreign(start).is_some() {
        return None;
    }
    let decoded = decode(start);
    let text = decoded.trim_start_matches(|mark: char| mark.is_whitespace() || mark == '\u{feff}' || mark == '\0');
    if text.starts_with('<') { markup(text) } else { ofx_header(text).or_else(|| records(text)) }
}

/// The name of an unsupported kind of file, for people.
pub(crate) fn foreign(start: &[u8]) -> Option<&'static str> {
    [
        (&b"PK\x03\x04"[..], "a zip archive: unpack it first"),
        (b"\x1f\x8b", "a gzip archive: unpack it first"),
        (b"{\\rtf", "a document of a word processor (RTF): save it as plain text first"),
        (b"%PDF", "a PDF document"),
        (b"\xd0\xcf\x11\xe0", "a document of an office program"),
    ]
    .into_iter()
    .find_map(|(sign, what)| start.starts_with(sign).then_some(what))
}

/// The beginning as text, ignoring invalid bytes.
fn decode(start: &[u8]) -> Cow<'_, str> {
    let encoding = text::xml_encoding(start);
    let (text, _) = encoding.decode_with_bom_removal(start);
    text
}

fn markup(text: &str) -> Option<Format> {
    let root = root(text)?;
    let local = root.rsplit_once(':').map_or(root, |(_, local)| local);
    if local.eq_ignore_ascii_case("OFX") {
        return Some(Format::Ofx);
    }
    if text.contains("CstmrPmtStsRpt") || text.contains("pain.002.") {
        return Some(Format::PaymentStatus);
    }
    (local == "Document" || text.contains("BkToCstmr") || text.contains(":camt.05")).then_some(Format::Camt)
}

/// The first element's name, after declarations and comments.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.split_once('<')?.1;
        let end = match rest.get(..3) {
            Some("!--") => "-->",
            _ if rest.starts_with('?') => "?>",
            _ if rest.starts_with('!') => ">",
            _ => return rest.split(|mark: char| mark.is_whitespace() || matches!(mark, '>' | '/')).next(),
        };
        rest = rest.split_once(end)?.1;
    }
}

fn ofx_header(text: &str) -> Option<Format> {
    let start = text.get(..9).unwrap_or_default();
    (start.eq_ignore_ascii_case("OFXHEADER") || text.contains("<OFX>")).then_some(Format::Ofx)
}

/// Line formats, detected by the first line that is not blank.
fn records(text: &str) -> Option<Format> {
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    let first = lines.next()?;
    if is_nacha(first) {
        return Some(Format::Nacha);
    }
    if is_bai2(first) {
        return Some(Format::Bai2);
    }
    // A lockbox file: a transmission header of priority 00 and more, then a service record.
    if first.starts_with('1') && first.len() < 94 && lines.next().is_some_and(|second| second.starts_with('2')) {
        return Some(Format::Lockbox);
    }
    // Some banks put other lines before a message.
    let tagged =
        text.starts_with("{1:") || text.starts_with("{4:") || text.split(['\n', '\r']).take(60).any(is_swift_tag);
    tagged.then_some(Format::Mt94x)
}

/// A file header of record size 094, blocking factor 10, format code 1; or a batch without one.
fn is_nacha(line: &str) -> bool {
    let header = line.starts_with("101") && (line.get(34..40) == Some("094101") || line.len() >= 94);
    let batch = line.starts_with('5') && line.len() >= 80 && line.get(1..4).is_some_and(is_digits);
    header || batch
}

/// A record code of two digits and a comma.
fn is_bai2(line: &str) -> bool {
    line.get(..2).is_some_and(is_digits) && line.get(2..3) == Some(",")
}

/// `:20:`, `:60F:`, `:NS:`.
fn is_swift_tag(line: &str) -> bool {
    let Some((tag, _)) = line.strip_prefix(':').and_then(|rest| rest.split_once(':')) else { return false };
    (2..=4).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_told_by_how_they_begin() {
        let utf16: Vec<u8> = "<Document xmlns='x'>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let header = format!("101 {:<30}094101{:<54}", "0310001234123456789", "BANK");
        let cases: Vec<(&[u8], Option<Format>)> = vec![
            (b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- <OFX> -->\n<Document xmlns='urn:x'>", Some(Format::Camt)),
            (&utf16, Some(Format::Camt)),
            (b"<n:Document xmlns:n='urn:iso:std:iso:20022:tech:xsd:pain.002.001.03'>", Some(Format::PaymentStatus)),
            (b"<BkToCstmrStmt>", Some(Format::Camt)),
            (b"<html>", None),
            (b"OFXHEADER:100\nDATA:OFXSGML\n\n<OFX>", Some(Format::Ofx)),
            (b"<?xml version='1.0'?><?OFX OFXHEADER='200'?><OFX>", Some(Format::Ofx)),
            (b"\r\n<OFX><SIGNONMSGSRSV1>", Some(Format::Ofx)),
            (b"{1:F01BANKXX}{2:I940}{4:\r\n:20:A", Some(Format::Mt94x)),
            (b"\n:20:STARTUMS\n:25:1", Some(Format::Mt94x)),
            (b"BANKNL2A\n940\nBANKNL2A\n:20:X\n", Some(Format::Mt94x)),
            (b"01,1,2,210101,0101,1,,,2/\n", Some(Format::Bai2)),
            (header.as_bytes(), Some(Format::Nacha)),
            (b"100BANK      00999999912401011200\n2BANK", Some(Format::Lockbox)),
            (b"{\\rtf1 101 ", None),
            (b"PK\x03\x04", None),
            (b"Date;Amount\n", None),
            (b"", None),
        ];
        for (start, format) in cases {
            assert_eq!(detect(start), format, "{}", String::from_utf8_lossy(start));
        }
    }

    proptest! {
        #[test]
        fn any_beginning_has_an_answer(start in proptest::collection::vec(any::<u8>(), 0..300), text in "[<>!?:{}0-9,\n -]{0,80}") {
            let _ = detect(&start);
            let _ = detect(text.as_bytes());
        }
    }
}
