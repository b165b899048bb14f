//! Documents as they were handed over.

use chrono::{DateTime, Utc};
use quittance_kernel::{ContactId, DeliveryId, InvoiceId};

/// How a document was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DeliveryChannel {
    /// By the caller's own e-mail.
    Email,
    /// By post.
    Post,
    /// Fetched from the seller's portal.
    Portal,
}

impl DeliveryChannel {
    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            DeliveryChannel::Email => "email",
            DeliveryChannel::Post => "post",
            DeliveryChannel::Portal => "portal",
        }
    }
}

/// A document as it was handed over. The document itself is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What was delivered.
    pub invoice: InvoiceId,
    /// To whom; `None`: to the company.
    pub contact: Option<ContactId>,
    /// How.
    pub channel: DeliveryChannel,
    /// SHA-256 of the document.
    pub document_sha256: [u8; 32],
    /// When.
    pub delivered_at: DateTime<Utc>,
}
