//! The server's environment: what the file `env-vars` adds to it.

use carrel_config::{Configuration, Lookup};
use std::{collections::BTreeMap, env, os::unix::process::CommandExt, process::Command};

/// Says to the program that begins anew that it need not do so again. Its process stays the same one.
const DONE: &str = "CARREL_ENV_VARS_OF";
const FILE: &str = "env-vars";

/// Begins this program anew with the variables of the file, unless it has them: changing one's own environment is not
/// safe once there are threads, and the command line reads some of its flags from there.
pub(crate) fn take_over(lookup: &Lookup) -> anyhow::Result<()> {
    let process = std::process::id().to_string();
    if env::var(DONE).is_ok_and(|of| of == process) {
        return Ok(());
    }
    let files = Configuration::load(lookup);
    // Of several lines with one name the last one counts.
    let wanted: BTreeMap<&str, String> = files
        .settings()
        .iter()
        .filter(|setting| setting.file.name == FILE)
        .map(|setting| (&*setting.key, setting.value.to_string()))
        .collect();
    if wanted.iter().all(|(name, value)| env::var(name).is_ok_and(|held| held == *value)) {
        return Ok(());
    }
    let mut anew = Command::new(env::current_exe()?);
    let error = anew.args(env::args_os().skip(1)).envs(wanted).env(DONE, process).exec();
    Err(anyhow::anyhow!("this program could not begin anew with the variables of {FILE}: {error}"))
}
