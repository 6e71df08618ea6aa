//! Names and labels of what belongs to Carrel. They hold opaque ids and no text of a person's.

use carrel_model::RunId;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// Who applies (server-side apply) and what `app.kubernetes.io/managed-by` says.
pub const MANAGER: &str = "carrel";
/// The label with the run: `<session>-<generation>`.
pub const RUN: &str = "carrel.dev/run";
/// The label with the session's id.
pub const SESSION: &str = "carrel.dev/session";
/// The label with the Carrel that made it: several may share a namespace.
pub const INSTANCE: &str = "carrel.dev/instance";
/// The container of the session.
pub const SESSION_CONTAINER: &str = "session";
/// The init container that brings the agent.
pub const INSTALL_CONTAINER: &str = "carrel-install";
/// What names of Jobs begin with.
const PREFIX: &str = "carrel-";

/// The name of a run's Job.
pub fn job_name(run: &RunId) -> String {
    format!("{PREFIX}{run}")
}

/// The run that an object's name says it belongs to: a Job's, or that of a Job's pod.
pub(crate) fn run_of_name(name: &str) -> Option<RunId> {
    let rest = name.strip_prefix(PREFIX)?;
    rest.parse().ok().or_else(|| rest.rsplit_once('-')?.0.parse().ok())
}

/// The labels of a run's Job and pod.
pub(crate) fn labels(run: &RunId, instance: &str) -> BTreeMap<String, String> {
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    BTreeMap::from([
        label("app.kubernetes.io/managed-by", MANAGER),
        label("app.kubernetes.io/name", "carrel-session"),
        label(RUN, &run.to_string()),
        label(SESSION, run.session.as_str()),
        label(INSTANCE, instance),
    ])
}

/// What a list or a watch selects by.
pub(crate) fn selector(instance: &str) -> String {
    format!("app.kubernetes.io/managed-by={MANAGER},{INSTANCE}={instance}")
}

/// The run that an object is labelled with.
pub(crate) fn run_of(meta: &ObjectMeta) -> Option<RunId> {
    meta.labels.as_ref()?.get(RUN)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_job_and_of_its_pod_tell_the_run() {
        let run: RunId = "abcdefghjkmnpqrs-12".parse().unwrap();
        assert_eq!(job_name(&run), "carrel-abcdefghjkmnpqrs-12");
        assert_eq!(run_of_name("carrel-abcdefghjkmnpqrs-12"), Some(run.clone()));
        assert_eq!(run_of_name("carrel-abcdefghjkmnpqrs-12-x7k2p"), Some(run));
        for other in ["carrel-server-7d9f-abc", "carrel-abcdefghjkmnpqrs", "abcdefghjkmnpqrs-12", ""] {
            assert_eq!(run_of_name(other), None, "{other}");
        }
    }

    #[test]
    fn labels_and_names_fit_into_kubernetes() {
        let run: RunId = format!("abcdefghjkmnpqrs-{}", u32::MAX).parse().unwrap();
        assert!(job_name(&run).len() <= 63);
        assert!(labels(&run, "0123456789abcdef").values().all(|value| value.len() <= 63));
    }
}
