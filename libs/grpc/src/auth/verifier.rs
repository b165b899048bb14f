//! Checking tokens.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Validation, decode, decode_header};
use quittance_runtime::metrics;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::{
    Claims, KeySet, Tokens,
    claims::{INTERNAL, texts},
    keys::Key,
};

/// Capacity of the cache of verified tokens.
const CACHE: usize = 10_000;

/// What callers' tokens must claim beside being signed. Does not apply to our own services' tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenRules {
    /// What the claim `iss` of a caller's token must be. Empty: not checked
    pub issuer: String,
    /// What the claim `aud` of a caller's token must be or contain. Empty: not checked
    pub audience: String,
    /// Allowed difference between the clocks of issuer and service, in seconds, 0 to 300
    pub leeway_seconds: u32,
    /// The claim with the scopes, a text separated by blanks or a list; `scp` for some issuers
    pub scope_claim: String,
    /// The claim with the ids of the tenants that a token may act for (`*` for all), a text separated by blanks or a list
    pub tenants_claim: String,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: String::new(),
            leeway_seconds: 30,
            scope_claim: "scope".to_owned(),
            tenants_claim: "tenants".to_owned(),
        }
    }
}

/// Why a token is refused. The reason is logged, without the token; the caller learns only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not a JSON Web Token.
    #[error("it is not a JSON Web Token")]
    Malformed,
    /// Its header names a critical extension (RFC 7515, 4.1.11), and none is supported.
    #[error("its header has critical extensions")]
    CriticalHeader,
    /// No key with its `kid` and `alg` is known.
    #[error("no key with its key id and algorithm is known")]
    KeyUnknown,
    /// No key verifies its signature.
    #[error("its signature is wrong")]
    SignatureWrong,
    /// `sub` or `exp` is missing.
    #[error("a claim is missing: sub and exp are required")]
    ClaimMissing,
    /// A claim has the wrong type.
    #[error("a claim is malformed")]
    ClaimMalformed,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `iss` is another issuer.
    #[error("it is from another issuer")]
    IssuerWrong,
    /// `aud` is another audience.
    #[error("it is for another audience")]
    AudienceWrong,
}

/// Verifies tokens against keys that can be replaced at run time.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    rules: TokenRules,
    service: KeySet,
    callers: RwLock<KeySet>,
    verified: RwLock<HashMap<String, Arc<Claims>>>,
    key_unknown: Notify,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("rules", &self.inner.rules).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Accepts only tokens signed by `service` until [`Verifier::replace_keys`].
    pub fn new(rules: TokenRules, service: Option<&Tokens>) -> Self {
        let service = service.map(Tokens::service_keys).unwrap_or_default();
        let inner = Inner {
            rules,
            service,
            callers: RwLock::default(),
            verified: RwLock::default(),
            key_unknown: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Replaces the keys of callers' tokens. No effect if they are the same.
    pub fn replace_keys(&self, keys: KeySet) {
        let mut callers = self.inner.callers.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.text.is_empty() && callers.text == keys.text {
            return;
        }
        *callers = keys;
        drop(callers);
        self.inner.verified.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits for a token with an unknown key: there may be a new one.
    pub(super) async fn key_unknown(&self) {
        self.inner.key_unknown.notified().await;
    }

    /// The claims of a valid token. A token verified before is only checked for expiry.
    ///
    /// # Errors
    /// Why the token is refused.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, Refused> {
        let known = self.inner.verified.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => self.verify_signature(token)?,
        };
        let (now, leeway) = (now.timestamp(), i64::from(self.inner.rules.leeway_seconds));
        if claims.expires_at_s.saturating_add(leeway) <= now {
            return Err(Refused::Expired);
        }
        if claims.not_before_s.is_some_and(|from| from > now + leeway) {
            return Err(Refused::NotYetValid);
        }
        Ok(claims)
    }

    fn verify_signature(&self, token: &str) -> Result<Arc<Claims>, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        if has_critical_extensions(token) {
            return Err(Refused::CriticalHeader);
        }
        let callers = self.inner.callers.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut candidates = callers.keys.iter().chain(&self.inner.service.keys).filter(|key| {
            key.algorithm == header.alg && (key.id.is_none() || header.kid.is_none() || key.id == header.kid)
        });
        let mut refused = Refused::KeyUnknown;
        let verified = candidates.find_map(|key| match signed_by(token, key) {
            Ok(claims) => Some((claims, key.is_service)),
            Err(why) => {
                refused = why;
                None
            }
        });
        let Some((claims, is_service)) = verified else {
            self.inner.key_unknown.notify_one();
            return Err(refused);
        };
        let claims = self.accept(&claims, is_service)?;
        let mut verified = self.inner.verified.write().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= CACHE {
            verified.clear();
        }
        verified.insert(token.to_owned(), Arc::clone(&claims));
        Ok(claims)
    }

    /// The claims of a token with a valid signature that satisfies the rules.
    fn accept(&self, claims: &Map<String, Value>, is_service: bool) -> Result<Arc<Claims>, Refused> {
        if is_service {
            return Claims::read(claims, &TokenRules::default()).map(Arc::new);
        }
        let rules = &self.inner.rules;
        if !rules.issuer.is_empty() && claims.get("iss").and_then(Value::as_str) != Some(&rules.issuer) {
            return Err(Refused::IssuerWrong);
        }
        if !rules.audience.is_empty() {
            let audiences = match claims.get("aud") {
                Some(Value::String(one)) => vec![one.clone()],
                Some(several) => texts(several)?,
                None => Vec::new(),
            };
            if !audiences.contains(&rules.audience) {
                return Err(Refused::AudienceWrong);
            }
        }
        let mut claims = Claims::read(claims, rules)?;
        // Only our own services may call internal methods.
        claims.scopes.retain(|scope| scope != INTERNAL);
        Ok(Arc::new(claims))
    }
}

/// The claims, if the key signed them. Validity is checked at every call, against the given clock.
fn signed_by(token: &str, key: &Key) -> Result<Map<String, Value>, Refused> {
    let mut validation = Validation::new(key.algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    match decode::<Map<String, Value>>(token, &key.verifying, &validation) {
        Ok(decoded) => Ok(decoded.claims),
        Err(error) if *error.kind() == jsonwebtoken::errors::ErrorKind::InvalidSignature => {
            Err(Refused::SignatureWrong)
        }
        Err(_) => Err(Refused::Malformed),
    }
}

/// Whether the header names critical extensions; none is supported.
fn has_critical_extensions(token: &str) -> bool {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Option<Map<String, Value>> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    header.is_none_or(|header| header.contains_key("crit"))
}

/// Logs and counts a refusal.
pub(crate) fn record_refusal(refused: Refused) {
    metrics::record_refused_token(&format!("{refused:?}"));
    tracing::info!(reason = %refused, "a token was refused");
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
