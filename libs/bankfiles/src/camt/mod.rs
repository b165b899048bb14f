//! ISO 20022 CAMT.052 (report), CAMT.053 (statement) and CAMT.054 (notification), versions 01 to 13.

mod balance;
mod detail;
mod entry;
mod fields;
mod parties;
mod remittance;
mod statement;
mod summary;

use std::io::BufRead;

use crate::{
    Event, Place, Refusal, Warning, WarningCode,
    text::{self, Utf8},
    xml::{Broken, Step, Tag, Xml, message_name},
};

use self::statement::Statement;

/// Reads a message, statement by statement and entry by entry. Returns its name, such as `camt.053.001.08`; without
/// the version if the file has no namespace.
///
/// # Errors
/// [`Refusal`] if the file has no statement, has another message, or is not XML.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let head = text::peek(input, text::HEAD_BYTES)?;
    let encoding = text::xml_encoding(&head);
    let mut whole = text::put_back(head, input);
    let mut reading = Reading { xml: Xml::new(Utf8::new(&mut whole, encoding)), sink, begun: false };
    let name = match reading.find_message() {
        Ok(name) => name?,
        Err(broken) => return Err(broken.refusal()),
    };
    match reading.statements() {
        Ok(()) if reading.begun => Ok(name),
        Ok(()) => {
            Err(Refusal::one(Place::File, format!("the {name} message has no statement, report or notification")))
        }
        Err(broken) if reading.begun => {
            let warning = broken.warning()?;
            (reading.sink)(Event::Warning(warning));
            Ok(name)
        }
        Err(broken) => Err(broken.refusal()),
    }
}

/// A message being read.
struct Reading<'a, 's> {
    xml: Xml<'a>,
    sink: &'s mut dyn FnMut(Event),
    /// Whether a statement was emitted: from then on the file is not refused.
    begun: bool,
}

impl Reading<'_, '_> {
    /// Goes to the element with the statements. Envelopes around the document are skipped.
    fn find_message(&mut self) -> Result<Result<String, Refusal>, Broken> {
        let mut root: Option<Tag> = None;
        let mut document: Option<(Tag, usize)> = None;
        loop {
            match self.xml.next()? {
                Step::Start(tag) => {
                    if let Some(kind) = kind_of(&tag.name) {
                        let namespaces =
                            document.iter().map(|(tag, _)| tag).chain([&tag]).flat_map(|tag| &tag.namespaces);
                        return Ok(Ok(self.name(kind, &tag, namespaces)));
                    }
                    match &document {
                        Some((named, depth)) if self.xml.depth() == depth.saturating_add(1) => {
                            return Ok(Err(other_message(&named.namespaces, &tag)));
                        }
                        None if tag.name == "Document" => document = Some((tag, self.xml.depth())),
                        _ => {
                            root.get_or_insert(tag);
                        }
                    }
                }
                Step::Eof => return Ok(Err(nothing(root.as_ref(), document.map(|(tag, _)| tag).as_ref()))),
                Step::Text(_) | Step::End => {}
            }
        }
    }

