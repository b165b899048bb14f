//! Payment status reports of banks: pain.002, all versions.

use std::io::BufRead;

use serde::Serialize;

use crate::{
    Amount, CurrencyCode, Place, Refusal, Warning, WarningCode, parse_amount,
    text::{self, Utf8},
    xml::{Broken, Node, Step, Tag, Xml, message_name},
};

/// A status report on a message, its batches and its payments, as far as given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// `pain.002.001.10`; without the version if the file has no namespace.
    pub format: String,
    /// The report's own id.
    pub message_id: String,
    /// The id of the original message.
    pub original_message_id: String,
    /// The kind of the original message: `pain.008.001.02`.
    pub original_message_name: String,
    /// The whole message's status (`ACTC`, `RJCT`); `None` if it has none of its own.
    pub group_status: Option<String>,
    /// The reason codes.
    pub group_reasons: Vec<String>,
    /// The reasons in words.
    pub group_reason_texts: Vec<String>,
    /// The batches (`PmtInf`).
    pub batches: Vec<BatchStatus>,
    /// The payments.
    pub payments: Vec<PaymentStatus>,
    /// The warnings about the file.
    pub warnings: Vec<Warning>,
}

/// The status of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BatchStatus {
    /// The batch's id (`OrgnlPmtInfId`).
    pub id: String,
    /// Its status; `None` if it has none of its own.
    pub status: Option<String>,
    /// The reason codes.
    pub reasons: Vec<String>,
    /// The reasons in words.
    pub reason_texts: Vec<String>,
}

/// The status of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PaymentStatus {
    /// Our id: the end-to-end id, else the instruction id, else the transaction id.
    pub id: String,
    /// `OrgnlEndToEndId`; empty if it has none.
    pub end_to_end_id: String,
    /// `OrgnlInstrId`; empty if it has none.
    pub instruction_id: String,
    /// `OrgnlPmtInfId` of its batch; empty if it has none.
    pub batch_id: String,
    /// The direct debit's mandate; empty if it has none.
    pub mandate_id: String,
    /// Its status (`ACSC`, `PDNG`, `RJCT`); `None` if it has none of its own: then that of its batch or message applies.
    pub status: Option<String>,
    /// The reason codes (`AC04`, `MD01`).
    pub reasons: Vec<String>,
    /// The reasons in words.
    pub reason_texts: Vec<String>,
    /// The amount, unsigned, if given.
    pub amount: Option<Amount>,
}

/// Reads a pain.002.
///
/// # Errors
/// [`Refusal`] for another file, or an incomplete XML document.
pub fn read_status(input: &mut dyn BufRead) -> Result<StatusReport, Refusal> {
    let head = text::peek(input, text::HEAD_BYTES)?;
    let encoding = text::xml_encoding(&head);
    let mut whole = text::put_back(head, input);
    let mut xml = Xml::new(Utf8::new(&mut whole, encoding));
    let mut report = StatusReport::default();
    match read(&mut xml, &mut report) {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::one(Place::File, "this is not a pain.002 payment status report")),
        Err(broken) if report.original_message_id.is_empty() => return Err(broken.refusal()),
        Err(broken) => report.warnings.push(broken.warning()?),
    }
    report.warnings.extend(xml.take_warnings());
    if report.original_message_id.is_empty() {
        report.warn(Place::File, WarningCode::Missing, "the report names no message (OrgnlMsgId)");
    }
    if report.group_status.is_none() && report.batches.is_empty() && report.payments.is_empty() {
        report.warn(Place::File, WarningCode::Empty, "the report has no status");
    }
    Ok(report)
}

/// Returns whether there was a report.
fn read(xml: &mut Xml<'_>, report: &mut StatusReport) -> Result<bool, Broken> {
    let mut namespaces = Vec::new();
    loop {
        match xml.next()? {
            Step::Start(tag) if is_report(&tag.name) => {
                namespaces.extend(tag.namespaces);
                report.format = format(&namespaces);
                body(xml, report)?;
                return Ok(true);
            }
            Step::Start(tag) => namespaces.extend(tag.namespaces),
            Step::Eof => return Ok(false),
            Step::Text(_) | Step::End => {}
        }
    }
}

/// Version 02 names the element after the message.
fn is_report(name: &str) -> bool {
    name == "CstmrPmtStsRpt" || name.starts_with("pain.002.001")
}

fn format(namespaces: &[String]) -> String {
    let named = namespaces.iter().find_map(|namespace| message_name(namespace));
    named.filter(|name| name.starts_with("pain.002")).unwrap_or("pain.002").to_owned()
}

