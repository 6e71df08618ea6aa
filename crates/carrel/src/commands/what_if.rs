//! `carrel what-if`: what somebody may ask for and would get, and which line decides.

use crate::{
    commands::table::{say, table},
    database,
    exit::{CONFIG, failure, with_code},
    host::{self, Place},
};
use carrel_config::{Installation, Settings};
use carrel_model::{GroupName, UserName};
use carrel_sessions::{NewSession, WhatIf, what_if::Field};
use clap::Args;
use secrecy::ExposeSecret;
use std::path::Path;

/// Show what somebody may ask for and would get, and which line of which file decides. Ends with 1 when it would be
/// refused.
#[derive(Args)]
pub(crate) struct WhatIfCommand {
    /// Who; it need not be a user yet.
    #[arg(long, value_name = "NAME")]
    user: UserName,
    /// A group they belong to. Without any: those in the database, when there is one.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    group: Option<Vec<GroupName>>,
    /// The IDE they would ask for.
    #[arg(long, value_name = "ID")]
    ide: Option<String>,
    /// The size they would ask for.
    #[arg(long, value_name = "NAME")]
    resource_profile: Option<String>,
    /// CPUs they would ask for, over the size's.
    #[arg(long, value_name = "N")]
    cpus: Option<f64>,
    /// Memory in MiB they would ask for, over the size's.
    #[arg(long, value_name = "N")]
    memory_mb: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl WhatIfCommand {
    /// Works on the files alone; the server need not run.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let groups = self.groups()?;
        let asked = NewSession {
            ide: self.ide.unwrap_or_default(),
            resource_profile: self.resource_profile,
            cpus: self.cpus,
            memory_mb: self.memory_mb,
            ..NewSession::default()
        };
        let answer = WhatIf::new(self.user.as_str(), &groups, &asked, &settings);
        if self.json {
            say(serde_json::to_string_pretty(&answer)?)?;
        } else {
            show(&answer)?;
        }
        answer.refused.map_or(Ok(()), |why| Err(failure(1, format!("it would be refused: {why}"))))
    }

    /// What `carrel serve` without options would take from the files on this host.
    fn settings(&self) -> anyhow::Result<Settings> {
        let mut defaults = Settings::local(self.place.data_dir(), "carrel-agent".into(), host::sizes());
        defaults.capacity = Some(host::capacity());
        let installation =
            Installation::load(self.place.folders.lookup(), defaults, |_| {}).map_err(with_code(CONFIG))?;
        Ok(Settings::clone(&installation.settings().now()))
    }

    fn groups(&self) -> anyhow::Result<Vec<String>> {
        if let Some(groups) = &self.group {
            return Ok(groups.iter().map(ToString::to_string).collect());
        }
        let (database, _) = database::of_files(&self.place, &self.place.data_dir())?;
        if database.url.expose_secret().strip_prefix("sqlite:").is_some_and(|file| !Path::new(file).exists()) {
            return Ok(Vec::new());
        }
        host::block_on(async {
            let store = self.place.store().await?;
            match store.user_by_name(&self.user).await? {
                Some(user) => Ok(store.groups_of(&user.id).await?),
                None => Ok(Vec::new()),
            }
        })
    }
}

fn show(answer: &WhatIf) -> anyhow::Result<()> {
    let groups = if answer.groups.is_empty() { "no group".into() } else { answer.groups.join(", ") };
    say(format!("{} (in {groups})", answer.user))?;
    let row = |field: &Field| [field.name.clone(), shown(&field.value), field.from.clone()];
    if !answer.rights.is_empty() {
        say("\nWhat the files set:")?;
        table(["OPTION", "VALUE", "FROM"], &answer.rights.iter().map(row).collect::<Vec<_>>())?;
    }
    say("\nSizes:")?;
    let sizes = answer.sizes.iter().map(|size| {
        let why = size.refused.clone().unwrap_or_else(|| "can be had".into());
        [size.id.clone(), size.cpus.to_string(), format!("{} MB", size.memory_mb), size.from.clone(), why]
    });
    table(["SIZE", "CPUS", "MEMORY", "FROM", ""], &sizes.collect::<Vec<_>>())?;
    if !answer.spec.is_empty() {
        say("\nThe session:")?;
        table(["FIELD", "VALUE", "FROM"], &answer.spec.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// As it would stand in a file.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".into(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(words) => words.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
