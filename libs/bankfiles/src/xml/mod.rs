//! Streaming XML with limits: no document types, bounded depth and lengths, text in any encoding, lines counted.

mod node;

use std::io;

use quick_xml::{
    Reader,
    errors::{Error, SyntaxError},
    events::{BytesRef, BytesStart, Event},
};

pub(crate) use self::node::Node;
use crate::{Fault, Place, Refusal, Warning, WarningCode, text::Utf8};

/// The deepest nesting of elements.
const MOST_DEPTH: usize = 64;

/// The longest tag, comment or text, in bytes.
const MOST_TOKEN_BYTES: usize = 1024 * 1024;

/// How many attributes of a tag are read.
const MOST_ATTRIBUTES: usize = 64;

/// The most warnings kept until they are taken.
const MOST_WARNINGS: usize = 1_000;

/// The most elements of a part that is read as a whole.
const MOST_NODES: usize = 200_000;

/// Elements, one after the other.
pub(crate) struct Xml<'a> {
    reader: Reader<Utf8<'a>>,
    buffer: Vec<u8>,
    depth: usize,
    line: u64,
    odd: Vec<Warning>,
    given_up: bool,
}

/// An element begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tag {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Its `Ccy` attribute; empty if it has none.
    pub(crate) currency: String,
    /// The namespaces it declares, under any prefix.
    pub(crate) namespaces: Vec<String>,
    /// Where it stands.
    pub(crate) line: u64,
}

/// A step of reading.
#[derive(Debug)]
pub(crate) enum Step {
    /// An element begins.
    Start(Tag),
    /// Text of the element that is open.
    Text(String),
    /// The element that began last ends.
    End,
    /// The file ends.
    Eof,
}

/// Why reading must stop.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The input could not be read.
    Io(io::Error),
    /// The file is truncated.
    Truncated(u64),
    /// The file violates a rule of XML, or a limit.
    Bad(u64, String),
}

impl Broken {
    /// Converts it to a reason to refuse the file.
    pub(crate) fn refusal(self) -> Refusal {
        let (line, message) = match self {
            Broken::Io(error) => return Refusal::Io(error),
            Broken::Truncated(line) => (line, "the file ends in the middle of an element".to_owned()),
            Broken::Bad(line, message) => (line, message),
        };
        Refusal::Faults(vec![Fault { at: Place::Line(line), message }])
    }

    /// Converts it to a warning, if something was read already; an error of the input stays one.
    pub(crate) fn warning(self) -> Result<Warning, io::Error> {
        match self {
            Broken::Io(error) => Err(error),
            Broken::Truncated(line) => Ok(Warning {
                at: Place::Line(line),
                code: WarningCode::Truncated,
                message: "the file ends in the middle of an element".to_owned(),
            }),
            Broken::Bad(line, message) => Ok(Warning {
                at: Place::Line(line),
                code: WarningCode::BadField,
                message: format!("{message}; nothing is read from here on"),
            }),
        }
    }
}

impl<'a> Xml<'a> {
    /// Reads the elements of `text`.
    pub(crate) fn new(text: Utf8<'a>) -> Xml<'a> {
        let mut reader = Reader::from_reader(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // Banks write `A & B` unescaped: read, and warned about.
        config.allow_dangling_amp = true;
        Xml { reader, buffer: Vec::new(), depth: 0, line: 1, odd: Vec::new(), given_up: false }
    }

    /// The line where the last step began.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The number of open elements.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Takes the warnings since the last call.
    pub(crate) fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.odd)
    }

    /// The error was already reported: treats the file as ended.
    pub(crate) fn give_up(&mut self) {
        self.given_up = true;
    }

