//! The header before `<OFX>`: version and encoding.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::text;

/// `ofx1` for SGML, `ofx2` for XML.
pub(super) fn version(head: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(head).replace('\0', "");
    let before = text.split_once("<OFX>").map_or(text.as_str(), |(before, _)| before);
    let is_xml = before.contains("<?xml") || before.contains("OFXHEADER=\"200\"") || before.contains("OFXHEADER='200'");
    if is_xml { "ofx2" } else { "ofx1" }
}

/// The encoding declared by a file. Many declare `1252` and write UTF-8: reading as UTF-8 falls back to Windows-1252 for
/// invalid bytes, so the two need not be distinguished.
pub(super) fn encoding(head: &[u8]) -> &'static Encoding {
    if version(head) == "ofx2" || Encoding::for_bom(head).is_some() {
        return text::xml_encoding(head);
    }
    let text = String::from_utf8_lossy(head);
    let header = text.split_once('<').map_or(text.as_ref(), |(before, _)| before);
    let charset = field(header, "CHARSET:").unwrap_or_default();
    let named = Encoding::for_label(charset.as_bytes())
        .or_else(|| Encoding::for_label(format!("windows-{charset}").as_bytes()))
        .or_else(|| Encoding::for_label(format!("iso-{charset}").as_bytes()))
        .unwrap_or(UTF_8);
    if named == WINDOWS_1252 { UTF_8 } else { named }
}

/// The value after a name in a header of one or many lines.
fn field<'t>(header: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = header.split_once(name)?;
    rest.split(|mark: char| mark.is_whitespace()).next()
}
