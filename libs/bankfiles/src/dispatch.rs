//! Reads any statement file: detects its format, reads it and checks its totals.

use std::io::BufRead;

use encoding_rs::{Encoding, UTF_8};

use crate::{
    Event, Format, Place, Refusal, Tally, Warning, WarningCode, bai2, camt, clean, detect, detect::foreign, lockbox,
    mt94x, ofx, text,
};

/// Reads a file of any statement format, statement by statement and entry by entry. Returns the format's name, such as
/// `camt.053.001.08`. A statement with wrong totals gives a warning before it ends.
///
/// # Errors
/// [`Refusal`] for other files, and those that the format's reader refuses.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let head = text::peek(input, text::HEAD_BYTES)?;
    let encoding = Encoding::for_bom(&head).map(|(encoding, _)| encoding).filter(|encoding| *encoding != UTF_8);
    let mut whole = text::put_back(head, input);
    // Line formats do not declare an encoding; XML does.
    match encoding {
        Some(encoding) => read_text(&mut text::Utf8::new(&mut whole, encoding), sink),
        None => read_text(&mut whole, sink),
    }
}

fn read_text(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let head = text::peek(input, text::HEAD_BYTES)?;
    let format = detect(&head);
    let refusal = refuse(&head);
    let is_markup = is_markup(&head);
    let mut whole = text::put_back(head, input);
    let mut tally = Tally::default();
    let mut at = Place::File;
    let mut counted = |mut event: Event| {
        let had_nul = clean::clean(&mut event);
        match &event {
            Event::Begin(_) => at = Place::File,
            Event::Entry(entry) => at = entry.at.unwrap_or(at),
            Event::End(_) | Event::Warning(_) => {}
        }
        if had_nul {
            let message = "NUL characters are left out".to_owned();
            sink(Event::Warning(Warning { at, code: WarningCode::BadText, message }));
        }
        if let Some(warning) = tally.count(&event, at) {
            sink(Event::Warning(warning));
        }
        sink(event);
    };
    match format {
        Some(Format::Camt) => camt::read(&mut whole, &mut counted),
        Some(Format::Ofx) => ofx::read(&mut whole, &mut counted),
        Some(Format::Mt94x) => mt94x::read(&mut whole, &mut counted),
        Some(Format::Bai2) => bai2::read(&mut whole, &mut counted),
        Some(Format::Lockbox) => lockbox::read(&mut whole, &mut counted),
        Some(Format::PaymentStatus) => {
            Err(Refusal::one(Place::File, "a pain.002 is a status report: it has no statement"))
        }
        Some(Format::Nacha) => {
            Err(Refusal::one(Place::File, "a NACHA file has payments and returns, but no statement"))
        }
        // After a long comment, or of another kind: the XML reader's error tells.
        None if is_markup => camt::read(&mut whole, &mut counted),
        _ => Err(refusal),
    }
}

fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    text.trim_ascii_start().starts_with(b"<")
}

/// Why a file of an unknown format is refused.
fn refuse(head: &[u8]) -> Refusal {
    let what = match foreign(head) {
        Some(what) => format!("this is {what}"),
        None if head.iter().all(u8::is_ascii_whitespace) => "the file is empty".to_owned(),
        None => {
            "the file is of no known bank format (CAMT, MT940, MT942, BAI2, lockbox, OFX, NACHA, pain.002)".to_owned()
        }
    };
    Refusal::one(Place::File, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For every format: characters that databases do not accept are removed here, with one warning for each entry.
    #[test]
    fn nul_characters_are_left_out_with_a_warning() {
        let files = [
            ":20:S1\n:25:DE02\n:28C:1/1\n:60F:C260301EUR0,\n:61:2603010301C5,00NTRFX\n:86:A\0da\n:62F:C260301EUR5,\n",
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>S</Id><Ntry><Amt Ccy=\"EUR\">5</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><AddtlNtryInf>A\0da</AddtlNtryInf></Ntry></Stmt></BkToCstmrStmt></Document>",
            "01,121000248,9,260301,0800,1,80,1,2/\n02,9,121000248,1,260301,0800,EUR,2/\n03,1,EUR,010,0,,/\n16,142,500,0,,,A\0da\n\
             49,500,3/\n98,500,1,5/\n99,500,1,7/\n",
            "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>2\
             </BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260301<TRNAMT>5.00<FITID>1<MEMO>A\0da</STMTTRN>\
             </BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
        ];
        for file in files {
            let (mut entries, mut warnings) = (Vec::new(), Vec::new());
            read(&mut file.as_bytes(), &mut |event| match event {
                Event::Entry(entry) => entries.push(format!("{entry:?}")),
                Event::Warning(warning) => warnings.push(warning.code),
                Event::Begin(_) | Event::End(_) => {}
            })
            .unwrap();
            assert_eq!(entries.len(), 1, "{file}");
            assert!(entries[0].contains("Ada") && !entries[0].contains("\\0"), "{}", entries[0]);
            // The lines of MT940 have no control characters after reading.
            assert!(file.starts_with(":20:") || warnings.contains(&WarningCode::BadText), "{file}: {warnings:?}");
        }
    }

    #[test]
    fn a_file_of_lines_may_be_in_utf_16() {
        let file =
            ":20:S1\n:25:DE02\n:28C:1/1\n:60F:C260301EUR0,\n:61:2603010301C5,00NTRFX\n:86:Grüße\n:62F:C260301EUR5,\n";
        for little in [true, false] {
            let units = std::iter::once(0xFEFF).chain(file.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            let mut entries = Vec::new();
            let format = read(&mut bytes.as_slice(), &mut |event| {
                if let Event::Entry(entry) = event {
                    entries.push(entry);
                }
            });
            assert_eq!(format.unwrap(), "mt940");
            assert!(format!("{:?}", entries[0]).contains("Grüße"));
        }
    }
}