fn body(xml: &mut Xml<'_>, report: &mut StatusReport) -> Result<(), Broken> {
    loop {
        match xml.next()? {
            Step::Start(tag) => match tag.name.as_str() {
                "OrgnlPmtInfAndSts" => batch(xml, &tag, report)?,
                "GrpHdr" => xml.subtree(tag)?.text_at("MsgId").clone_into(&mut report.message_id),
                "OrgnlGrpInfAndSts" => report.group(&xml.subtree(tag)?),
                "TxInfAndSts" => report.payment(&xml.subtree(tag)?, ""),
                _ => xml.skip()?,
            },
            Step::End => return Ok(()),
            Step::Eof => return Err(Broken::Truncated(xml.line())),
            Step::Text(_) => {}
        }
    }
}

/// A batch's payments are read one by one: there may be a hundred thousand.
fn batch(xml: &mut Xml<'_>, tag: &Tag, report: &mut StatusReport) -> Result<(), Broken> {
    let mut batch = BatchStatus::default();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Step::Start(tag) if tag.name == "TxInfAndSts" => report.payment(&xml.subtree(tag)?, &batch.id),
            Step::Start(tag) => {
                let node = xml.subtree(tag)?;
                match node.name() {
                    "OrgnlPmtInfId" => node.text().clone_into(&mut batch.id),
                    "PmtInfSts" => batch.status = Some(node.text().to_owned()),
                    "StsRsnInf" => reason(&node, &mut batch.reasons, &mut batch.reason_texts),
                    _ => {}
                }
            }
            Step::Eof => return Err(Broken::Truncated(tag.line)),
            Step::Text(_) | Step::End => {}
        }
    }
    report.batches.push(batch);
    Ok(())
}

impl StatusReport {
    fn warn(&mut self, at: Place, code: WarningCode, message: impl Into<String>) {
        self.warnings.push(Warning { at, code, message: message.into() });
    }

    fn group(&mut self, node: &Node) {
        self.original_message_id = node.first_text(&["OrgnlMsgId", "NtwkFileNm"]);
        node.text_at("OrgnlMsgNmId").clone_into(&mut self.original_message_name);
        self.group_status = given(node.text_at("GrpSts"));
        for information in node.all("StsRsnInf") {
            reason(information, &mut self.group_reasons, &mut self.group_reason_texts);
        }
    }

    fn payment(&mut self, node: &Node, batch_id: &str) {
        let mut payment = PaymentStatus {
            id: node.first_text(&["OrgnlEndToEndId", "OrgnlInstrId", "OrgnlTxId", "StsId"]),
            end_to_end_id: node.text_at("OrgnlEndToEndId").to_owned(),
            instruction_id: node.text_at("OrgnlInstrId").to_owned(),
            batch_id: batch_id.to_owned(),
            mandate_id: node
                .first_text(&["OrgnlTxRef/MndtRltdInf/MndtId", "OrgnlTxRef/MndtRltdInf/DrctDbtMndt/MndtId"]),
            status: given(node.text_at("TxSts")),
            amount: self.amount(node),
            ..PaymentStatus::default()
        };
        for information in node.all("StsRsnInf") {
            reason(information, &mut payment.reasons, &mut payment.reason_texts);
        }
        if payment.id.is_empty() {
            self.warn(Place::Line(node.line()), WarningCode::Missing, "a payment's status names no payment");
        }
        self.payments.push(payment);
    }

    fn amount(&mut self, node: &Node) -> Option<Amount> {
        let paths = ["OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt", "OrgnlTxRef/Amt/EqvtAmt/Amt"];
        let given = paths.iter().find_map(|path| node.at(path))?;
        let (value, currency) = (parse_amount(given.text(), '.'), CurrencyCode::parse(given.currency()));
        if value.is_err() {
            self.warn(Place::Line(given.line()), WarningCode::BadAmount, "a payment's amount cannot be read");
        }
        Some(Amount { value: value.ok()?, currency: currency.unwrap_or(CurrencyCode::NONE) })
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Adds a `StsRsnInf`: a code, the bank's own or ISO's, and text.
fn reason(node: &Node, codes: &mut Vec<String>, texts: &mut Vec<String>) {
    codes.extend(given(&node.first_text(&["Rsn/Cd", "Rsn/Prtry", "StsRsn/Cd", "StsRsn/Prtry"])));
    texts.extend(
        ["AddtlInf", "AddtlStsRsnInf"]
            .into_iter()
            .flat_map(|name| node.all(name))
            .filter_map(|text| given(text.text())),
    );
}
