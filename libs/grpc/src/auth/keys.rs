//! The keys that verify tokens.

use std::path::Path;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet, KeyOperations, PublicKeyUse},
};

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadKeys {
    /// The file cannot be read.
    #[error("the key set {file} cannot be read: {source}")]
    File {
        /// The file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The address cannot be fetched.
    #[error("the key set {address} cannot be fetched: {why}")]
    Address {
        /// The address.
        address: String,
        /// The reason.
        why: String,
    },
    /// The content is not a usable key set.
    #[error("the key set {0} is not a JSON Web Key Set with a usable key for signatures")]
    Content(String),
    /// A token could not be signed.
    #[error("signing a token: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// A key that verifies signatures.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) verifying: DecodingKey,
    /// Whether it is our own services' key: only those sign the scope `internal`.
    pub(super) is_service: bool,
}

/// Keys that verify signatures.
#[derive(Clone, Default)]
pub struct KeySet {
    pub(super) keys: Vec<Key>,
    /// The source of the key set.
    pub(super) text: String,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517) from a file. Keys for encryption and of unsupported kinds are skipped.
    pub fn from_file(file: &Path) -> Result<Self, BadKeys> {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, &name),
            Err(source) => Err(BadKeys::File { file: name, source }),
        }
    }

    /// Reads a JSON Web Key Set. `name` is its source, for errors.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self, BadKeys> {
        let set: JwkSet = serde_json::from_str(text).map_err(|_| BadKeys::Content(name.to_owned()))?;
        let keys: Vec<Key> = set.keys.iter().filter_map(read).collect();
        if keys.is_empty() { Err(BadKeys::Content(name.to_owned())) } else { Ok(Self { keys, text: text.to_owned() }) }
    }
}

fn read(jwk: &Jwk) -> Option<Key> {
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    if !signs {
        return None;
    }
    let algorithm = match (&common.key_algorithm, &jwk.algorithm) {
        (Some(named), _) => named.to_string().parse().ok()?,
        (None, AlgorithmParameters::OctetKey(_)) => Algorithm::HS256,
        (None, AlgorithmParameters::RSA(_)) => Algorithm::RS256,
        (None, AlgorithmParameters::EllipticCurve(_)) => Algorithm::ES256,
        (None, AlgorithmParameters::OctetKeyPair(_)) => Algorithm::EdDSA,
        (None, _) => return None,
    };
    let verifying = DecodingKey::from_jwk(jwk).ok()?;
    Some(Key { id: common.key_id.clone(), algorithm, verifying, is_service: false })
}
