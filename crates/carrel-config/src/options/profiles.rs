//! What users and groups may ask for, and the sizes they choose from.

use super::{
    File, Format,
    Role::{NotSupported, Used},
    Row, Sections, file, row,
};
use crate::value::{
    DECIMAL,
    Kind::{Decimal, Flag, Path, Text, Words},
    WHOLE,
};

pub(super) const FILES: &[File] = &[
    file(
        "launcher.local.profiles.conf",
        Format::Ini(Sections::Who),
        "What users and groups may ask for on the server's host: `[*]`, `[@group]`, `[user]`. Where this file is missing, \
         that of Kubernetes counts.",
        Used,
        &[RIGHTS],
    ),
    file(
        "launcher.local.resources.conf",
        Format::Ini(Sections::Ids),
        "The sizes that people choose from on the server's host; each section is one. Where this file is missing, that of \
         Kubernetes counts.",
        Used,
        &[SIZES],
    ),
    file(
        "launcher.kubernetes.profiles.conf",
        Format::Ini(Sections::Who),
        "What users and groups may ask for in a Kubernetes cluster: `[*]`, `[@group]`, `[user]`. The last rule that holds \
         for somebody wins: first `[*]`, then groups in the order of the file, then the user.",
        Used,
        &[RIGHTS, PODS],
    ),
    file(
        "launcher.kubernetes.resources.conf",
        Format::Ini(Sections::Ids),
        "The sizes that people choose from; each section is one.",
        Used,
        &[SIZES, POD_SIZES],
    ),
    file(
        "profiles",
        Format::Ini(Sections::Who),
        "Limits of users and groups whatever runs their sessions: `[*]`, `[@group]`, `[user]`, in that order.",
        Used,
        &[USERS],
    ),
];

const RATIO: crate::value::Kind = Decimal(0.0, 1.0);

const RIGHTS: &[Row] = &[
    row("default-cpus", DECIMAL, "", "CPUs of a session when none are asked for.", Used).unit("CPUs"),
    row("max-cpus", DECIMAL, "", "The most that may be asked for.", Used).unit("CPUs"),
    row("default-mem-mb", DECIMAL, "", "Memory of a session when none is asked for.", Used).unit("MB"),
    row("max-mem-mb", DECIMAL, "", "The most that may be asked for.", Used).unit("MB"),
    row("resource-profiles", Words, "", "The sizes that may be chosen; all when not set.", Used),
    row("allow-custom-resources", Flag, "", "Lets people say CPUs and memory themselves.", Used),
    row("max-jobs", WHOLE, "", "How many sessions a user may have.", Used).unit("sessions"),
];

const PODS: &[Row] = &[
    row("container-images", Words, "", "The images offered.", Used),
    row("default-container-image", Text, "", "The image chosen first; the first one offered when not set.", Used),
    row(
        "allow-unknown-images",
        Flag,
        "",
        "Lets people name another image. When not set, they may where no images are offered.",
        Used,
    ),
    row(
        "placement-constraints",
        Words,
        "",
        "Labels of nodes that people may ask for, as `label:value`, or as `label` where they say the value.",
        Used,
    ),
    row("default-cpus-request", DECIMAL, "", "CPUs that are reserved, where the size says nothing else.", Used)
        .unit("CPUs"),
    row("max-cpus-request", DECIMAL, "", "The most that is reserved.", Used).unit("CPUs"),
    row("default-mem-mb-request", DECIMAL, "", "Memory that is reserved, where the size says nothing else.", Used)
        .unit("MB"),
    row("max-mem-mb-request", DECIMAL, "", "The most that is reserved.", Used).unit("MB"),
    row("default-nvidia-gpus", WHOLE, "", "GPUs of NVIDIA when none are asked for.", Used).unit("GPUs"),
    row("max-nvidia-gpus", WHOLE, "", "The most that may be asked for; 0 for none.", Used).unit("GPUs"),
    row("default-amd-gpus", WHOLE, "", "GPUs of AMD when none are asked for.", Used).unit("GPUs"),
    row("max-amd-gpus", WHOLE, "", "The most that may be asked for; 0 for none.", Used).unit("GPUs"),
    row("cpu-request-ratio", RATIO, "", "What part of the CPUs is reserved, where no number of them is.", Used),
    row("memory-request-ratio", RATIO, "", "What part of the memory is reserved, where no amount of it is.", Used),
    row(
        "job-json-overrides",
        Text,
        "",
        "Changes of the Job, as `\"/pointer\":\"/file\"` with commas between them.",
        Used,
    ),
    row(
        "user-script",
        Path,
        "",
        "A script that says more about a user.",
        NotSupported("groups say it (`carrel user groups`)"),
    ),
];

/// Whether an option is one of the pods of Kubernetes, and of nothing else.
pub(crate) fn is_of_pods(file: &File, row: &Row) -> bool {
    file.name.starts_with("launcher.kubernetes.")
        && [PODS, POD_SIZES].iter().any(|rows| rows.iter().any(|pod| pod.key == row.key))
        && !matches!(row.role, NotSupported(_))
}

const SIZES: &[Row] = &[
    row("name", Text, "", "What people see.", Used),
    row("cpus", DECIMAL, "", "CPUs of the session.", Used).unit("CPUs"),
    row("mem-mb", DECIMAL, "", "Memory of the session.", Used).unit("MB"),
    row("nvidia-gpus", WHOLE, "", "GPUs of NVIDIA.", Used).unit("GPUs"),
    row("amd-gpus", WHOLE, "", "GPUs of AMD.", Used).unit("GPUs"),
];

const POD_SIZES: &[Row] = &[
    row("cpus-request", DECIMAL, "", "CPUs that are reserved.", Used).unit("CPUs"),
    row("mem-mb-request", DECIMAL, "", "Memory that is reserved.", Used).unit("MB"),
    row("placement-constraints", Words, "", "Labels that the node must have, as `label:value`.", Used).since("2023.09"),
];

const USERS: &[Row] = &[
    row("session-limit", WHOLE, "", "How many sessions a user may have running; 0 for no limit.", Used)
        .unit("sessions"),
    row("session-timeout-minutes", WHOLE, "", "Suspends a session after this long without use; 0 for never.", Used)
        .unit("minutes"),
    row("session-timeout-kill-hours", WHOLE, "", "Ends a session without use after this long; 0 for never.", Used)
        .unit("hours"),
    row("cpu-affinity", Text, "", "The CPUs that sessions run on, counted from 1: `1-4`, `1,3`.", Used),
    row(
        "max-processes",
        WHOLE,
        "",
        "How many processes and threads the account of a session may have, all its sessions together; 0 for no limit.",
        Used,
    )
    .unit("processes"),
    row("max-memory-mb", WHOLE, "", "The most memory of a session.", Used).unit("MB"),
    row("max-open-files", WHOLE, "", "How many files each process may have open; 0 for no limit.", Used).unit("files"),
    row("priority", Text, "", "The priority of the session's processes, from 0 to 19 (last).", Used),
    row("r-version", Path, "", "The R that is chosen first: its folder.", Used),
    row(
        "r-versions",
        Words,
        "",
        "The Rs that may be chosen: their folders, or `*` for all of the file r-versions; these when not set.",
        Used,
    ),
];