    /// The next step. Comments and processing instructions are skipped.
    pub(crate) fn next(&mut self) -> Result<Step, Broken> {
        if self.given_up {
            return Ok(Step::Eof);
        }
        loop {
            self.buffer.clear();
            let input = self.reader.get_mut();
            input.allow(MOST_TOKEN_BYTES);
            self.line = input.line();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => {
                    let too_long = self.reader.get_mut().too_long();
                    return Err(broken(error, too_long, self.line));
                }
            };
            let step = match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    self.depth = self.depth.saturating_add(1);
                    if self.depth > MOST_DEPTH {
                        return Err(Broken::Bad(self.line, format!("elements are nested more than {MOST_DEPTH} deep")));
                    }
                    Step::Start(read_tag(&tag, self.line))
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Step::End
                }
                Event::Text(text) => {
                    let text = text.xml10_content().into_owned();
                    if text.contains('&') {
                        warn(&mut self.odd, self.line, WarningCode::BadField, "`&` is not escaped");
                    }
                    Step::Text(text)
                }
                Event::CData(text) => Step::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => match resolve(&reference) {
                    Ok(character) => Step::Text(character.to_string()),
                    Err(text) => {
                        let message = format!("`{text}` is not a known reference");
                        warn(&mut self.odd, self.line, WarningCode::BadField, message);
                        Step::Text(text)
                    }
                },
                Event::DocType(_) => {
                    return Err(Broken::Bad(self.line, "a document type definition is not read".to_owned()));
                }
                Event::Eof if self.depth > 0 => return Err(Broken::Truncated(self.line)),
                Event::Eof => Step::Eof,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            };
            self.warn_of_bad_text();
            return Ok(step);
        }
    }

    fn warn_of_bad_text(&mut self) {
        if self.reader.get_mut().take_bad_text() {
            // The text is decoded ahead of the elements: the line is approximate.
            let message = "bytes that are not text in the file's encoding; read as Windows-1252 where possible";
            warn(&mut self.odd, self.line, WarningCode::BadText, message);
        }
    }

    /// Skips the rest of the element that began last.
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if let Step::Eof = self.next()? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the element that began with `tag` to its end.
    pub(crate) fn subtree(&mut self, tag: Tag) -> Result<Node, Broken> {
        let mut open = vec![Node::new(tag)];
        let mut nodes = 1_usize;
        loop {
            match self.next()? {
                Step::Start(tag) => {
                    nodes = nodes.saturating_add(1);
                    if nodes > MOST_NODES {
                        return Err(Broken::Bad(self.line, format!("an element has more than {MOST_NODES} parts")));
                    }
                    open.push(Node::new(tag));
                }
                Step::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.add_text(&text);
                    }
                }
                Step::End => {
                    let Some(done) = open.pop() else { return Err(Broken::Truncated(self.line)) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Step::Eof => return Err(Broken::Truncated(self.line)),
            }
        }
    }
}

fn warn(warnings: &mut Vec<Warning>, line: u64, code: WarningCode, message: impl Into<String>) {
    if warnings.len() < MOST_WARNINGS {
        warnings.push(Warning { at: Place::Line(line), code, message: message.into() });
    }
}

fn read_tag(tag: &BytesStart<'_>, line: u64) -> Tag {
    let mut read = Tag { name: tag.local_name().as_ref().to_owned(), line, ..Tag::default() };
    // Without checking for duplicate names, which takes quadratic time.
    for attribute in tag.attributes().with_checks(false).flatten().take(MOST_ATTRIBUTES) {
        let key: &str = attribute.key.as_ref();
        if key == "Ccy" {
            attribute.value.trim().clone_into(&mut read.currency);
        } else if key == "xmlns" || key.starts_with("xmlns:") {
            read.namespaces.push(attribute.value.clone().into_owned());
        }
    }
    read
}

/// The character of a reference, or its text as written.
fn resolve(reference: &BytesRef<'_>) -> Result<char, String> {
    let name = reference.xml10_content();
    match name.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => reference.resolve_char_ref().ok().flatten().ok_or_else(|| format!("&{name};")),
    }
}

fn broken(error: Error, too_long: bool, line: u64) -> Broken {
    if too_long {
        return Broken::Bad(line, format!("a tag or text of more than {MOST_TOKEN_BYTES} bytes"));
    }
    match error {
        Error::Io(error) => Broken::Io(io::Error::new(error.kind(), error)),
        Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            Broken::Bad(line, "`<!` starts an unknown construct".to_owned())
        }
        Error::Syntax(_) => Broken::Truncated(line),
        other => Broken::Bad(line, other.to_string()),
    }
}

/// The ISO 20022 message in a namespace (`camt.053.001.08`), if any: banks and communities include it in
/// their own names.
pub(crate) fn message_name(namespace: &str) -> Option<&str> {
    namespace.split(|mark: char| !(mark.is_ascii_alphanumeric() || mark == '.')).find_map(|part| {
        let name = part.get(..15)?;
        let dots = name.bytes().enumerate().all(|(place, byte)| match place {
            0..4 => byte.is_ascii_lowercase(),
            4 | 8 | 12 => byte == b'.',
            _ => byte.is_ascii_digit(),
        });
        dots.then_some(name)
    })
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
