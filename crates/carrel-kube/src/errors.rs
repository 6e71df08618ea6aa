//! What the API server answers when it does not do what was asked, as one line for administrators. Pure.

use carrel_model::{Cause, Who};
use carrel_sessions::launcher::{LauncherError, StartError};
use kube::{Error, core::Status};

/// Why a Job was not made.
pub(crate) fn start_error(error: &Error, namespace: &str) -> StartError {
    match explain(error, namespace) {
        (cause, true) => StartError::NotNow(cause),
        (cause, false) => StartError::Refused(cause),
    }
}

/// Why something else was not done.
pub(crate) fn unavailable(error: &Error, namespace: &str) -> LauncherError {
    LauncherError::Unavailable(explain(error, namespace).0.text.trim_end_matches('.').to_owned())
}

/// One line, and whether trying again may help.
pub(crate) fn explain(error: &Error, namespace: &str) -> (Cause, bool) {
    match error {
        Error::Api(status) => answered(status, namespace),
        Error::Auth(error) => {
            let text = format!("The cluster cannot be signed in to: {}.", chain(error));
            (Cause::new("cluster-credentials", text, Who::Administrator), true)
        }
        other => {
            let text = format!("The API server of the cluster does not answer: {}.", chain(other));
            (Cause::new("cluster-unreachable", text, Who::Administrator), true)
        }
    }
}

fn answered(status: &Status, namespace: &str) -> (Cause, bool) {
    let says = status.message.trim_end_matches('.');
    let message = says.to_lowercase();
    let (code, text, again) = match status.code {
        401 => {
            let what = "The cluster does not know who the server is: its token has expired or was taken back";
            ("cluster-credentials", format!("{what} ({says})."), true)
        }
        403 if message.contains("exceeded quota") => {
            ("quota", format!("The namespace {namespace} is full (quota): {says}."), true)
        }
        403 if message.contains(" cannot ") => {
            let what = format!("The server may not do this in the namespace {namespace} of the cluster");
            ("cluster-permission", format!("{what}: {says}. Its Role lacks the verb."), true)
        }
        404 if message.contains("namespaces ") => {
            let what = "which launcher.kubernetes.conf names as kubernetes-namespace";
            ("no-namespace", format!("The cluster has no namespace {namespace}, {what}."), true)
        }
        400..=428 => ("job-refused", format!("The cluster refuses the session's Job: {says}."), false),
        code => {
            ("cluster-unreachable", format!("The API server of the cluster cannot do it now ({code}): {says}."), true)
        }
    };
    (Cause::new(code, text, Who::Administrator), again)
}

/// An error with what is behind it, as far as that adds something.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        behind = error.source();
    }
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of an answer, by its code and message.
    fn said(code: u16, message: &str) -> (String, String, bool) {
        let status = Status { code, message: message.into(), ..Status::default() };
        let (cause, again) = explain(&Error::Api(Box::new(status)), "lab");
        assert!(cause.text.ends_with('.') && !cause.text.ends_with(".."), "{}", cause.text);
        assert_eq!(cause.who, Who::Administrator);
        (cause.code, cause.text, again)
    }

    #[test]
    fn a_missing_verb_is_named_with_resource_and_namespace() {
        let message = "jobs.batch \"carrel-a-1\" is forbidden: User \"system:serviceaccount:lab:carrel\" cannot patch \
                       resource \"jobs\" in API group \"batch\" in the namespace \"lab\"";
        let (code, text, again) = said(403, message);
        assert_eq!((code.as_str(), again), ("cluster-permission", true));
        assert!(text.contains("cannot patch resource \"jobs\"") && text.contains("namespace lab"), "{text}");
    }

    #[test]
    fn each_way_to_fail_has_a_code_and_says_whether_it_is_tried_again() {
        let expected = [
            (401, "Unauthorized", "cluster-credentials", true),
            (403, "jobs.batch \"x\" is forbidden: exceeded quota: q, requested: count/jobs.batch=1", "quota", true),
            (404, "namespaces \"lab\" not found", "no-namespace", true),
            (403, "admission webhook \"w\" denied the request: no", "job-refused", false),
            (422, "Job.batch \"x\" is invalid: spec.template.spec.containers[0].image: Required", "job-refused", false),
            (429, "too many requests", "cluster-unreachable", true),
            (500, "etcdserver: leader changed", "cluster-unreachable", true),
            (503, "the server is currently unable to handle the request.", "cluster-unreachable", true),
        ];
        for (status, message, code, again) in expected {
            let (said, text, tried) = said(status, message);
            assert_eq!((said.as_str(), tried), (code, again), "{text}");
        }
    }

    #[test]
    fn a_server_that_does_not_answer_is_told_with_what_is_behind_it() {
        let io = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "Connection refused (os error 111)");
        let (cause, again) = explain(&Error::Service(Box::new(io)), "lab");
        assert_eq!((cause.code.as_str(), again), ("cluster-unreachable", true));
        assert!(cause.text.contains("Connection refused (os error 111)."), "{}", cause.text);
    }
}
