//! The texts of reminders: templates in a restricted part of Jinja (`language`), rendered as plain text. A name that does not
//! exist is an error, and a template is checked as far as possible when it is saved, not when a reminder is due.
//! Checking and rendering are CPU-bound: the caller runs them outside the threads that serve calls.

mod language;

use std::io;

use chrono::NaiveDate;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Serialize, Serializer};

use language::Problem;

/// The longest template of a subject, in characters.
pub(crate) const MAX_SUBJECT_CHARS: usize = 500;
/// The longest template of a body, in characters.
pub(crate) const MAX_BODY_CHARS: usize = 20_000;
/// The largest rendered text, in bytes: a reminder of some ten thousand items.
const MAX_RENDERED_BYTES: usize = 1024 * 1024;

/// The most steps of a rendering, without those for its items.
const STEPS: u64 = 50_000;
/// The additional steps for each item. The standard templates take about 25.
const STEPS_PER_ITEM: u64 = 400;
/// The most steps for any number of items: about a second.
const MAX_STEPS: u64 = 10_000_000;

/// The part of a reminder that a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplatePart {
    /// The subject, rendered to one line.
    Subject,
    /// The text.
    Body,
}

impl TemplatePart {
    /// The name in errors.
    pub const fn label(self) -> &'static str {
        match self {
            TemplatePart::Subject => "subject",
            TemplatePart::Body => "body",
        }
    }

    /// The part with this label, if there is one.
    pub fn parse(label: &str) -> Option<TemplatePart> {
        [TemplatePart::Subject, TemplatePart::Body].into_iter().find(|part| part.label() == label)
    }

    const fn max_chars(self) -> usize {
        match self {
            TemplatePart::Subject => MAX_SUBJECT_CHARS,
            TemplatePart::Body => MAX_BODY_CHARS,
        }
    }
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is longer than allowed.
    #[error("the template of the {} has more than {} characters", part.label(), part.max_chars())]
    TooLong {
        /// Whether the subject's or the body's.
        part: TemplatePart,
    },
    /// It uses an unknown name.
    #[error("the template of the {} uses {name}, which does not exist", part.label())]
    UnknownName {
        /// Whether the subject's or the body's.
        part: TemplatePart,
        /// The name.
        name: String,
    },
    /// It uses an unsupported feature.
    #[error("the template of the {} uses {what}, which reminders do not have (in line {line})", part.label())]
    NotAllowed {
        /// Whether the subject's or the body's.
        part: TemplatePart,
        /// The feature, in words.
        what: String,
        /// The line, from 1.
        line: u16,
    },
    /// It cannot be parsed or rendered.
    #[error("the template of the {}: {why}", part.label())]
    Invalid {
        /// Whether the subject's or the body's.
        part: TemplatePart,
        /// The message of the template engine, with the line.
        why: String,
    },
    /// It renders to an empty text.
    #[error("the template of the {} renders to an empty text", part.label())]
    Empty {
        /// Whether the subject's or the body's.
        part: TemplatePart,
    },
}

impl TemplateError {
    /// The machine-readable reason.
    pub const REASON: &str = "TEMPLATE_INVALID";
}

/// The variables of templates. Amounts are decimal numbers without their currency, dates `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Context {
    /// The debtor.
    pub customer: Customer,
    /// The addressee.
    pub contact: Contact,
    /// The items, the earliest due first.
    pub items: Vec<Item>,
    /// Sum of the items.
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// The date of the reminder.
    #[serde(serialize_with = "iso_date")]
    pub as_of: NaiveDate,
    /// The seller.
    pub seller: Seller,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field by reference")]
fn iso_date<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// The debtor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Customer {
    /// The name.
    pub name: String,
    /// The customer's number; empty if there is none.
    pub number: String,
}

/// The addressee of a reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Contact {
    /// The name; empty if no person is known.
    pub name: String,
}

/// An item in a reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    /// The document's number.
    pub number: String,
    /// The issue date.
    #[serde(serialize_with = "iso_date")]
    pub issued_on: NaiveDate,
    /// The due date.
    #[serde(serialize_with = "iso_date")]
    pub due_on: NaiveDate,
    /// Days from the due date to the date of the reminder; negative before it is due.
    pub days_past_due: i64,
    /// The claimed amount.
    pub open: String,
}

