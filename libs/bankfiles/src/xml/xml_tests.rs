use super::*;
use crate::text::xml_encoding;

fn read(text: &str) -> Result<(Node, Vec<Warning>), Broken> {
    let mut input = text.as_bytes();
    let mut xml = Xml::new(Utf8::new(&mut input, xml_encoding(text.as_bytes())));
    loop {
        match xml.next()? {
            Step::Start(tag) => {
                let node = xml.subtree(tag)?;
                return Ok((node, xml.take_warnings()));
            }
            Step::Eof => return Err(Broken::Truncated(0)),
            Step::Text(_) | Step::End => {}
        }
    }
}

#[test]
fn text_is_joined_over_references_comments_and_cdata() {
    let (node, odd) =
        read("<p:a xmlns:p='x'>\n <b Ccy=\"EUR\">A &amp; B<!-- no -->&#xfc;<![CDATA[<c>]]></b></p:a>").unwrap();
    assert_eq!((node.name(), node.text_at("b"), node.at("b").unwrap().currency()), ("a", "A & Bü<c>", "EUR"));
    assert_eq!(node.at("b").unwrap().line(), 2);
    assert!(odd.is_empty());
}

#[test]
fn what_is_odd_is_read_and_told() {
    let (node, odd) = read("<a>A & B &foo;</a>").unwrap();
    assert_eq!(node.text(), "A & B &foo;");
    assert_eq!(odd.len(), 2);
}

#[test]
fn document_types_depth_and_ends_are_watched() {
    assert!(matches!(read("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), Err(Broken::Bad(1, _))));
    assert!(matches!(read(&"<a>".repeat(65)), Err(Broken::Bad(..))));
    assert!(matches!(read("<a>\n<b>x</b>"), Err(Broken::Truncated(_))));
    assert!(matches!(read("<a>\n<b>x</b"), Err(Broken::Truncated(_))));
    assert!(matches!(read("<a><b></a>"), Err(Broken::Bad(..))));
    assert!(matches!(read(&format!("<a>{}</a>", " ".repeat(2 * MOST_TOKEN_BYTES))), Err(Broken::Bad(..))));
}

#[test]
fn messages_are_named_by_namespaces_of_all_kinds() {
    for (namespace, name) in [
        ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", Some("camt.053.001.02")),
        ("http://www.six-interbank-clearing.com/de/pain.002.001.03.ch.02.xsd", Some("pain.002.001.03")),
        ("urn:swift:xsd:$camt.053.001.01", Some("camt.053.001.01")),
        ("ISO:camt.053.001.02:APC:STUZZA:payments:002", Some("camt.053.001.02")),
        ("http://www.w3.org/2001/XMLSchema-instance", None),
    ] {
        assert_eq!(message_name(namespace), name, "{namespace}");
    }
}
