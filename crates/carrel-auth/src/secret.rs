//! Secrets that let somebody in: of a sign-in, in a cookie; of an API token, in a header.
//!
//! Each is 32 random bytes, so that its plain SHA-256 is enough to keep: there is nothing to try out.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every token begins with, so that secret scanners and people know one.
pub const TOKEN_PREFIX: &str = "carrel_";
/// 32 bytes in base 64 without padding.
const CHARS: usize = 43;

/// The system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no secret can be made: {0}")]
pub struct NoRandomness(getrandom::Error);

/// A secret that was just made. It is shown to its owner and forgotten; the hash is kept.
#[derive(Debug)]
pub struct Secret {
    /// What the owner gets.
    pub text: SecretString,
    /// What is kept.
    pub hash: [u8; 32],
}

impl Secret {
    /// The secret of a new sign-in.
    pub fn of_sign_in() -> Result<Self, NoRandomness> {
        Self::with_prefix("")
    }

    /// The secret of a new token: `carrel_…`.
    pub fn of_token() -> Result<Self, NoRandomness> {
        Self::with_prefix(TOKEN_PREFIX)
    }

    fn with_prefix(prefix: &str) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        let text = format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self { hash: hash_of(&text), text: text.into() })
    }
}

/// What is kept of a secret.
pub fn hash_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The hash of the secret that a cookie holds; `None` when it cannot be one, which saves asking the store.
pub fn sign_in_hash(cookie: &str) -> Option<[u8; 32]> {
    looks_random(cookie).then(|| hash_of(cookie))
}

/// The hash of the token that a header holds; `None` when it cannot be one.
pub fn token_hash(token: &str) -> Option<[u8; 32]> {
    token.strip_prefix(TOKEN_PREFIX).is_some_and(looks_random).then(|| hash_of(token))
}

/// Whether `secret` is the one that `hash` was made of. Its time tells nothing of either.
pub fn matches(secret: &SecretString, hash: &[u8; 32]) -> bool {
    hash_of(secret.expose_secret()).ct_eq(hash).into()
}

fn looks_random(text: &str) -> bool {
    text.len() == CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_secret_is_found_again_by_its_hash() {
        let sign_in = Secret::of_sign_in().unwrap();
        assert_eq!(sign_in_hash(sign_in.text.expose_secret()), Some(sign_in.hash));
        let token = Secret::of_token().unwrap();
        assert_eq!(token_hash(token.text.expose_secret()), Some(token.hash));
        assert!(matches(&token.text, &token.hash) && !matches(&token.text, &sign_in.hash));
    }

    #[test]
    fn a_token_is_no_cookie_and_a_cookie_no_token() {
        let (sign_in, token) = (Secret::of_sign_in().unwrap(), Secret::of_token().unwrap());
        assert_eq!(token_hash(sign_in.text.expose_secret()), None);
        assert_eq!(sign_in_hash(token.text.expose_secret()), None);
        for text in ["", "carrel_", "carrel_abc", &"é".repeat(43), &"x".repeat(1 << 20)] {
            assert_eq!((sign_in_hash(text), token_hash(text)), (None, None));
        }
    }

    #[test]
    fn no_two_secrets_are_equal_and_none_is_printed() {
        let secrets: Vec<Secret> = (0..100).map(|_| Secret::of_token().unwrap()).collect();
        let texts: HashSet<&str> = secrets.iter().map(|secret| secret.text.expose_secret()).collect();
        assert_eq!(texts.len(), 100);
        assert!(!format!("{:?}", secrets[0].text).contains(TOKEN_PREFIX));
    }
}
