//! `carrel token`: tokens for scripts and this command line.

use crate::{
    commands::table::{relative, say, table},
    host::{self, Place},
};
use anyhow::bail;
use carrel_auth::Secret;
use carrel_model::{Clock, TokenId, UserName};
use carrel_store::{NewToken, Scope};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

/// What can be done with tokens, on the server's host. In the browser: Settings, Tokens.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one and print it, this once.
    Create(Create),
    /// Show somebody's tokens, not their secrets.
    List(List),
    /// Take one back; it ends at once.
    Revoke(Revoke),
}

#[derive(Args)]
pub(crate) struct Create {
    /// Whose rights it has.
    #[arg(long)]
    user: UserName,
    /// What it is for.
    #[arg(long)]
    name: String,
    /// May look, and change nothing.
    #[arg(long)]
    read_only: bool,
    /// Ends after this many days; 0 for never.
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    expires_in: u16,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct List {
    /// Whose.
    #[arg(long)]
    user: UserName,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Revoke {
    /// Whose.
    #[arg(long)]
    user: UserName,
    /// The token's id.
    token: TokenId,
    #[command(flatten)]
    place: Place,
}

impl TokenCommand {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        host::block_on(async {
            match self {
                Self::Create(create) => create.run().await,
                Self::List(list) => list.run().await,
                Self::Revoke(revoke) => revoke.run().await,
            }
        })
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.user).await?;
        let now = Clock::System.now();
        let secret = Secret::of_token()?;
        let new = NewToken {
            id: TokenId::from_random(host::random()?),
            user: user.id,
            name: self.name,
            secret_hash: secret.hash,
            scope: if self.read_only { Scope::Read } else { Scope::Full },
            expires_at: days_from(now, self.expires_in),
        };
        store.token_add(&new, &host::actor(), now).await?;
        say(secret.text.expose_secret())
    }
}

fn days_from(now: Timestamp, days: u16) -> Option<Timestamp> {
    (days > 0).then(|| now + SignedDuration::from_hours(24 * i64::from(days)))
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.user).await?;
        let now = Clock::System.now();
        let told = |at: Option<Timestamp>| at.map_or_else(|| "never".into(), |at| relative(at, now));
        let row = |t: &carrel_store::Token| {
            let scope = if t.scope == Scope::Read { "read" } else { "full" };
            [t.id.to_string(), t.name.clone(), scope.into(), told(t.last_used_at), told(t.expires_at)]
        };
        let tokens = store.tokens_of(&user.id).await?;
        table(["ID", "NAME", "MAY", "LAST USED", "ENDS"], &tokens.iter().map(row).collect::<Vec<_>>())
    }
}

impl Revoke {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.user).await?;
        if !store.token_revoke(&user.id, &self.token, &host::actor(), Clock::System.now()).await? {
            bail!(
                "{} has no token {}; `carrel token list --user {}` shows which there are",
                user.name,
                self.token,
                user.name
            );
        }
        say("The token has ended.")
    }
}
