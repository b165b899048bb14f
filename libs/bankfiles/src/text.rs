//! Bytes in any encoding as UTF-8, with the lines counted.

use std::io::{self, BufRead, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are inspected before reading begins.
pub(crate) const HEAD_BYTES: usize = 8 * 1024;

/// How many bytes are decoded at once.
const CHUNK_BYTES: usize = 32 * 1024;

/// Reads up to `most` bytes of the input; fewer only at its end.
pub(crate) fn peek(input: &mut dyn BufRead, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
    Ok(head)
}

/// The input with the bytes read by [`peek`] put back.
pub(crate) fn put_back(head: Vec<u8>, input: &mut dyn BufRead) -> impl BufRead {
    Cursor::new(head).chain(input)
}

/// The encoding of an XML document by its first bytes (XML 1.0, appendix F): byte order mark, zero bytes, declaration.
pub(crate) fn xml_encoding(head: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    match head {
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        _ => declared_encoding(head).unwrap_or(UTF_8),
    }
}

fn declared_encoding(head: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(head.get(..head.len().min(512))?);
    let (declaration, _) = start.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    let label = value.get(1..)?.split(quote).next()?;
    // A declaration readable byte by byte is not in UTF-16, whatever it says.
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_16LE && *encoding != UTF_16BE)
}

/// A reader of UTF-8 over bytes of any encoding. Invalid UTF-8 is read as Windows-1252, invalid bytes in other encodings
/// as the replacement character.
pub(crate) struct Utf8<'a> {
    input: &'a mut dyn BufRead,
    decoder: Decoder,
    decoded: Vec<u8>,
    taken: usize,
    ended: bool,
    line: u64,
    allowance: usize,
    bad_text: bool,
    too_long: bool,
}

impl<'a> Utf8<'a> {
    /// Reads `input` in `encoding`; a byte order mark takes precedence.
    pub(crate) fn new(input: &'a mut dyn BufRead, encoding: &'static Encoding) -> Utf8<'a> {
        Utf8 {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            decoded: Vec::new(),
            taken: 0,
            ended: false,
            line: 1,
            allowance: usize::MAX,
            bad_text: false,
            too_long: false,
        }
    }

    /// The line of the next byte, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The number of bytes allowed before reading fails: it limits the memory of a single token.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Whether reading failed because the allowance was used up.
    pub(crate) fn too_long(&self) -> bool {
        self.too_long
    }

    /// Returns true once after bytes that are not text in the encoding.
    pub(crate) fn take_bad_text(&mut self) -> bool {
        std::mem::take(&mut self.bad_text)
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.taken >= self.decoded.len() && !self.ended {
            self.decoded.clear();
            self.taken = 0;
            let chunk = loop {
                match self.input.fill_buf() {
                    Ok(chunk) => break chunk,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            };
            let chunk = chunk.get(..chunk.len().min(CHUNK_BYTES)).unwrap_or(chunk);
            let last = chunk.is_empty();
            let room = self.decoder.max_utf8_buffer_length_without_replacement(chunk.len()).unwrap_or(CHUNK_BYTES);
            self.decoded.resize(room.max(16), 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(chunk, &mut self.decoded, last);
            self.decoded.truncate(written);
            match result {
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    self.bad_text = true;
                    let is_utf8 = self.decoder.encoding() == UTF_8;
                    replace(&mut self.decoded, malformed(chunk, read, length, behind).filter(|_| is_utf8));
                }
            }
            self.input.consume(read);
        }
        Ok(())
    }
}

/// The bytes the decoder could not read; `None` if they began in an earlier chunk.
fn malformed(chunk: &[u8], read: usize, length: u8, behind: u8) -> Option<&[u8]> {
    let end = read.checked_sub(usize::from(behind))?;
    chunk.get(end.checked_sub(usize::from(length))?..end)
}

fn replace(decoded: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            decoded.extend_from_slice(WINDOWS_1252.decode_without_bom_handling(bytes).0.as_bytes());
        }
        None => decoded.extend_from_slice("\u{fffd}".as_bytes()),
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Utf8<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.refill()?;
        if self.allowance == 0 {
            self.too_long = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a part of the file is too long"));
        }
        let rest = self.decoded.get(self.taken..).unwrap_or_default();
        Ok(rest.get(..rest.len().min(self.allowance)).unwrap_or(rest))
    }

    #[expect(clippy::naive_bytecount, reason = "not worth a dependency: the compiler makes wide instructions of it")]
    fn consume(&mut self, bytes: usize) {
        let end = self.taken.saturating_add(bytes).min(self.decoded.len());
        let gone = self.decoded.get(self.taken..end).unwrap_or_default();
        let breaks = gone.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(breaks).unwrap_or(0));
        self.allowance = self.allowance.saturating_sub(bytes);
        self.taken = end;
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn decode(bytes: &[u8], buffer: usize) -> (String, u64, bool) {
        let mut input = BufReader::with_capacity(buffer, bytes);
        let mut text = Utf8::new(&mut input, xml_encoding(bytes));
        let mut out = String::new();
        text.read_to_string(&mut out).unwrap();
        (out, text.line(), text.take_bad_text())
    }

    #[test]
    fn every_encoding_of_a_declaration_is_read_whatever_the_chunks() {
        let text = "<?xml version='1.0'?>\n<a>Müller €</a>\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with_mark = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
        for buffer in [1, 2, 3, 4096] {
            for bytes in [text.as_bytes(), &utf16, &utf16_be, &with_mark] {
                assert_eq!(decode(bytes, buffer), (text.to_owned(), 3, false));
            }
        }
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>M\xfcller</a>";
        assert!(decode(latin, 7).0.ends_with("<a>Müller</a>"));
        let said_so = "<?xml version=\"1.0\" encoding=\"utf-16\"?><a>Müller</a>";
        assert_eq!(decode(said_so.as_bytes(), 7).0, said_so);
    }

    #[test]
    fn latin_bytes_in_utf8_are_read_and_told() {
        assert_eq!(decode(b"<a>M\xfcller</a>", 4096), ("<a>Müller</a>".to_owned(), 1, true));
    }

    #[test]
    fn an_allowance_ends_reading() {
        let mut input: &[u8] = b"0123456789";
        let mut text = Utf8::new(&mut input, UTF_8);
        text.allow(4);
        let mut out = Vec::new();
        assert!(text.read_to_end(&mut out).is_err());
        assert_eq!((out.as_slice(), text.too_long()), (&b"0123"[..], true));
    }
}
