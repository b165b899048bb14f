//! Tags and values: what SGML and XML have in common.

use std::io::{self, BufRead as _};

use crate::text::Utf8;

/// The longest value, in bytes.
const MOST_VALUE_BYTES: usize = 1024 * 1024;

/// The longest tag, in bytes; longer ones are text.
const MOST_TAG_BYTES: usize = 4096;

/// The longest name of a reference.
const MOST_REFERENCE_BYTES: usize = 10;

/// A token of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `<NAME>`, in capitals.
    Open(String),
    /// Non-blank text, trimmed.
    Value(String),
    /// `</NAME>`, in capitals.
    Close(String),
}

/// Why reading must stop.
#[derive(Debug)]
pub(super) enum Broken {
    /// The input could not be read.
    Io(io::Error),
    /// The file breaks a rule.
    Bad(u64, String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Io(error)
    }
}

/// Splits a file into tokens. Comments and processing instructions are skipped.
pub(super) struct Tokens<'a> {
    input: Utf8<'a>,
    line: u64,
    bytes: Vec<u8>,
    text: String,
    /// A tag that was read together with the text before it.
    waiting: Option<Token>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(input: Utf8<'a>) -> Tokens<'a> {
        Tokens { input, line: 1, bytes: Vec::new(), text: String::new(), waiting: None }
    }

    /// Where the last token ends.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Returns true once after bytes that are not text in the encoding.
    pub(super) fn take_bad_text(&mut self) -> bool {
        self.input.take_bad_text()
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, Broken> {
        if let Some(token) = self.waiting.take() {
            self.line = self.input.line();
            return Ok(Some(token));
        }
        self.text.clear();
        loop {
            self.line = self.input.line();
            let found = self.until(b'<', None, MOST_VALUE_BYTES)?;
            self.add_text(found)?;
            if !found {
                return Ok(self.value());
            }
            if let Some(tag) = self.markup()? {
                if let Some(value) = self.value() {
                    self.waiting = Some(tag);
                    return Ok(Some(value));
                }
                self.line = self.input.line();
                return Ok(Some(tag));
            }
        }
    }

    fn value(&mut self) -> Option<Token> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        (!text.is_empty()).then(|| Token::Value(unescape(text)))
    }

    /// Adds the bytes read to the text; without the end mark.
    fn add_text(&mut self, marked: bool) -> Result<(), Broken> {
        let end = self.bytes.len().saturating_sub(usize::from(marked));
        self.text.push_str(&String::from_utf8_lossy(self.bytes.get(..end).unwrap_or_default()));
        if self.text.len() > MOST_VALUE_BYTES {
            return Err(Broken::Bad(self.line, format!("a value of more than {MOST_VALUE_BYTES} bytes")));
        }
        Ok(())
    }

    /// Reads from `<`. `None` if it is not a tag: a comment, or text.
    fn markup(&mut self) -> Result<Option<Token>, Broken> {
        let next = self.input.fill_buf()?.first().copied();
        if !next.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?')) {
            self.text.push_str("&lt;");
            return Ok(None);
        }
        // A tag does not contain `<`: otherwise it was text.
        let stop = if next == Some(b'!') { None } else { Some(b'<') };
        let found = self.until(b'>', stop, MOST_TAG_BYTES)?;
        let markup = String::from_utf8_lossy(&self.bytes).into_owned();
        let inner = markup.strip_suffix('>').unwrap_or(&markup);
        if let Some(rest) = markup.strip_prefix("!--") {
            self.pass_over(rest, "-->")?;
            return Ok(None);
        }
        if let Some(rest) = markup.strip_prefix("![CDATA[") {
            let data = self.pass_over(rest, "]]>")?;
            self.text.push_str(&data.replace('&', "&amp;"));
            return Ok(None);
        }
        if inner.starts_with('?') {
            return Ok(None);
        }
        if markup.starts_with('!') {
            return Err(Broken::Bad(self.line, "a document type definition is not read".to_owned()));
        }
        let name = tag_name(inner);
        if found && let Some(tag) = name {
            return Ok(Some(tag));
        }
        self.text.push_str("&lt;");
        self.text.push_str(&markup);
        Ok(None)
    }

    /// Reads to the end of a construct that may contain `>`. Returns its content.
    fn pass_over(&mut self, read: &str, end: &str) -> Result<String, Broken> {
        let mut inside = read.to_owned();
        while !inside.ends_with(end) {
            let found = self.until(b'>', None, MOST_VALUE_BYTES)?;
            inside.push_str(&String::from_utf8_lossy(&self.bytes));
            if inside.len() > MOST_VALUE_BYTES {
                return Err(Broken::Bad(self.line, format!("a comment of more than {MOST_VALUE_BYTES} bytes")));
            }
            if !found {
                break;
            }
        }
        Ok(inside.strip_suffix(end).unwrap_or(&inside).to_owned())
    }

    /// Reads up to and including a mark into `bytes`, at most `most` of them, and not past `stop`. Returns whether the mark
    /// was found.
    fn until(&mut self, mark: u8, stop: Option<u8>, most: usize) -> Result<bool, Broken> {
        self.bytes.clear();
        while self.bytes.len() < most {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let most_now = chunk.len().min(most.saturating_sub(self.bytes.len()));
            let chunk = chunk.get(..most_now).unwrap_or(chunk);
            let place = chunk.iter().position(|byte| *byte == mark || Some(*byte) == stop);
            let found = place.and_then(|place| chunk.get(place)) == Some(&mark);
            let taken = place.map_or(chunk.len(), |place| place.saturating_add(usize::from(found)));
            self.bytes.extend_from_slice(chunk.get(..taken).unwrap_or(chunk));
            self.input.consume(taken);
            if place.is_some() {
                return Ok(found);
            }
        }
        Ok(false)
    }
}

/// `NAME`, `/NAME`, `NAME/`, `NAME ATTRIBUTE="x"`; `None` if it cannot be a tag: `<` in a text.
fn tag_name(inner: &str) -> Option<Token> {
    let (closes, rest) = match inner.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    let name = rest.split(|mark: char| mark.is_whitespace() || mark == '/').next()?;
    let name = name.rsplit_once(':').map_or(name, |(_, local)| local);
    let is_name = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let name = is_name.then(|| name.to_ascii_uppercase())?;
    // An empty element is closed at once and has no value.
    Some(if closes || rest.ends_with('/') { Token::Close(name) } else { Token::Open(name) })
}

/// Resolves `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;`, `&nbsp;` and numbers; anything else is kept.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let known = first_name(behind).and_then(|(name, after)| Some((reference(name)?, after)));
        if let Some((character, after)) = known {
            out.push(character);
            rest = after;
        } else {
            out.push('&');
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

/// The text before the next `;`, if that is near, and the text after it.
fn first_name(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(MOST_REFERENCE_BYTES).position(|byte| byte == b';')?;
    let (name, after) = text.split_at_checked(end)?;
    Some((name, after.strip_prefix(';')?))
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
