//! `carrel user`: people who may sign in.

use crate::{
    commands::table::{relative, say, table},
    host::{self, Place},
};
use anyhow::{Context, bail};
use carrel_auth::password::{self, Chooser};
use carrel_model::{Clock, GroupName, Role, UserId, UserName};
use carrel_store::{Groups, NewUser};
use clap::{Args, Subcommand};
use secrecy::SecretString;
use std::io::{self, BufRead, IsTerminal};

/// What can be done with people.
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Let somebody sign in.
    Add(Add),
    /// Show who may sign in.
    List(List),
    /// Refuse somebody: their sign-ins and tokens end at once, their sessions go on.
    Lock(Named),
    /// Let somebody sign in again.
    Unlock(Named),
    /// Set somebody's password; their sign-ins end.
    Passwd(Passwd),
    /// Show or change the groups of somebody; the profiles files say what each group may.
    Groups(GroupsOf),
}

#[derive(Args)]
pub(crate) struct Add {
    /// What they sign in with.
    name: UserName,
    /// What pages call them.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// What they may: user, administrator or superuser.
    #[arg(long, default_value = "user")]
    role: Role,
    /// A group they belong to, as in `[@group]` of the profiles files. May be given more than once.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    group: Vec<GroupName>,
    /// Add a second person although all sessions run as the account of the server, so that each could read the
    /// files of the others.
    #[arg(long)]
    shared_account: bool,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct List {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Named {
    /// Who.
    name: UserName,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Passwd {
    /// Whose.
    name: UserName,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct GroupsOf {
    /// Whose.
    name: UserName,
    #[command(flatten)]
    change: GroupsChange,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[group(multiple = false)]
struct GroupsChange {
    /// These and no others; nothing for none.
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', num_args = 0..)]
    set: Option<Vec<GroupName>>,
    /// These too.
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', num_args = 1..)]
    add: Option<Vec<GroupName>>,
    /// These no longer.
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', num_args = 1..)]
    remove: Option<Vec<GroupName>>,
}

#[derive(Args)]
struct Password {
    /// Read the password from the first line of standard input instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
    /// Take a password that is easy to guess, for a test user.
    #[arg(long)]
    weak_password: bool,
}

impl Password {
    /// Reads it, and answers what is kept of it.
    fn hash_for(&self, user: &UserName) -> anyhow::Result<String> {
        let password = self.read()?;
        let chooser = if self.weak_password { Chooser::TestUser } else { Chooser::Person };
        password::check(&password, user, chooser)?;
        Ok(password::hash(&password)?)
    }

    fn read(&self) -> anyhow::Result<SecretString> {
        let password = if self.password_stdin {
            first_line()?
        } else if io::stdin().is_terminal() {
            let first = rpassword::prompt_password("Password: ")?;
            if rpassword::prompt_password("The same again: ")? != first {
                bail!("the two passwords differ; nothing was changed");
            }
            first
        } else {
            bail!("there is no terminal to ask for the password; give it with --password-stdin");
        };
        Ok(password.into())
    }
}

/// The first line of standard input.
pub(crate) fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("the password could not be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl UserCommand {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        host::block_on(async {
            match self {
                Self::Add(add) => add.run().await,
                Self::List(list) => list.run().await,
                Self::Lock(named) => named.set_locked(true).await,
                Self::Unlock(named) => named.set_locked(false).await,
                Self::Passwd(passwd) => passwd.run().await,
                Self::Groups(groups) => groups.run().await,
            }
        })
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let others = store.users().await?.into_iter().filter(|u| u.name != self.name).count();
        if others > 0 && !self.shared_account {
            bail!(
                "there is a user already, and on this host all sessions run as the account of the server: each could \
                 read the files of the others. Add --shared-account if that is what you want; several people with \
                 accounts of their own need Kubernetes"
            );
        }
        let hash = self.password.hash_for(&self.name)?;
        let new = NewUser {
            display_name: self.display_name.unwrap_or_else(|| self.name.to_string()),
            name: self.name,
            role: self.role,
            password_hash: Some(hash),
            groups: self.group,
        };
        let id = UserId::from_random(host::random()?);
        let user = store.user_add(&new, id, &host::actor(), Clock::System.now()).await?;
        say(format!("{} may sign in.", user.name))
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let users = self.place.store().await?.users().await?;
        if self.json {
            return say(serde_json::to_string_pretty(&users)?);
        }
        let now = Clock::System.now();
        let state = |locked| if locked { "Locked" } else { "Enabled" }.to_owned();
        let row = |u: &carrel_model::User| {
            let since = relative(u.created_at, now);
            [u.name.to_string(), u.display_name.clone(), u.role.as_str().into(), state(u.locked_at.is_some()), since]
        };
        table(["NAME", "CALLED", "ROLE", "STATE", "ADDED"], &users.iter().map(row).collect::<Vec<_>>())
    }
}

impl Named {
    async fn set_locked(self, locked: bool) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.name).await?;
        store.set_locked(&user.id, locked, &host::actor(), Clock::System.now()).await?;
        say(if locked {
            format!("{} is locked: their sign-ins and tokens have ended, their sessions go on.", user.name)
        } else {
            format!("{} may sign in again.", user.name)
        })
    }
}

impl GroupsChange {
    fn asked(self) -> Option<Groups> {
        let Self { set, add, remove } = self;
        set.map(Groups::Set).or_else(|| add.map(Groups::Add)).or_else(|| remove.map(Groups::Remove))
    }
}

impl GroupsOf {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.name).await?;
        let groups = match self.change.asked() {
            Some(groups) => store.change_groups(&user.id, &groups, &host::actor(), Clock::System.now()).await?,
            None => store.groups_of(&user.id).await?,
        };
        if self.json {
            return say(serde_json::to_string_pretty(&groups)?);
        }
        say(if groups.is_empty() {
            format!("{} is in no group.", user.name)
        } else {
            format!("{} is in {}.", user.name, groups.join(", "))
        })
    }
}

impl Passwd {
    async fn run(self) -> anyhow::Result<()> {
        let store = self.place.store().await?;
        let user = host::user(&store, &self.name).await?;
        let hash = self.password.hash_for(&self.name)?;
        store.set_password(&user.id, &hash, &host::actor(), Clock::System.now()).await?;
        say(format!("The password of {} is set, and their sign-ins have ended.", user.name))
    }
}
