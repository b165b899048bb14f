//! Tokens signed by ourselves.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde_json::json;

use super::{BadKeys, KeySet, Verifier, keys::Key, verifier::TokenRules};

/// Signs tokens with a secret: for development, and for services that call each other.
#[derive(Clone)]
pub struct Tokens {
    secret: Vec<u8>,
    /// Former secrets, still accepted.
    previous: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// Signs with the secret (HMAC with SHA-256).
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self { secret: secret.into(), previous: Vec::new() }
    }

    /// Also accepts tokens signed with another secret: during a rotation each process signs with one and accepts both.
    #[must_use]
    pub fn and_accept(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.previous.push(secret.into());
        self
    }

    /// The keys that accept these tokens as our own services', including the scope `internal`.
    pub(super) fn service_keys(&self) -> KeySet {
        self.keys(true)
    }

    /// The keys that accept these tokens as any caller's.
    pub fn caller_keys(&self) -> KeySet {
        self.keys(false)
    }

    fn keys(&self, is_service: bool) -> KeySet {
        let secrets = std::iter::once(&self.secret).chain(&self.previous);
        let key = |secret: &Vec<u8>| Key {
            id: None,
            algorithm: Algorithm::HS256,
            verifying: DecodingKey::from_secret(secret),
            is_service,
        };
        KeySet { keys: secrets.map(key).collect(), text: String::new() }
    }

    /// A verifier that accepts only these tokens.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(TokenRules::default(), Some(self))
    }

    /// The secret as a JSON Web Key Set, as `KeySet::from_file` reads it.
    pub fn key_set(&self) -> String {
        format!(r#"{{"keys":[{{"kty":"oct","alg":"HS256","k":"{}"}}]}}"#, URL_SAFE_NO_PAD.encode(&self.secret))
    }

    /// A token for `lifetime`. `scope` is a list of scopes separated by blanks.
    pub fn sign(
        &self,
        subject: &str,
        tenants: &[&str],
        scope: &str,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Result<String, BadKeys> {
        let claims = json!({"sub": subject, "exp": (now + lifetime).timestamp(), "tenants": tenants, "scope": scope});
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&self.secret))?)
    }
}
