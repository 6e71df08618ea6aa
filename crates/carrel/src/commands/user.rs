//! `carrel user`: people who may sign in.

use crate::{
    commands::table::{relative, say, table},
    host::{self, Place},
};
use anyhow::{Context, bail};
use carrel_auth::password::{self, Chooser};
use carrel_model::{Account, Clock, GroupName, Role, User, UserId, UserName};
use carrel_store::{Groups, NewAccount, NewUser};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
};

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
    /// Their user id in containers. Without it: the lowest that was never given out, from `user-provisioning-start-uid` of
    /// rserver.conf on.
    #[arg(long, value_name = "N")]
    uid: Option<u32>,
    /// The id of their own group in containers. Without it: the user id, where no group has it.
    #[arg(long, value_name = "N")]
    gid: Option<u32>,
    /// Their home folder in containers. Without it: their name in the folder `user-homedir-path` of rserver.conf.
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
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
        if let Some(home) = self.home.as_ref().filter(|home| !home.is_absolute()) {
            bail!("--home {}: a path that begins with / is needed", home.display());
        }
        let rules = self.place.account_rules()?;
        let hash = self.password.hash_for(&self.name)?;
        let new = NewUser {
            display_name: self.display_name.unwrap_or_else(|| self.name.to_string()),
            name: self.name,
            role: self.role,
            password_hash: Some(hash),
            groups: self.group,
            account: NewAccount { rules, uid: self.uid, gid: self.gid, home: self.home },
        };
        let id = UserId::from_random(host::random()?);
        let user = store.user_add(&new, id, &host::actor(), Clock::System.now()).await?;
        say(format!("{} may sign in.", user.name))
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let (store, rules) = (self.place.store().await?, self.place.account_rules()?);
        let (users, mut accounts) = (store.users().await?, store.accounts(&rules).await?);
        let listed = users.into_iter().map(|user| Listed { account: accounts.remove(&user.id), user });
        let listed: Vec<Listed> = listed.collect();
        if self.json {
            return say(serde_json::to_string_pretty(&listed)?);
        }
        let now = Clock::System.now();
        table(
            ["NAME", "CALLED", "ROLE", "STATE", "UID", "HOME", "ADDED"],
            &listed.iter().map(|one| one.row(now)).collect::<Vec<_>>(),
        )
    }
}

/// A user, and the account that containers of their sessions run as; none for somebody who was added this moment.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    user: User,
    account: Option<Account>,
}

impl Listed {
    fn row(&self, now: Timestamp) -> [String; 7] {
        let Self { user, account } = self;
        let state = if user.locked_at.is_some() { "Locked" } else { "Enabled" };
        let (uid, home) = account
            .as_ref()
            .map_or_else(Default::default, |account| (account.uid.to_string(), account.home.display().to_string()));
        let (name, role) = (user.name.to_string(), user.role.as_str().to_owned());
        [name, user.display_name.clone(), role, state.into(), uid, home, relative(user.created_at, now)]
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
