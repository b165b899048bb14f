//! Documents as they were handed over.

use chrono::{DateTime, Utc};
use quittance_kernel::{ContactId, DeliveryId, InvoiceId};

/// How a document was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryChannel {
    /// By the caller's own e-mail.
    Email,
    /// By post.
    Post,
    /// Fetched from the seller's portal.
    Portal,
}

impl DeliveryChannel {
    const ALL: [DeliveryChannel; 3] = [DeliveryChannel::Email, DeliveryChannel::Post, DeliveryChannel::Portal];

    /// The name in storage.
    pub const fn label(self) -> &'static str {
        match self {
            DeliveryChannel::Email => "email",
            DeliveryChannel::Post => "post",
            DeliveryChannel::Portal => "portal",
        }
    }

    /// The channel with this label, if there is one.
    pub fn parse(label: &str) -> Option<DeliveryChannel> {
        DeliveryChannel::ALL.into_iter().find(|channel| channel.label() == label)
    }
}

/// A document as it was handed over. The document itself is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for channel in DeliveryChannel::ALL {
            assert_eq!(DeliveryChannel::parse(channel.label()), Some(channel));
        }
    }
}