/// The seller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Seller {
    /// The name.
    pub name: String,
    /// The contact for questions, for example an e-mail address; empty if none is given.
    pub enquiries: String,
}

/// The text of a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The subject, on one line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Renders a reminder. White space in the subject is collapsed to single spaces, so that no name can add a line.
///
/// # Errors
/// [`TemplateError`], for the subject first.
pub(crate) fn render(subject: &str, body: &str, context: &Context) -> Result<Rendered, TemplateError> {
    let subject = render_part(TemplatePart::Subject, subject, context)?;
    let body = render_part(TemplatePart::Body, body, context)?;
    let words = subject.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let subject = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(Rendered { subject, body })
}

/// Checks a template as far as possible without a customer: its syntax, its names, that it uses only what
/// is allowed, and that it renders reminders of different kinds.
///
/// # Errors
/// [`TemplateError`], for what was found first.
pub(crate) fn check(part: TemplatePart, source: &str) -> Result<(), TemplateError> {
    if source.chars().nth(part.max_chars()).is_some() {
        return Err(TemplateError::TooLong { part });
    }
    for sample in samples() {
        if render_part(part, source, &sample)?.trim().is_empty() {
            return Err(TemplateError::Empty { part });
        }
    }
    Ok(())
}

fn render_part(part: TemplatePart, source: &str, context: &Context) -> Result<String, TemplateError> {
    // Templates stored before the language was restricted are checked too.
    language::check(source, part.label()).map_err(|problem| refused(part, problem))?;
    let mut environment = environment();
    let items = u64::try_from(context.items.len()).ok();
    let steps = items.and_then(|items| items.checked_mul(STEPS_PER_ITEM)?.checked_add(STEPS));
    environment.set_fuel(Some(steps.map_or(MAX_STEPS, |steps| steps.min(MAX_STEPS))));
    let template = environment.template_from_named_str(part.label(), source).map_err(|error| invalid(part, &error))?;
    let mut output = Bounded(Vec::new());
    let context = minijinja::Value::from(Serde(context));
    template.render_captured_to(context, &mut output).map_err(|error| invalid(part, &error))?;
    String::from_utf8(output.0).map_err(|error| TemplateError::Invalid { part, why: error.to_string() })
}

fn refused(part: TemplatePart, problem: Problem) -> TemplateError {
    match problem {
        Problem::Syntax(error) => invalid(part, &error),
        Problem::UnknownName(name) => TemplateError::UnknownName { part, name },
        Problem::NotAllowed { what, line } => TemplateError::NotAllowed { part, what, line },
    }
}

fn invalid(part: TemplatePart, error: &minijinja::Error) -> TemplateError {
    TemplateError::Invalid { part, why: error.to_string() }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

/// A writer with a limit on the text's length.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_RENDERED_BYTES {
            return Err(io::Error::other("the text is longer than 1 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reminders that are likely to take different branches of a template: many items and one, due soon and long past, with
/// and without what may be missing.
fn samples() -> [Context; 3] {
    let sample = |number: &str, contact: &str, enquiries: &str, days: &[i64]| {
        let as_of = NaiveDate::default();
        let item = |days_past_due: &i64| Item {
            number: "INV-2026-00001".to_owned(),
            issued_on: as_of - chrono::TimeDelta::days(30 + days_past_due),
            due_on: as_of - chrono::TimeDelta::days(*days_past_due),
            days_past_due: *days_past_due,
            open: "120.00".to_owned(),
        };
        Context {
            customer: Customer { name: "Example Ltd".to_owned(), number: number.to_owned() },
            contact: Contact { name: contact.to_owned() },
            items: days.iter().map(item).collect(),
            total: "120.00".to_owned(),
            currency: "EUR".to_owned(),
            as_of,
            seller: Seller { name: "Example Inc".to_owned(), enquiries: enquiries.to_owned() },
        }
    };
    [
        sample("C-1", "Ada Example", "accounts@example.com", &[120, 61, 31, 8, 1, 0, -3]),
        sample("", "", "", &[400]),
        sample("C-1", "", "accounts@example.com", &[-3]),
    ]
}

#[cfg(test)]
mod tests;
