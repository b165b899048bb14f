//! Claims of a token, under the names its issuer uses.

use quittance_kernel::{Actor, TenantId};
use serde_json::{Map, Value};

use super::{Refused, TokenRules};

/// The scope of calls that services make to each other.
pub(super) const INTERNAL: &str = "internal";
/// The scope of callers that act for persons whom they name.
pub(crate) const ACT_FOR: &str = "act-for";

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The caller: the token's subject.
    pub actor: Actor,
    /// Expiry, in seconds since 1970.
    pub expires_at_s: i64,
    /// Start of validity, in seconds since 1970.
    pub not_before_s: Option<i64>,
    /// The tenants it may act for; `*` for all.
    pub tenants: Vec<String>,
    /// Its scopes; `*` for all but `internal` and `act-for`.
    pub scopes: Vec<String>,
}

impl Claims {
    /// Reads claims by the names in the rules. A list may be a JSON array or a text separated by blanks.
    pub(super) fn read(claims: &Map<String, Value>, rules: &TokenRules) -> Result<Self, Refused> {
        let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(Refused::ClaimMissing)?;
        let seconds = |name: &str| claims.get(name).map(|value| whole_seconds(value).ok_or(Refused::ClaimMalformed));
        let list = |name: &str| claims.get(name).map_or_else(|| Ok(Vec::new()), texts);
        Ok(Self {
            actor: Actor::parse(subject).map_err(|_| Refused::ClaimMalformed)?,
            expires_at_s: seconds("exp").ok_or(Refused::ClaimMissing)??,
            not_before_s: seconds("nbf").transpose()?,
            tenants: list(&rules.tenants_claim)?,
            scopes: list(&rules.scope_claim)?,
        })
    }

    /// Whether the token may act for a tenant.
    pub fn covers(&self, tenant: TenantId) -> bool {
        let tenant = tenant.to_string();
        self.tenants.iter().any(|named| named == "*" || *named == tenant)
    }

    /// Whether the token may call methods of a scope.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.iter().any(|named| named == scope || (named == "*" && scope != INTERNAL && scope != ACT_FOR))
    }
}

/// An instant of a token (RFC 7519, `NumericDate`): seconds since 1970, a fraction is cut off.
fn whole_seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.to_string().split('.').next()?.parse().ok())
}

/// An array of strings, or the words of one string.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, Refused> {
    match value {
        Value::String(text) => Ok(text.split_ascii_whitespace().map(str::to_owned).collect()),
        Value::Array(entries) => {
            entries.iter().map(|entry| entry.as_str().map(str::to_owned).ok_or(Refused::ClaimMalformed)).collect()
        }
        _ => Err(Refused::ClaimMalformed),
    }
}
