//! Passwords: what they must be, how they are kept, whether one is right.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use carrel_model::UserName;
use secrecy::{ExposeSecret, SecretString};
use std::sync::OnceLock;

/// The shortest password, in characters (NIST SP 800-63B).
pub const SHORTEST: usize = 8;
/// The longest password, in bytes: more is no password but work for the server.
pub const LONGEST: usize = 1024;

/// Why a password is not taken, in a sentence for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Easy to try out.
    #[error("the password is too short: at least {SHORTEST} characters are needed")]
    TooShort,
    /// Beyond all use.
    #[error("the password is too long: at most {LONGEST} bytes are allowed")]
    TooLong,
    /// The first that is tried.
    #[error("the password may not be the user name")]
    UserName,
}

/// No password could be hashed: the system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(String);

/// Who chooses a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooser {
    /// A person.
    Person,
    /// Whoever sets up a test user (`rstudio`, whose password everybody knows): only the upper bound holds.
    TestUser,
}

/// Whether `password` may be the password of `user`.
pub fn check(password: &SecretString, user: &UserName, chooser: Chooser) -> Result<(), Unfit> {
    let password = password.expose_secret();
    let by_person = chooser == Chooser::Person;
    if password.len() > LONGEST {
        Err(Unfit::TooLong)
    } else if by_person && password.chars().count() < SHORTEST {
        Err(Unfit::TooShort)
    } else if by_person && password.to_lowercase() == user.as_str() {
        Err(Unfit::UserName)
    } else {
        Ok(())
    }
}

/// The hash of a password, as it is kept: argon2id with its salt and costs, in the PHC string format.
pub fn hash(password: &SecretString) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
}

/// Whether `password` is the one that `hash` was made of. Without a hash (no such user, or one without a password) it
/// is wrong, after the same work: the time tells nobody which user names exist.
pub fn verify(password: &SecretString, hash: Option<&str>) -> bool {
    let password = password.expose_secret().as_bytes();
    let fits = password.len() <= LONGEST;
    let password = if fits { password } else { b"" };
    let right = match hash.or_else(nobodys) {
        Some(hash) => Argon2::default().verify_password(password, hash).is_ok(),
        None => false,
    };
    right && fits && hash.is_some()
}

/// A hash of no known password, with the costs of all others.
fn nobodys<'a>() -> Option<&'a str> {
    static NOBODYS: OnceLock<Option<String>> = OnceLock::new();
    NOBODYS.get_or_init(|| self::hash(&SecretString::from("nobody's")).ok()).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike,
    };

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn the_right_password_is_right_and_all_others_are_wrong() {
        let hash = hash(&secret("correct horse")).unwrap();
        assert!(verify(&secret("correct horse"), Some(&hash)));
        for wrong in ["", "Correct horse", "correct horse ", "correct horse\0", "nobody's"] {
            assert!(!verify(&secret(wrong), Some(&hash)), "{wrong:?}");
            assert!(!verify(&secret(wrong), None), "{wrong:?}");
        }
        assert!(!verify(&secret("correct horse"), Some("no hash")));
    }

    #[test]
    fn a_megabyte_is_wrong_even_for_an_empty_password() {
        let hash = hash(&secret("")).unwrap();
        assert!(!verify(&secret(&"x".repeat(1 << 20)), Some(&hash)));
    }

    #[test]
    fn a_hash_holds_its_own_salt_and_not_the_password() {
        let hashes = [hash(&secret("correct horse")).unwrap(), hash(&secret("correct horse")).unwrap()];
        assert_ne!(hashes[0], hashes[1]);
        assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")));
        assert!(hashes.iter().all(|hash| !hash.contains("horse")));
    }

    #[test]
    fn an_unknown_user_takes_as_long_as_a_wrong_password() {
        let hash = hash(&secret("correct horse")).unwrap();
        verify(&secret("warm up"), None);
        // Of a processor, which a busy machine adds little to; the shortest of several, in turns, so that whatever slows
        // the machine down for a while slows down both.
        let worked = || {
            let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
            (usage.user_time() + usage.system_time()).num_microseconds()
        };
        let time = |hash: Option<&str>| {
            let began = worked();
            verify(&secret("wrong horse"), hash);
            worked() - began
        };
        let (known, unknown) = (0..15)
            .fold((i64::MAX, i64::MAX), |(known, unknown), _| (known.min(time(Some(&hash))), unknown.min(time(None))));
        assert!(unknown < 2 * known && known < 2 * unknown, "known {known} µs, unknown {unknown} µs");
    }

    #[test]
    fn short_passwords_are_for_the_test_user_only() {
        let user = "rstudio".parse().unwrap();
        let check = |password: &str, chooser| check(&secret(password), &user, chooser);
        assert_eq!(check("rstudio", Chooser::TestUser), Ok(()));
        assert_eq!(check("rstudio", Chooser::Person), Err(Unfit::TooShort));
        assert_eq!(check("éééééééé", Chooser::Person), Ok(()));
        assert_eq!(check(&"x".repeat(LONGEST + 1), Chooser::TestUser), Err(Unfit::TooLong));
        let user = "ada.byron".parse().unwrap();
        assert_eq!(super::check(&secret("Ada.Byron"), &user, Chooser::Person), Err(Unfit::UserName));
        assert_eq!(Unfit::TooShort.to_string(), "the password is too short: at least 8 characters are needed");
    }
}
