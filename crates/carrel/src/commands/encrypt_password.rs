//! `carrel config encrypt-password`: a database password that may stand in a file.

use crate::{
    commands::{config::Folders, table::say, user},
    exit::{CONFIG, with_code},
};
use anyhow::{Context, bail};
use carrel_config::{
    Configuration,
    sealed::{NONCE, SealKey},
};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, IsTerminal};

/// Encrypt a password for database.conf with the secure-cookie-key.
///
/// Asks for the password, or reads the first line of standard input, and prints what to write behind `password=`. Whoever
/// has both the file and the key can decrypt it: keep the key where copies and backups of database.conf do not go.
///
/// The form is Carrel's own (`carrel:1:…`, AES-256-GCM). What other programs encrypted with the same key is not read:
/// encrypt those passwords again.
#[derive(Args)]
pub(crate) struct EncryptPassword {
    #[command(flatten)]
    folders: Folders,
}

impl EncryptPassword {
    /// Prints the encrypted password.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        // The key first: nobody is to type a password in vain.
        let key = SealKey::of(&Configuration::load(&self.folders.lookup())).map_err(with_code(CONFIG))?;
        let password = read()?;
        if password.expose_secret().is_empty() {
            bail!("the password is empty");
        }
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
        say(key.seal(&password, nonce)?)
    }
}

fn read() -> anyhow::Result<SecretString> {
    if !io::stdin().is_terminal() {
        return user::first_line().map(SecretString::from);
    }
    let first = rpassword::prompt_password("Password: ").context("the terminal cannot be read")?;
    if rpassword::prompt_password("Once more: ").context("the terminal cannot be read")? != first {
        bail!("the two are not the same");
    }
    Ok(first.into())
}
