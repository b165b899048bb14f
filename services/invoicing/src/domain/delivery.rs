//! Delivered documents.

use chrono::{DateTime, Utc};
use quittance_kernel::{ContactId, DeliveryId, InvoiceId};

/// The channel of a delivery.
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
    /// The channel with this name in storage.
    pub(crate) fn parse(label: &str) -> Option<Self> {
        [Self::Email, Self::Post, Self::Portal].into_iter().find(|channel| channel.label() == label)
    }

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            DeliveryChannel::Email => "email",
            DeliveryChannel::Post => "post",
            DeliveryChannel::Portal => "portal",
        }
    }
}

/// The delivery of a document. The document itself is stored beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// The delivery's id.
    pub id: DeliveryId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// The recipient; `None` for the company.
    pub contact: Option<ContactId>,
    /// The channel.
    pub channel: DeliveryChannel,
    /// SHA-256 of the document.
    pub document_sha256: [u8; 32],
    /// When it was delivered.
    pub delivered_at: DateTime<Utc>,
}
