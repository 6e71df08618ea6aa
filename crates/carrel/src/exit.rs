//! How the program ends: one line for people, a code of `sysexits.h` for scripts.

use std::{fmt, process::ExitCode};

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

/// The command line asks for what cannot be (`EX_USAGE`).
pub(crate) const USAGE: u8 = 64;
/// Something the program needs is not there: a port, a database (`EX_UNAVAILABLE`).
pub(crate) const UNAVAILABLE: u8 = 69;
/// A file cannot be made (`EX_CANTCREAT`).
pub(crate) const CANNOT_CREATE: u8 = 73;
/// The account is not allowed (`EX_NOPERM`).
pub(crate) const NO_PERMISSION: u8 = 77;
/// The configuration is wrong (`EX_CONFIG`).
pub(crate) const CONFIG: u8 = 78;

/// A failure with its code and a sentence that says what is wrong and what to do.
pub(crate) fn failure(code: u8, message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Failure { code, message: message.into() })
}

/// Gives an error that says all that is needed the code to exit with: `map_err(with_code(UNAVAILABLE))`.
pub(crate) fn with_code<E: fmt::Display>(code: u8) -> impl Fn(E) -> anyhow::Error {
    move |error| failure(code, error.to_string())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Writes the error, with its causes, to standard error and answers the exit code.
pub(crate) fn report(done: anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    #[expect(clippy::print_stderr, reason = "the one place where the command line reports its errors")]
    {
        eprintln!("carrel: {error:#}");
    }
    ExitCode::from(error.downcast_ref::<Failure>().map_or(1, |failure| failure.code))
}
