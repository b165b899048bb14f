use chrono::Duration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use quittance_kernel::TenantId;
use serde_json::json;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn now() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Accepts tokens signed with the secret as a caller's.
fn verifier(rules: TokenRules) -> Verifier {
    let verifier = Verifier::new(rules, None);
    verifier.replace_keys(KeySet::parse(&Tokens::new(SECRET).key_set(), "test").unwrap());
    verifier
}

fn token(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

#[test]
fn a_token_is_accepted_until_it_ends_and_only_with_its_key() {
    let tokens = Tokens::new(SECRET);
    let token = tokens.sign("ann", &["*"], "invoices.read", now(), Duration::minutes(5)).unwrap();
    let verifier = tokens.verifier();
    assert_eq!(verifier.verify(&token, now()).unwrap().actor.name(), "ann");
    assert_eq!(verifier.verify(&token, now() + Duration::minutes(6)), Err(Refused::Expired));
    let other = Tokens::new("another secret of thirty-two byte");
    assert_eq!(other.verifier().verify(&token, now()), Err(Refused::SignatureWrong));
    assert!(other.and_accept(SECRET).verifier().verify(&token, now()).is_ok());
    assert_eq!(verifier.verify("not.a.token", now()), Err(Refused::Malformed));
}

#[test]
fn time_issuer_and_audience_are_checked_with_a_leeway() {
    let rules = TokenRules { issuer: "idp".to_owned(), audience: "quittance".to_owned(), ..TokenRules::default() };
    let verifier = verifier(rules);
    let seconds = now().timestamp();
    let claims = |changed: &Value| {
        let mut all =
            json!({"sub": "ann", "exp": seconds + 60, "nbf": seconds, "iss": "idp", "aud": ["x", "quittance"]});
        all.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        token(&all)
    };
    for (changed, refused) in [
        (json!({}), None),
        (json!({"aud": "quittance"}), None),
        (json!({"nbf": seconds + 29}), None),
        (json!({"exp": seconds - 29}), None),
        (json!({"exp": f64::from(1_800_000_000) + 0.5}), None),
        (json!({"nbf": seconds + 31}), Some(Refused::NotYetValid)),
        (json!({"exp": seconds - 30}), Some(Refused::Expired)),
        (json!({"iss": "other"}), Some(Refused::IssuerWrong)),
        (json!({"iss": null}), Some(Refused::IssuerWrong)),
        (json!({"aud": "other"}), Some(Refused::AudienceWrong)),
        (json!({"aud": ["x"]}), Some(Refused::AudienceWrong)),
        (json!({"sub": ""}), Some(Refused::ClaimMissing)),
        (json!({"exp": "soon"}), Some(Refused::ClaimMalformed)),
        (json!({"tenants": 5}), Some(Refused::ClaimMalformed)),
    ] {
        assert_eq!(verifier.verify(&claims(&changed), now()).err(), refused, "{changed}");
    }
}

#[test]
fn claims_may_have_other_names_and_forms() {
    let tenant = TenantId::at(now());
    let rules = TokenRules { scope_claim: "scp".to_owned(), tenants_claim: "org".to_owned(), ..TokenRules::default() };
    let verifier = verifier(rules);
    for scopes in [json!("a b"), json!(["a", "b"])] {
        for tenants in [json!(tenant.to_string()), json!([tenant.to_string()])] {
            let token = token(&json!({"sub": "ann", "exp": 4_000_000_000_i64, "scp": scopes, "org": tenants}));
            let claims = verifier.verify(&token, now()).unwrap();
            assert!(claims.allows("a") && claims.allows("b") && !claims.allows("c") && claims.covers(tenant));
        }
    }
}

#[test]
fn internal_is_never_implied_and_never_a_callers() {
    let claims = json!({"sub": "ann", "exp": 4_000_000_000_i64, "scope": "* internal"});
    let caller = verifier(TokenRules::default()).verify(&token(&claims), now()).unwrap();
    assert!(caller.allows("invoices.write") && !caller.allows("internal"));
    let service = Tokens::new(SECRET).verifier().verify(&token(&claims), now()).unwrap();
    assert!(service.allows("internal"));
    assert!(!service.covers(TenantId::at(now())));
}

#[test]
fn keys_for_encryption_and_critical_headers_are_refused() {
    for unusable in [r#""use":"enc","#, r#""key_ops":["encrypt"],"#] {
        let set = Tokens::new(SECRET).key_set().replace("\"kty\"", &format!("{unusable}\"kty\""));
        assert!(matches!(KeySet::parse(&set, "test"), Err(BadKeys::Content(_))), "{set}");
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","crit":["exp"]}"#);
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"ann","exp":4000000000}"#);
    let signature = jsonwebtoken::crypto::sign(
        format!("{header}.{claims}").as_bytes(),
        &EncodingKey::from_secret(SECRET.as_bytes()),
        Algorithm::HS256,
    );
    let token = format!("{header}.{claims}.{}", signature.unwrap());
    assert_eq!(verifier(TokenRules::default()).verify(&token, now()), Err(Refused::CriticalHeader));
}

#[test]
fn keys_are_replaced_while_tokens_are_verified() {
    let verifier = verifier(TokenRules::default());
    let token = token(&json!({"sub": "ann", "exp": 4_000_000_000_i64}));
    assert!(verifier.verify(&token, now()).is_ok());
    verifier.replace_keys(KeySet::parse(&Tokens::new("another secret of thirty-two byte").key_set(), "test").unwrap());
    assert_eq!(verifier.verify(&token, now()), Err(Refused::SignatureWrong), "a token of a key that is gone");
}

use super::super::BadKeys;
