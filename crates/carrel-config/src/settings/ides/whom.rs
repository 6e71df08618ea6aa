//! `launcher-env` and `launcher-mounts`: blocks, each for some sessions.

use super::{IdeSettings, expand, of_the_account};
use crate::{At, Configuration, configuration::Setting, value::Value};

/// The sessions that a block is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForWhom {
    jobs: Vec<String>,
    workbenches: Vec<String>,
    cluster: String,
    user: String,
}

/// A block of `launcher-env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// The sessions that get them.
    pub whom: ForWhom,
    /// Names and values, in the order of the file; variables of the account are as the agent fills them in, and `{path}`
    /// is the value that the name `PATH` had before.
    pub variables: Vec<(String, String)>,
}

/// A block of `launcher-mounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it stands.
    pub at: At,
    /// The sessions that get it.
    pub whom: ForWhom,
    /// `Host`, `NFS`, `KubernetesPersistentVolumeClaim` …
    pub kind: String,
    /// Where sessions see it.
    pub mount_path: String,
    /// Where it is on its host.
    pub path: String,
    /// The host that has it.
    pub host: String,
    /// The claim that has it.
    pub claim: String,
    /// The folder of the claim.
    pub sub_path: String,
    /// Whether sessions may not write there.
    pub read_only: bool,
}

impl ForWhom {
    /// Whether a session of this IDE, on this cluster, of this user, is one of them.
    pub fn holds_for(&self, ide: &str, cluster: &str, user: &str) -> bool {
        let any = |words: &[String], wanted: &[&str]| {
            words.is_empty() || words.iter().any(|word| word == "any" || wanted.contains(&word.as_str()))
        };
        let workbenches: &[&str] = match ide {
            "jupyterlab" => &["jupyterlab", "jupyter"],
            "notebook" => &["jupyter notebook", "jupyter"],
            other => &[other],
        };
        let is = |wanted: &str, is: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(is);
        any(&self.jobs, &["session"])
            && any(&self.workbenches, workbenches)
            && is(&self.cluster, cluster)
            && (self.user.is_empty() || self.user == user)
    }
}

impl Mount {
    /// The same with `${USER}` and `$USER` filled in.
    #[must_use]
    pub fn of_user(&self, user: &str) -> Self {
        let fill = |text: &String| expand(text, &[("USER", user)]);
        Self {
            mount_path: fill(&self.mount_path),
            path: fill(&self.path),
            host: fill(&self.host),
            claim: fill(&self.claim),
            sub_path: fill(&self.sub_path),
            ..self.clone()
        }
    }
}

pub(super) fn apply(ides: &mut IdeSettings, files: &Configuration) {
    ides.variables = blocks(files, "launcher-env").iter().map(Block::variables).collect();
    ides.mounts = blocks(files, "launcher-mounts").iter().filter_map(Block::mount).collect();
}

/// The fields of one block.
struct Block<'a>(Vec<&'a Setting>);

fn blocks<'a>(files: &'a Configuration, file: &str) -> Vec<Block<'a>> {
    let settings: Vec<&Setting> = files.settings().iter().filter(|set| set.file.name == file).collect();
    settings.chunk_by(|a, b| a.section == b.section).map(|block| Block(block.to_vec())).collect()
}

impl Block<'_> {
    fn value(&self, key: &str) -> Option<&Value> {
        self.0.iter().rfind(|set| set.key == key).map(|set| &set.value)
    }

    fn text(&self, key: &str) -> String {
        self.value(key).map(ToString::to_string).unwrap_or_default()
    }

    fn list(&self, key: &str) -> Vec<String> {
        if let Some(Value::List(words)) = self.value(key) { words.clone() } else { Vec::new() }
    }

    fn whom(&self) -> ForWhom {
        ForWhom {
            jobs: self.list("JobType"),
            workbenches: self.list("Workbench"),
            cluster: self.text("Cluster"),
            user: self.text("User"),
        }
    }

    fn variables(&self) -> Variables {
        let pair = |line: &String| {
            let (name, value) = line.split_once('=')?;
            let value = expand(&of_the_account(value.trim()), &[("PATH", "{path}")]);
            Some((name.trim().to_owned(), value))
        };
        Variables { whom: self.whom(), variables: self.list("Environment").iter().filter_map(pair).collect() }
    }

    fn mount(&self) -> Option<Mount> {
        Some(Mount {
            at: self.0.first()?.at.clone(),
            whom: self.whom(),
            kind: self.text("MountType"),
            mount_path: self.text("MountPath"),
            path: self.text("Path"),
            host: self.text("Host"),
            claim: self.text("ClaimName"),
            sub_path: self.text("SubPath"),
            read_only: self.value("ReadOnly") == Some(&Value::Flag(true)),
        })
    }
}
