//! Passwords that stand in a file encrypted.
//!
//! Sealed text is `carrel:1:` and base64 of a nonce and of the password under AES-256-GCM, whose key comes by HKDF from the
//! text of the secure-cookie-key. It keeps a password out of copies and backups of one file; whoever reads both files has
//! it. What the original's `encrypt-password` writes is another, unpublished form, and is not read.

use crate::Configuration;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroize};
use std::{fmt, fs, path::Path};

/// How sealed text begins: what it is, and the version of its form.
const MARK: &str = "carrel:1:";
/// The file with the key.
const KEY_FILE: &str = "secure-cookie-key";

/// How many random bytes [`SealKey::seal`] takes.
pub const NONCE: usize = NONCE_LEN;

/// What seals and opens: made from the secure-cookie-key.
pub struct SealKey(LessSafeKey);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// Why there is no key, or why a text was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealError {
    /// No folder has the file.
    NoKey,
    /// The file of the key cannot be read.
    Unreadable(String),
    /// The file of the key holds nothing.
    Empty(String),
    /// Another key sealed it, or it was changed.
    WrongKey,
    /// The password is longer than any.
    TooLong,
}

impl std::error::Error for SealError {}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "there is no secure-cookie-key: put the file into a folder of the configuration, or name it by \
                 secure-cookie-key-file in rserver.conf",
            ),
            Self::Unreadable(why) => write!(f, "the key cannot be read: {why}"),
            Self::Empty(path) => write!(f, "the key {path} is empty: put a long random text into it (`uuidgen`)"),
            Self::WrongKey => f.write_str(
                "it was encrypted with another secure-cookie-key, or changed since: encrypt the password again with \
                 `carrel config encrypt-password`",
            ),
            Self::TooLong => f.write_str("the password is too long"),
        }
    }
}

/// Whether a text is sealed.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Whether a text looks like what other programs make of a password: base64 of many bytes. A long random password may
/// look so, too.
pub(crate) fn looks_encrypted(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|bytes| bytes.len() >= 32 && bytes.len().is_multiple_of(16))
}

/// The text of the secure-cookie-key of an installation: of the file that `secure-cookie-key-file` names, else of the one
/// in the folders. All replicas have the same; other keys are made from it.
pub fn secure_cookie_key(files: &Configuration) -> Result<SecretString, SealError> {
    let found = files.files().iter().find(|found| found.file.name == KEY_FILE);
    read(&found.ok_or(SealError::NoKey)?.path)
}

fn read(path: &Path) -> Result<SecretString, SealError> {
    let shown = path.display();
    let mut text = fs::read_to_string(path).map_err(|error| SealError::Unreadable(format!("{shown}: {error}")))?;
    let key = Some(text.trim()).filter(|key| !key.is_empty()).map(SecretString::from);
    text.zeroize();
    key.ok_or_else(|| SealError::Empty(shown.to_string()))
}

impl SealKey {
    /// The key of an installation, made from its [`secure_cookie_key`].
    pub fn of(files: &Configuration) -> Result<Self, SealError> {
        Self::from_text(secure_cookie_key(files)?.expose_secret()).ok_or(SealError::NoKey)
    }

    fn from_text(text: &str) -> Option<Self> {
        let secret = Salt::new(HKDF_SHA256, b"carrel encrypt-password").extract(text.as_bytes());
        let key = UnboundKey::from(secret.expand(&[MARK.as_bytes()], &AES_256_GCM).ok()?);
        Some(Self(LessSafeKey::new(key)))
    }

    /// Encrypts a password for a file. `nonce` is random, and never used again.
    pub fn seal(&self, password: &SecretString, nonce: [u8; NONCE]) -> Result<String, SealError> {
        let mut bytes = password.expose_secret().as_bytes().to_vec();
        let sealed = self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(MARK), &mut bytes);
        sealed.map_err(|_| SealError::TooLong)?;
        Ok(format!("{MARK}{}", STANDARD.encode([nonce.as_slice(), &bytes].concat())))
    }

    /// Decrypts what [`SealKey::seal`] made.
    pub fn open(&self, text: &str) -> Result<SecretString, SealError> {
        let decoded = text.strip_prefix(MARK).and_then(|rest| STANDARD.decode(rest.trim()).ok());
        let bytes = decoded.ok_or(SealError::WrongKey)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or(SealError::WrongKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::WrongKey)?;
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(MARK), &mut sealed).map_err(|_| SealError::WrongKey)?;
        let password = std::str::from_utf8(opened).map(SecretString::from).map_err(|_| SealError::WrongKey);
        sealed.zeroize();
        password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_key_sealed_no_other_opens() {
        let [ours, another] = ["6a1f4d9c-key", "6a1f4d9c-kez"].map(|text| SealKey::from_text(text).unwrap());
        let sealed = ours.seal(&"hunter2 ü".into(), [7; NONCE]).unwrap();
        assert!(is_sealed(&sealed) && !sealed.contains("hunter2"), "{sealed}");
        assert_eq!(ours.open(&sealed).unwrap().expose_secret(), "hunter2 ü");
        assert_eq!(another.open(&sealed).unwrap_err(), SealError::WrongKey);
        let mut changed = sealed.clone();
        changed.replace_range(20..21, if &changed[20..21] == "A" { "B" } else { "A" });
        for text in [changed.as_str(), MARK, "carrel:1:AAAA", "carrel:1:?", "hunter2"] {
            assert_eq!(ours.open(text).unwrap_err(), SealError::WrongKey, "{text}");
        }
    }

    #[test]
    fn sealed_text_stays_readable_for_later_releases() {
        let sealed = "carrel:1:AQEBAQEBAQEBAQEB";
        let key = SealKey::from_text("0f5a1c1e-6f0e-4c6c-9a39-6f8a2f3b9d11").unwrap();
        let now = key.seal(&"right".into(), [1; NONCE]).unwrap();
        assert!(now.starts_with(sealed), "{now}");
        assert_eq!(key.open(&now).unwrap().expose_secret(), "right");
    }

    #[test]
    fn another_programs_ciphertext_is_told_from_a_password() {
        assert!(looks_encrypted("3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs="));
        for password in ["hunter2", "correct horse battery staple", "c2VjcmV0"] {
            assert!(!looks_encrypted(password), "{password}");
        }
    }
}
