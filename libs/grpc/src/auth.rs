//! Tokens: who calls, for which tenants, and what they may do.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    jwk::{AlgorithmParameters, JwkSet},
};
use quittance_kernel::TenantId;
use serde::{Deserialize, Serialize};

/// Verified tokens that are remembered.
const CACHE: usize = 10_000;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who calls.
    pub sub: String,
    /// Until when it is valid, in seconds since 1970.
    pub exp: i64,
    /// The tenants it may act for; `*` for all.
    pub tenants: Vec<String>,
    /// What it may do, separated by blanks; `*` for everything but `internal`.
    pub scope: String,
}

impl Claims {
    /// Whether the token may act for a tenant.
    pub fn covers(&self, tenant: TenantId) -> bool {
        let tenant = tenant.to_string();
        self.tenants.iter().any(|named| named == "*" || *named == tenant)
    }

    /// Whether the token may call methods of a scope.
    pub fn allows(&self, scope: &str) -> bool {
        self.scope.split_ascii_whitespace().any(|named| named == scope || (named == "*" && scope != "internal"))
    }
}

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadKeys {
    /// The file.
    #[error("the key set {file} cannot be read: {source}")]
    File {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// What is in it.
    #[error("the key set {0} is no JSON Web Key Set with a usable key")]
    Content(String),
    /// A token could not be signed.
    #[error("signing a token: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Checks tokens against a set of keys.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<Vec<(Option<String>, Algorithm, DecodingKey)>>,
    verified: Arc<RwLock<HashMap<String, Arc<Claims>>>>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Reads a JSON Web Key Set (RFC 7517) from a file.
    pub fn from_file(file: &Path) -> Result<Self, BadKeys> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|source| BadKeys::File { file: name.clone(), source })?;
        let set: JwkSet = serde_json::from_str(&text).map_err(|_| BadKeys::Content(name.clone()))?;
        let keys: Vec<_> = set
            .keys
            .iter()
            .filter_map(|jwk| {
                let algorithm = match (&jwk.common.key_algorithm, &jwk.algorithm) {
                    (Some(named), _) => named.to_string().parse().ok()?,
                    (None, AlgorithmParameters::OctetKey(_)) => Algorithm::HS256,
                    (None, AlgorithmParameters::RSA(_)) => Algorithm::RS256,
                    (None, AlgorithmParameters::EllipticCurve(_)) => Algorithm::ES256,
                    (None, AlgorithmParameters::OctetKeyPair(_)) => Algorithm::EdDSA,
                    (None, _) => return None,
                };
                Some((jwk.common.key_id.clone(), algorithm, DecodingKey::from_jwk(jwk).ok()?))
            })
            .collect();
        if keys.is_empty() { Err(BadKeys::Content(name)) } else { Ok(Self::of(keys)) }
    }

    /// Accepts also what `tokens` signs.
    #[must_use]
    pub fn and(self, tokens: &Tokens) -> Self {
        let more = tokens.verifier();
        Self::of(self.keys.iter().chain(more.keys.iter()).cloned().collect())
    }

    fn of(keys: Vec<(Option<String>, Algorithm, DecodingKey)>) -> Self {
        Self { keys: Arc::new(keys), verified: Arc::default() }
    }

    /// What a valid token says; `None` for any other. A token that was verified once is only checked for its end.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Arc<Claims>> {
        let known = self.verified.read().ok()?.get(token).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => self.verify_signature(token)?,
        };
        (claims.exp > now.timestamp()).then_some(claims)
    }

    fn verify_signature(&self, token: &str) -> Option<Arc<Claims>> {
        let header = decode_header(token).ok()?;
        let claims = self
            .keys
            .iter()
            .filter(|(id, algorithm, _)| {
                *algorithm == header.alg && (id.is_none() || header.kid.is_none() || *id == header.kid)
            })
            .find_map(|(_, algorithm, key)| {
                let mut validation = Validation::new(*algorithm);
                // The end is checked at every call, against the clock that is passed in.
                validation.validate_exp = false;
                validation.validate_aud = false;
                validation.set_required_spec_claims(&["sub", "exp"]);
                decode::<Claims>(token, key, &validation).ok()
            })?;
        let claims = Arc::new(claims.claims);
        let mut verified = self.verified.write().ok()?;
        if verified.len() >= CACHE {
            verified.clear();
        }
        verified.insert(token.to_owned(), Arc::clone(&claims));
        Some(claims)
    }
}

/// Signs tokens with a secret: for development, and for services that call each other in one process.
#[derive(Clone)]
pub struct Tokens {
    secret: Vec<u8>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// Signs with the secret (HMAC with SHA-256).
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self { secret: secret.into() }
    }

    /// What accepts these tokens.
    pub fn verifier(&self) -> Verifier {
        Verifier::of(vec![(None, Algorithm::HS256, DecodingKey::from_secret(&self.secret))])
    }

    /// The secret as a JSON Web Key Set, as `Verifier::from_file` reads it.
    pub fn key_set(&self) -> String {
        format!(r#"{{"keys":[{{"kty":"oct","alg":"HS256","k":"{}"}}]}}"#, URL_SAFE_NO_PAD.encode(&self.secret))
    }

    /// A token that lasts for `lifetime`.
    pub fn sign(
        &self,
        subject: &str,
        tenants: &[&str],
        scope: &str,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Result<String, BadKeys> {
        let claims = Claims {
            sub: subject.to_owned(),
            exp: (now + lifetime).timestamp(),
            tenants: tenants.iter().map(|t| (*t).to_owned()).collect(),
            scope: scope.to_owned(),
        };
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&self.secret))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_is_accepted_until_it_ends_and_only_with_its_key() {
        let tokens = Tokens::new("0123456789abcdef0123456789abcdef");
        let token = tokens.sign("ann", &["*"], "invoices.read", now(), Duration::minutes(5)).unwrap();
        let verifier = tokens.verifier();
        assert_eq!(verifier.verify(&token, now()).unwrap().sub, "ann");
        assert_eq!(verifier.verify(&token, now() + Duration::minutes(6)), None);
        assert_eq!(Tokens::new("another secret of thirty-two byte").verifier().verify(&token, now()), None);
        assert_eq!(verifier.verify("not.a.token", now()), None);
    }

    #[test]
    fn internal_is_never_implied() {
        let claims = Claims { sub: String::new(), exp: 0, tenants: vec![], scope: "*".to_owned() };
        assert!(claims.allows("invoices.write"));
        assert!(!claims.allows("internal"));
        assert!(!claims.covers(TenantId::at(now())));
    }
}
