//! Path templates of `google.api.http`, as far as the contract uses them: literals, variables of one segment, and a verb after a colon.

use std::fmt;

/// A path template, for example `/invoicing/v1/invoices/{invoice_id}:issue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    verb: Option<String>,
}

/// A segment of a path template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// It is this text.
    Literal(String),
    /// It is the value of the field at this path of the request, for example `customer.customer_id`.
    Variable(String),
}

/// Why a text is no path template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a path of literals and {{variables}} with at most one verb")]
pub struct BadTemplate {
    text: String,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let bad = || BadTemplate { text: text.to_owned() };
        let path = text.strip_prefix('/').ok_or_else(bad)?;
        let (path, verb) = match path.split_once(':') {
            None => (path, None),
            Some((path, verb)) if is_word(verb) => (path, Some(verb.to_owned())),
            Some(_) => return Err(bad()),
        };
        let segments: Option<Vec<Segment>> = path.split('/').map(Segment::parse).collect();
        Ok(Self { segments: segments.ok_or_else(bad)?, verb })
    }

    /// Its segments, without the verb.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The verb after the colon, if it has one.
    pub fn verb(&self) -> Option<&str> {
        self.verb.as_deref()
    }

    /// The paths of the fields that its variables fill, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(field) => Some(field.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// The values of its variables, still percent-encoded, if a path fits.
    pub(crate) fn matches<'a>(&self, path: &RequestPath<'a>) -> Option<Vec<&'a str>> {
        if self.segments.len() != path.segments.len() || self.verb() != path.verb {
            return None;
        }
        let mut values = Vec::new();
        for (segment, text) in self.segments.iter().zip(&path.segments) {
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Variable(_) if !text.is_empty() => values.push(*text),
                Segment::Literal(_) | Segment::Variable(_) => return None,
            }
        }
        Some(values)
    }

    /// Whether a path may fit both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.verb == other.verb
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|pair| match pair {
                (Segment::Literal(one), Segment::Literal(two)) => one == two,
                (Segment::Variable(_), _) | (_, Segment::Variable(_)) => true,
            })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Variable(field) => write!(f, "/{{{field}}}")?,
            }
        }
        self.verb.iter().try_for_each(|verb| write!(f, ":{verb}"))
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('{') {
            Some(rest) => {
                let field = rest.strip_suffix('}')?;
                field.split('.').all(is_word).then(|| Self::Variable(field.to_owned()))
            }
            None => is_word(text).then(|| Self::Literal(text.to_owned())),
        }
    }
}

/// Letters, digits, `_` and `-`: nothing that is encoded in a path.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// The path of a request in its parts. A colon in the last segment always begins a verb; one that belongs to a value is sent as `%3A`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestPath<'a> {
    segments: Vec<&'a str>,
    verb: Option<&'a str>,
}

impl<'a> RequestPath<'a> {
    /// `None` for a path that no template fits.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let mut segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let last = segments.last_mut()?;
        let (head, verb) = last.rsplit_once(':').map_or((*last, None), |(head, verb)| (head, Some(verb)));
        *last = head;
        Some(Self { segments, verb })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
        Template::parse(template).unwrap().matches(&RequestPath::parse(path)?)
    }

    #[test]
    fn a_path_fits_as_a_whole() {
        let issue = "/invoicing/v1/invoices/{invoice_id}:issue";
        assert_eq!(values(issue, "/invoicing/v1/invoices/7:issue"), Some(vec!["7"]));
        assert_eq!(values(issue, "/invoicing/v1/invoices/a%3Ab:issue"), Some(vec!["a%3Ab"]));
        for other in [
            "/invoicing/v1/invoices/7",
            "/invoicing/v1/invoices/7:void",
            "/invoicing/v1/invoices/7:issue/",
            "/invoicing/v1/invoices/:issue",
            "/invoicing/v1/invoices:issue",
            "/x/invoicing/v1/invoices/7:issue",
            "invoicing/v1/invoices/7:issue",
            "/",
            "",
        ] {
            assert_eq!(values(issue, other), None, "{other}");
        }
        assert_eq!(values("/a/{x}/b/{y.z}", "/a/1/b/2"), Some(vec!["1", "2"]));
        assert_eq!(values("/a/{x}", "/a/1:2"), None, "a colon begins a verb");
    }

    #[test]
    fn a_template_is_printed_as_it_was_read() {
        for text in ["/a", "/a/v1/things:batchGet", "/a/{thing.thing_id}:do", "/a-b/{x}/c"] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.to_string(), text);
        }
        for bad in ["", "a", "/", "/a/", "//a", "/a/*", "/a/{x=**}", "/a/{x", "/a/{x}y", "/a:b:c", "/a:b/c", "/a/{}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn templates_overlap_where_a_path_fits_both() {
        let overlap = |one: &str, two: &str| Template::parse(one).unwrap().overlaps(&Template::parse(two).unwrap());
        assert!(overlap("/a/{x}", "/a/b"));
        assert!(overlap("/a/{x}/c", "/{y}/b/c"));
        assert!(!overlap("/a/{x}", "/a/{x}:do"));
        assert!(!overlap("/a/{x}", "/a/{x}/b"));
        assert!(!overlap("/a/b", "/a/c"));
    }
}
