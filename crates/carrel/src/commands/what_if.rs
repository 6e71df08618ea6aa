//! `carrel what-if`: what somebody may ask for and would get, and which line decides.

use crate::{
    commands::table::{say, table},
    database,
    exit::{CONFIG, USAGE, failure, with_code},
    host::{self, Place},
};
use carrel_config::{ClusterKind, Installation, Settings};
use carrel_model::{Account, GroupName, UserName};
use carrel_sessions::{
    NewSession, WhatIf,
    ask::{parse_gpus, parse_placement},
    what_if::Field,
};
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
    /// The R they would ask for, by its folder.
    #[arg(long, value_name = "PATH")]
    r_version: Option<String>,
    /// The image they would ask for.
    #[arg(long)]
    image: Option<String>,
    /// GPUs they would ask for: 1 for one of NVIDIA, or amd:2.
    #[arg(long, value_name = "[KIND:]N", value_delimiter = ',')]
    gpus: Vec<String>,
    /// A label that their node would have to have. May be given more than once.
    #[arg(long, value_name = "LABEL:VALUE", value_delimiter = ',')]
    placement: Vec<String>,
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
        let (groups, account) = self.person(&settings)?;
        let wrong = |fault: String| failure(USAGE, fault);
        let asked = NewSession {
            ide: self.ide.unwrap_or_default(),
            resource_profile: self.resource_profile,
            cpus: self.cpus,
            memory_mb: self.memory_mb,
            r_version: self.r_version,
            image: self.image,
            gpus: parse_gpus(&self.gpus).map_err(wrong)?,
            placement: parse_placement(&self.placement).map_err(wrong)?,
            ..NewSession::default()
        };
        let answer = WhatIf::new(self.user.as_str(), &groups, account.as_ref(), &asked, &settings);
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

    /// Their groups, and their account in containers when they are a user and sessions run in some.
    fn person(&self, settings: &Settings) -> anyhow::Result<(Vec<String>, Option<Account>)> {
        let named = self.group.as_ref().map(|groups| groups.iter().map(ToString::to_string).collect());
        let (database, _) = database::of_files(&self.place, &self.place.data_dir())?;
        let is_missing =
            database.url.expose_secret().strip_prefix("sqlite:").is_some_and(|file| !Path::new(file).exists());
        let in_containers = settings.cluster.kind == ClusterKind::Kubernetes;
        if is_missing || (named.is_some() && !in_containers) {
            return Ok((named.unwrap_or_default(), None));
        }
        host::block_on(async {
            let store = self.place.store().await?;
            let Some(user) = store.user_by_name(&self.user).await? else {
                return Ok((named.unwrap_or_default(), None));
            };
            let groups = match named {
                Some(groups) => groups,
                None => store.groups_of(&user.id).await?,
            };
            let account = if in_containers { Some(store.account_of(&user, &settings.accounts).await?) } else { None };
            Ok((groups, account))
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
        let gpus: Vec<String> = size.gpus.iter().map(|(gpu, number)| format!("{number} {}", gpu.name())).collect();
        let memory = format!("{} MB", size.memory_mb);
        [size.id.clone(), size.cpus.to_string(), memory, gpus.join(", "), size.from.clone(), why]
    });
    table(["SIZE", "CPUS", "MEMORY", "GPUS", "FROM", ""], &sizes.collect::<Vec<_>>())?;
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
