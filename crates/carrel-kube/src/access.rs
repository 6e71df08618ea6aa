//! What the server has to be allowed in the namespace of sessions, and whether it is.

use crate::{errors::explain, names::MANAGER};
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    batch::v1::Job,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;

/// Everything that the launcher asks of the cluster: API group, resource, subresource, verb. The Role that the original
/// chart makes has all of it.
pub const VERBS: [(&str, &str, &str, &str); 10] = [
    ("batch", "jobs", "", "create"),
    ("batch", "jobs", "", "patch"),
    ("batch", "jobs", "", "list"),
    ("batch", "jobs", "", "watch"),
    ("batch", "jobs", "", "delete"),
    ("", "pods", "", "list"),
    ("", "pods", "", "watch"),
    ("", "pods", "", "delete"),
    ("", "pods", "log", "get"),
    ("", "events", "", "watch"),
];

/// Asks the cluster whether the server may do all that it has to, and whether it would take a Job. What is fine as one line,
/// or all that is not.
pub async fn check(client: &Client, namespace: &str) -> Result<String, Vec<String>> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let mut wrong = Vec::new();
    for (group, resource, subresource, verb) in VERBS {
        let whole = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
        let attributes = ResourceAttributes {
            namespace: Some(namespace.into()),
            group: Some(group.into()),
            resource: Some(resource.into()),
            subresource: (!subresource.is_empty()).then(|| subresource.into()),
            verb: Some(verb.into()),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        match reviews.create(&PostParams::default(), &review).await {
            Ok(answer) if answer.status.as_ref().is_some_and(|status| status.allowed) => {}
            Ok(_) => wrong.push(format!("the server may not {verb} {whole} in the namespace {namespace}")),
            // Every other question would have the same answer.
            Err(error) => return Err(vec![explain(&error, namespace).0.text]),
        }
    }
    if wrong.is_empty()
        && let Err(error) = try_job(client, namespace).await
    {
        wrong.push(explain(&error, namespace).0.text);
    }
    if wrong.is_empty() { Ok(format!("sessions may run in the namespace {namespace}")) } else { Err(wrong) }
}

/// Has the API server take a Job without keeping it.
async fn try_job(client: &Client, namespace: &str) -> kube::Result<Job> {
    let name = "carrel-check";
    let restricted = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": {
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "session", "image": "session", "securityContext": restricted}],
        }}},
    });
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    jobs.patch(name, &PatchParams::apply(MANAGER).force().dry_run(), &Patch::Apply(&job)).await
}
