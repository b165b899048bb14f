//! The words of reminders: templates in Jinja syntax, rendered as plain text. A name that does not exist is an error, and
//! what can be known of a template is checked when it is written, not when a customer should get it.

use std::io;

use chrono::NaiveDate;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Serialize, Serializer};

/// How many characters a subject's template has at most.
pub const MAX_SUBJECT_CHARS: usize = 500;
/// How many characters a body's template has at most.
pub const MAX_BODY_CHARS: usize = 20_000;
/// How many bytes a template may render to: a reminder of some ten thousand items.
const MAX_RENDERED_BYTES: usize = 1024 * 1024;

/// The names a template may use by themselves. What a loop declares is not among them.
const KNOWN_NAMES: [&str; 13] = [
    "customer",
    "customer.name",
    "customer.number",
    "contact",
    "contact.name",
    "items",
    "total",
    "currency",
    "as_of",
    "seller",
    "seller.name",
    "seller.enquiries",
    "namespace",
];

/// What a template is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplatePart {
    /// The subject: rendered to one line.
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
        /// Of what.
        part: TemplatePart,
    },
    /// It uses a name that no reminder has.
    #[error("the template of the {} uses {name}, which does not exist", part.label())]
    UnknownName {
        /// Of what.
        part: TemplatePart,
        /// The name.
        name: String,
    },
    /// It cannot be read or rendered.
    #[error("the template of the {}: {why}", part.label())]
    Invalid {
        /// Of what.
        part: TemplatePart,
        /// What the template engine says, with the line.
        why: String,
    },
    /// It renders to nothing.
    #[error("the template of the {} gives no text", part.label())]
    Empty {
        /// Of what.
        part: TemplatePart,
    },
}

impl TemplateError {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        "TEMPLATE_INVALID"
    }
}

/// What templates know of a reminder. Amounts are decimal numbers without their currency, dates `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Who owes.
    pub customer: Customer,
    /// To whom it is addressed.
    pub contact: Contact,
    /// What is owed, the earliest due first.
    pub items: Vec<Item>,
    /// Sum of the items.
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// The date of the reminder.
    #[serde(serialize_with = "iso_date")]
    pub as_of: NaiveDate,
    /// Who reminds.
    pub seller: Seller,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field by reference")]
fn iso_date<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// Who owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The name.
    pub name: String,
    /// The customer's number; empty where there is none.
    pub number: String,
}

/// To whom a reminder is addressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// The name; empty where no person is known.
    pub name: String,
}

/// An item in a reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The document's number.
    pub number: String,
    /// When it was issued.
    #[serde(serialize_with = "iso_date")]
    pub issued_on: NaiveDate,
    /// When it is or was due.
    #[serde(serialize_with = "iso_date")]
    pub due_on: NaiveDate,
    /// Days from the due date to the date of the reminder; negative before it is due.
    pub days_past_due: i64,
    /// What is owed.
    pub open: String,
}

/// Who reminds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seller {
    /// The name.
    pub name: String,
    /// Where to ask, for example an e-mail address; empty where none is given.
    pub enquiries: String,
}

/// A reminder's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Renders a reminder. White space in the subject becomes single spaces, so no name can add a line to it.
///
/// # Errors
/// [`TemplateError`], for the subject first.
pub fn render(subject: &str, body: &str, context: &Context) -> Result<Rendered, TemplateError> {
    let subject = render_part(TemplatePart::Subject, subject, context)?;
    let body = render_part(TemplatePart::Body, body, context)?;
    let words = subject.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let subject = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(Rendered { subject, body })
}

/// Checks a template as far as that can be done without a customer: its syntax, its names, and that it renders reminders
/// of different kinds.
///
/// # Errors
/// [`TemplateError`], for what was found first.
pub fn check(part: TemplatePart, source: &str) -> Result<(), TemplateError> {
    if source.chars().nth(part.max_chars()).is_some() {
        return Err(TemplateError::TooLong { part });
    }
    let environment = environment();
    let template = environment.template_from_named_str(part.label(), source).map_err(|error| invalid(part, &error))?;
    let mut unknown: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !KNOWN_NAMES.contains(&name.as_str()) && !name.starts_with("items."))
        .collect();
    unknown.sort_unstable();
    if let Some(name) = unknown.into_iter().next() {
        return Err(TemplateError::UnknownName { part, name });
    }
    for sample in samples() {
        if render_part(part, source, &sample)?.trim().is_empty() {
            return Err(TemplateError::Empty { part });
        }
    }
    Ok(())
}

