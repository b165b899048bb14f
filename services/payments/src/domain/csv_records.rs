//! The records of a csv file with the physical lines they start on. The file is cut here and each record is read by the
//! csv library alone, so that a record that cannot be read spoils no other, and lines are counted as an editor does:
//! `\n`, `\r\n` and `\r` each end one, also within quotes.

/// How far the end of quotes is sought: beyond it they count as never closed, so that a file full of stray quotes is
/// still read in time proportional to its size.
const MAX_QUOTED_BYTES: usize = 65_536;
const MAX_QUOTED_LINE_ENDS: usize = 200;

/// A record as it stands in the file, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawRecord<'a> {
    /// Its first physical line, from 1.
    pub(super) line: u64,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
    /// Its quotes are wrong. It ends with its first line, so that the lines after it are still read.
    pub(super) misquoted: bool,
}

/// The records of the file. Empty lines are none.
pub(super) fn records(mut rest: &[u8], delimiter: u8) -> Vec<RawRecord<'_>> {
    let mut records = Vec::new();
    let mut line = 1;
    while !rest.is_empty() {
        let (length, misquoted) = match record_length(rest, delimiter) {
            Some(length) => (length, false),
            None => (rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len()), true),
        };
        let bytes = &rest[..length];
        if !bytes.is_empty() {
            records.push(RawRecord { line, bytes, misquoted });
        }
        line += line_ends(bytes);
        rest = &rest[length..];
        let end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        line += u64::from(end > 0);
        rest = &rest[end..];
    }
    records
}

/// The fields of a record.
///
/// # Errors
/// What the csv library cannot read.
pub(super) fn fields(record: &[u8], delimiter: u8) -> Result<csv::ByteRecord, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .buffer_capacity(record.len().max(1))
        .from_reader(record);
    let mut fields = csv::ByteRecord::new();
    reader.read_byte_record(&mut fields)?;
    Ok(fields)
}

/// Where a scan of a record stands.
#[derive(Clone, Copy)]
enum Place {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes: it closes them unless another follows at once.
    AfterQuote,
}

/// How long the record at the start is; `None` if its quotes are wrong: one never closes, or text follows where it does.
/// A quote opens only where a field starts; a doubled one within quotes stands for itself.
fn record_length(rest: &[u8], delimiter: u8) -> Option<usize> {
    let mut place = Place::FieldStart;
    let mut lines = 0;
    for (at, byte) in rest.iter().copied().enumerate() {
        place = match (place, byte) {
            (Place::Quoted, b'"') => Place::AfterQuote,
            (Place::Quoted, byte) => {
                lines += usize::from(is_line_end(byte));
                if at > MAX_QUOTED_BYTES || lines > MAX_QUOTED_LINE_ENDS {
                    return None;
                }
                Place::Quoted
            }
            (Place::FieldStart | Place::AfterQuote, b'"') => Place::Quoted,
            (_, byte) if is_line_end(byte) => return Some(at),
            (_, byte) if byte == delimiter => Place::FieldStart,
            (Place::AfterQuote, b' ') => Place::AfterQuote,
            (Place::AfterQuote, _) => return None,
            (Place::FieldStart | Place::Unquoted, _) => Place::Unquoted,
        };
    }
    (!matches!(place, Place::Quoted)).then_some(rest.len())
}

fn line_ends(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().filter(|byte| is_line_end(**byte)).count();
    let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    (ends - pairs) as u64
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<(u64, &str, bool)> {
        let records = records(text.as_bytes(), b',').into_iter();
        records.map(|record| (record.line, std::str::from_utf8(record.bytes).unwrap(), record.misquoted)).collect()
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"x", "y\"", "", "", "2,z"].join(end);
            let quoted = format!("1,\"x{end}y\"");
            assert_eq!(cut(&text), [(1, "a,b", false), (3, &quoted, false), (7, "2,z", false)], "{end:?}");
            assert_eq!(cut(&format!("{text}{end}")).len(), 3);
        }
    }

    #[test]
    fn quotes_open_at_the_start_of_a_field_only() {
        assert_eq!(cut("a\"b,c\nd"), [(1, "a\"b,c", false), (2, "d", false)]);
        assert_eq!(cut("a\"\"b\nd"), [(1, "a\"\"b", false), (2, "d", false)]);
        assert_eq!(cut("\"a\"\"\nb\" ,c\nd"), [(1, "\"a\"\"\nb\" ,c", false), (3, "d", false)]);
        assert_eq!(cut("\"\",\"\"\nd"), [(1, "\"\",\"\"", false), (2, "d", false)]);
    }

    #[test]
    fn a_stray_quote_spoils_one_line() {
        assert_eq!(cut("1,\"x\n2,y\n3,z"), [(1, "1,\"x", true), (2, "2,y", false), (3, "3,z", false)]);
        // Read leniently, the second line would vanish in the first.
        assert_eq!(cut("1,\"x\n2,\"y\n3,z"), [(1, "1,\"x", true), (2, "2,\"y", true), (3, "3,z", false)]);
    }

    #[test]
    fn a_file_of_stray_quotes_is_read_in_time() {
        let text = "y\",\"z\n".repeat(100_000);
        assert_eq!(cut(&text).len(), 100_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_without_loss(bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r ".to_vec()), 0..60)) {
            let records = records(&bytes, b',');
            let kept: usize = records.iter().map(|record| record.bytes.len()).sum();
            prop_assert!(kept <= bytes.len());
            prop_assert!(records.is_sorted_by(|left, right| left.line < right.line));
            for record in records {
                let _ = fields(record.bytes, b',');
            }
        }
    }
}
