//! Keys of signatures, and signatures (<https://www.standardwebhooks.com>): HMAC with SHA-256 over id, time and body.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use quittance_kernel::Bug;
use sha2::Sha256;

/// The length of a key, in bytes.
const BYTES: usize = 32;

/// The key of a webhook's signatures.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new key.
    pub(crate) fn generate() -> Result<Self, Bug> {
        let mut bytes = vec![0; BYTES];
        getrandom::fill(&mut bytes).map_err(|_| Bug("the system has no random numbers"))?;
        Ok(Self(bytes))
    }

    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key as receivers keep it.
    pub(crate) fn text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<String, Bug> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| Bug("a key of signatures has the wrong length"))?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            Secret::new(key.clone()).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(Secret::new(key).text(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn keys_are_new_and_not_shown() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert!(one != other && one.bytes().len() == BYTES);
        assert_eq!(format!("{one:?}"), "Secret");
    }
}