    /// The message's name by its namespace; the element decides where the two differ.
    fn name<'t>(&mut self, kind: &str, body: &Tag, mut namespaces: impl Iterator<Item = &'t String>) -> String {
        let named = namespaces.find_map(|namespace| message_name(namespace));
        match named {
            Some(name) if name.starts_with(kind) => name.to_owned(),
            Some(name) => {
                let message = format!("the namespace names {name}, the element {} is of {kind}", body.name);
                let at = Place::Line(body.line);
                (self.sink)(Event::Warning(Warning { at, code: WarningCode::Unexpected, message }));
                kind.to_owned()
            }
            None if body.name.ends_with("V01") => format!("{kind}.001.01"),
            None => kind.to_owned(),
        }
    }

    fn statements(&mut self) -> Result<(), Broken> {
        loop {
            match self.xml.next()? {
                Step::Start(tag) if matches!(tag.name.as_str(), "Stmt" | "Rpt" | "Ntfctn") => self.statement(&tag)?,
                // A file may hold several documents, one after the other.
                Step::Start(tag) if tag.name == "Document" || kind_of(&tag.name).is_some() => {}
                Step::Start(_) => self.xml.skip()?,
                Step::Eof => {
                    self.tell();
                    return Ok(());
                }
                Step::Text(_) | Step::End => {}
            }
        }
    }

    /// Emits the warnings of the XML reader.
    fn tell(&mut self) {
        for warning in self.xml.take_warnings() {
            (self.sink)(Event::Warning(warning));
        }
    }

    fn statement(&mut self, tag: &Tag) -> Result<(), Broken> {
        let mut statement = Statement::new(tag);
        let done = self.parts(&mut statement);
        if done.is_err() && !statement.has_begun() {
            return done;
        }
        self.begin(&mut statement);
        let warnings = statement.check_end();
        if let Err(broken) = done {
            let warning = broken.warning().map_err(Broken::Io)?;
            (self.sink)(Event::Warning(warning));
            (self.sink)(Event::End(statement.tail()));
            // The rest of the file cannot be read and is treated as missing.
            self.xml.give_up();
            return Ok(());
        }
        self.emit_warnings(warnings);
        (self.sink)(Event::End(statement.tail()));
        Ok(())
    }

    fn parts(&mut self, statement: &mut Statement) -> Result<(), Broken> {
        loop {
            match self.xml.next()? {
                Step::Start(tag) if tag.name == "Ntry" => {
                    self.begin(statement);
                    let context = statement.context();
                    let (entry, warnings) = entry::read(&mut self.xml, &tag, &context)?;
                    self.tell();
                    self.emit_warnings(warnings);
                    if let Some(entry) = entry {
                        statement.count(&entry);
                        (self.sink)(Event::Entry(Box::new(entry)));
                    }
                }
                Step::Start(tag) if Statement::wants(&tag.name) => {
                    let node = self.xml.subtree(tag)?;
                    let warnings = statement.take(&node);
                    self.tell();
                    self.emit_warnings(warnings);
                }
                Step::Start(_) => self.xml.skip()?,
                Step::End => return Ok(()),
                Step::Eof => return Err(Broken::Truncated(self.xml.line())),
                Step::Text(_) => {}
            }
        }
    }

    fn begin(&mut self, statement: &mut Statement) {
        if let Some(head) = statement.begin() {
            self.begun = true;
            (self.sink)(Event::Begin(head));
        }
    }

    fn emit_warnings(&mut self, warnings: Vec<Warning>) {
        for warning in warnings {
            (self.sink)(Event::Warning(warning));
        }
    }
}

/// Which message an element is the body of.
fn kind_of(body: &str) -> Option<&'static str> {
    [("BkToCstmrAcctRpt", "camt.052"), ("BkToCstmrStmt", "camt.053"), ("BkToCstmrDbtCdtNtfctn", "camt.054")]
        .into_iter()
        .find_map(|(name, kind)| body.starts_with(name).then_some(kind))
}

fn other_message(namespaces: &[String], body: &Tag) -> Refusal {
    let named = namespaces.iter().find_map(|namespace| message_name(namespace));
    let message = match named {
        Some(name) => format!("this is a {name} message ({}): it has no account statement", body.name),
        None => format!("`{}` is not an account statement (CAMT.052, CAMT.053 or CAMT.054)", body.name),
    };
    Refusal::one(Place::Line(body.line), message)
}

fn nothing(root: Option<&Tag>, document: Option<&Tag>) -> Refusal {
    match (document, root) {
        (Some(document), _) => {
            let name = document.namespaces.iter().find_map(|namespace| message_name(namespace));
            let message = format!("the document ({}) is empty", name.unwrap_or("of no known namespace"));
            Refusal::one(Place::Line(document.line), message)
        }
        (None, Some(root)) => Refusal::one(
            Place::Line(root.line),
            format!("this is XML of another kind: its root is `{}`, not a CAMT document", root.name),
        ),
        (None, None) => Refusal::one(Place::File, "this is not XML: it has no element"),
    }
}

#[cfg(test)]
#[path = "camt_tests.rs"]
mod tests;
