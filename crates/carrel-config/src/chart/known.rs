//! The values that the original's chart knows: the others are mistyped, or of a time that is gone.

use super::{node::Node, path_of};
use crate::{
    diagnostic::{Diagnostic, Level, Origin, Told},
    nearest::nearest,
    source::At,
};

/// What may stand below which value; what is not named here may hold anything.
const KNOWN: &[(&str, &str)] = &[
    (
        "",
        "nameOverride fullnameOverride versionOverride diagnostics session components sharedStorage homeStorage strategy \
         chronicle chronicleAgent launcher image initContainers ingress shareProcessNamespace sealedSecret service \
         deployment resources livenessProbe startupProbe readinessProbe loadBalancer command args license replicas \
         userCreate userName userUid userPassword xdgConfigDirs xdgConfigDirsExtra securityContext priorityClassName \
         nodeSelector topologySpreadConstraints tolerations affinity podDisruptionBudget revisionHistoryLimit pod \
         prometheus prometheusExporter serviceMonitor rbac extraObjects jobJsonOverridesFiles launcherPem launcherPub \
         secureCookieKey global dangerRegenerateAutomatedValues config",
    ),
    ("session", "defaultConfigMount defaultHomeMount defaultSecretMountPath image"),
    ("session.image", "repository os rVersion pythonVersion tag"),
    ("components", "enabled sessionInit positron"),
    (
        "sharedStorage",
        "create name mount path storageClassName accessModes requests selector volumeName annotations subPath",
    ),
    ("homeStorage", "create name mount path storageClassName accessModes requests selector volumeName subPath"),
    (
        "launcher",
        "enabled namespace kubernetesHealthCheck useTemplates extraTemplates includeDefaultTemplates \
         includeTemplateValues templateValues",
    ),
    ("image", "repository os tag imagePullPolicy imagePullSecrets"),
    ("ingress", "enabled ingressClassName annotations hosts tls"),
    ("service", "annotations type clusterIP loadBalancerIP nodePort port targetPort"),
    ("license", "key server file"),
    ("prometheus", "enabled port legacy"),
    (
        "pod",
        "runAsRoot serviceAccountUser serviceAccountUserId env volumes volumeMounts sidecar annotations labels affinity \
         securityContext port lifecycle hostAliases terminationGracePeriodSeconds",
    ),
    ("rbac", "create serviceAccount clusterRoleCreate"),
    (
        "config",
        "defaultMode database session sessionSecret secret existingSecrets server serverDcf profiles sssd \
         userProvisioning startupCustom startupUserProvisioning pam",
    ),
];

/// Values with which the chart does not render any more, and what to write instead.
const REMOVED: &[(&[&str], &str)] = &[
    (&["image", "tagPrefix"], "write image.os, or the whole of image.tag"),
    (&["session", "image", "tagPrefix"], "write session.image.os, .rVersion and .pythonVersion, or the whole of .tag"),
    (&["serviceAccountName"], "write rbac.serviceAccount.name"),
];

/// Tells about values that the chart refuses or does not know.
pub(super) fn check(values: &Node, told: &mut Told) {
    for (path, instead) in REMOVED {
        let node = values.get(path);
        if let Some(at) = &node.at {
            let name = path.join(".");
            told.tell(Level::Error, || {
                let text = format!("{name} was taken out of the chart, which does not render with it: {instead}");
                Diagnostic::new(at.clone(), Level::Error, "removed-value", text)
            });
        }
    }
    for (parent, children) in KNOWN {
        let path: Vec<&str> = parent.split('.').filter(|word| !word.is_empty()).collect();
        for (key, node) in values.get(&path).entries() {
            let full = [&path[..], &[key]].concat();
            let known = children.split_whitespace().any(|child| child == key);
            if !known && !REMOVED.iter().any(|(removed, _)| *removed == full) {
                unknown(&path_of(&full), key, children, node.at.as_ref(), told);
            }
        }
    }
}

fn unknown(path: &str, key: &str, children: &'static str, at: Option<&At>, told: &mut Told) {
    let Some(at) = at else { return };
    told.tell(Level::Warning, || {
        let meant = nearest(key, children.split_whitespace());
        let text = format!("the chart does not know {path}");
        let origin = Origin { at: at.clone(), path: path.to_owned() };
        Diagnostic::new(at.clone(), Level::Warning, "unknown-value", text).meant(meant).from(Some(origin))
    });
}