fn render_part(part: TemplatePart, source: &str, context: &Context) -> Result<String, TemplateError> {
    let environment = environment();
    let template = environment.template_from_named_str(part.label(), source).map_err(|error| invalid(part, &error))?;
    let mut output = Bounded(Vec::new());
    let context = minijinja::Value::from(Serde(context));
    template.render_captured_to(context, &mut output).map_err(|error| invalid(part, &error))?;
    String::from_utf8(output.0).map_err(|error| TemplateError::Invalid { part, why: error.to_string() })
}

fn invalid(part: TemplatePart, error: &minijinja::Error) -> TemplateError {
    TemplateError::Invalid { part, why: error.to_string() }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // A reminder loops over its items and over nothing longer.
    environment.remove_global("range");
    environment.remove_global("debug");
    environment
}

/// Text of a bounded length.
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
mod tests {
    use super::*;

    fn context() -> Context {
        samples().into_iter().next().unwrap()
    }

    fn body(source: &str, context: &Context) -> Result<String, TemplateError> {
        render("Reminder", source, context).map(|rendered| rendered.body)
    }

    #[test]
    fn every_field_can_be_used() {
        let source = "{{ customer.name }}|{{ customer.number }}|{{ contact.name }}|{{ total }}|{{ currency }}|{{ as_of }}|\
            {{ seller.name }}|{{ seller.enquiries }}|{% for item in items[:1] %}{{ item.number }}|{{ item.issued_on }}|\
            {{ item.due_on }}|{{ item.days_past_due }}|{{ item.open }}{% endfor %}";
        assert_eq!(check(TemplatePart::Body, source), Ok(()));
        let expected = "Example Ltd|C-1|Ada Example|120.00|EUR|1970-01-01|Example Inc|accounts@example.com|\
            INV-2026-00001|1969-08-04|1969-09-03|120|120.00";
        assert_eq!(body(source, &context()).as_deref(), Ok(expected));
    }

    #[test]
    fn text_is_plain() {
        let name = "M&M <\"Söhne\">".to_owned();
        let context = Context { customer: Customer { name: name.clone(), number: String::new() }, ..context() };
        assert_eq!(body("{{ customer.name }}", &context), Ok(name));
    }

    #[test]
    fn a_subject_is_one_line() {
        let customer = Customer { name: "Ada\r\nBcc: x@example.com\u{0}".to_owned(), number: String::new() };
        let rendered = render(" For\n{{ customer.name }} ", "x", &Context { customer, ..context() }).unwrap();
        assert_eq!(rendered.subject, "For Ada Bcc: x@example.com");
    }

    #[test]
    fn a_template_does_not_run_what_stands_in_a_name() {
        let customer = Customer { name: "{{ total }}".to_owned(), number: String::new() };
        assert_eq!(body("{{ customer.name }}", &Context { customer, ..context() }).as_deref(), Ok("{{ total }}"));
    }

    #[test]
    fn what_is_wrong_is_found_when_it_is_written() {
        for source in [
            "{{ customer.nam }}",
            "{{ amount }}",
            "{% if total == \"0\" %}{{ curency }}{% endif %}",
            "{% for item in items %}{{ item.opn }}{% endfor %}",
            "{% for item in items %}{% if item.days_past_due < 0 %}{{ item.opn }}{% endif %}x{% endfor %}",
            "{{ items[0].opn }}",
            "{{ items[5].number }}",
            "{{ total",
            "{% for item in items %}",
            "{{ total | money }}",
            "{{ total + 1 }}",
            "{{ range(10) }}",
            "{{ debug() }}",
            "{% include \"other\" %}",
            "  ",
            "{{ contact.name }}",
        ] {
            assert_eq!(
                check(TemplatePart::Body, source).map_err(|error| error.reason()),
                Err("TEMPLATE_INVALID"),
                "{source}"
            );
        }
        let error = check(TemplatePart::Subject, "For {{ customer.nam }}").unwrap_err();
        assert_eq!(error.to_string(), "the template of the subject uses customer.nam, which does not exist");
        let error = check(TemplatePart::Body, "one\n{{ total + }}").unwrap_err();
        assert!(error.to_string().ends_with("(in body:2)"), "{error}");
    }

    #[test]
    fn templates_have_bounds() {
        let long = "x".repeat(MAX_SUBJECT_CHARS + 1);
        assert_eq!(check(TemplatePart::Subject, &long), Err(TemplateError::TooLong { part: TemplatePart::Subject }));
        assert_eq!(check(TemplatePart::Body, &long), Ok(()));
        let loud = "{% for a in items %}{% for b in items %}{{ 'x' * 100000 }}{% endfor %}{% endfor %}";
        assert!(matches!(check(TemplatePart::Body, loud), Err(TemplateError::Invalid { .. })));
    }

    #[test]
    fn labels_round_trip() {
        for part in [TemplatePart::Subject, TemplatePart::Body] {
            assert_eq!(TemplatePart::parse(part.label()), Some(part));
        }
    }
}
