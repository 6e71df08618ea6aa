//! What users and groups may ask for, and the sizes they choose from.

use super::{
    File, Format, LATER, ON_THIS_HOST,
    Role::{self, Planned},
    Row, Sections, file, row,
};
use crate::value::{
    DECIMAL,
    Kind::{Decimal, Flag, Path, Text, Words},
    WHOLE,
};

pub(super) const FILES: &[File] = &[
    file(
        "launcher.kubernetes.profiles.conf",
        Format::Ini(Sections::Who),
        "What users and groups may ask for in a Kubernetes cluster: `[*]`, `[@group]`, `[user]`.",
        ON_THIS_HOST,
        &[PODS],
    ),
    file(
        "launcher.kubernetes.resources.conf",
        Format::Ini(Sections::Ids),
        "The sizes that people choose from; each section is one.",
        SIZES_OF_HOST,
        &[SIZES],
    ),
    file(
        "profiles",
        Format::Ini(Sections::Who),
        "Limits of users and groups whatever runs their sessions: `[*]`, `[@group]`, `[user]`.",
        LATER,
        &[USERS],
    ),
];

const SIZES_OF_HOST: Role = Planned("sizes are made from the host's CPUs and memory");
const RATIO: crate::value::Kind = Decimal(0.0, 1.0);

const PODS: &[Row] = &[
    row("container-images", Words, "", "The images offered.", ON_THIS_HOST),
    row("default-container-image", Text, "", "The image chosen first.", ON_THIS_HOST),
    row("allow-unknown-images", Flag, "", "Lets people name another image.", ON_THIS_HOST),
    row("placement-constraints", Words, "", "Labels of nodes that people may choose, as `label:value`.", ON_THIS_HOST),
    row("default-cpus", DECIMAL, "", "CPUs of a session when none are asked for.", ON_THIS_HOST).unit("CPUs"),
    row("max-cpus", DECIMAL, "", "The most that may be asked for.", ON_THIS_HOST).unit("CPUs"),
    row("default-cpus-request", DECIMAL, "", "CPUs that are reserved when nothing else is said.", ON_THIS_HOST)
        .unit("CPUs"),
    row("max-cpus-request", DECIMAL, "", "The most that may be reserved.", ON_THIS_HOST).unit("CPUs"),
    row("default-mem-mb", DECIMAL, "", "Memory of a session when none is asked for.", ON_THIS_HOST).unit("MB"),
    row("max-mem-mb", DECIMAL, "", "The most that may be asked for.", ON_THIS_HOST).unit("MB"),
    row("default-mem-mb-request", DECIMAL, "", "Memory that is reserved when nothing else is said.", ON_THIS_HOST)
        .unit("MB"),
    row("max-mem-mb-request", DECIMAL, "", "The most that may be reserved.", ON_THIS_HOST).unit("MB"),
    row("default-nvidia-gpus", WHOLE, "", "GPUs of NVIDIA when none are asked for.", ON_THIS_HOST).unit("GPUs"),
    row("max-nvidia-gpus", WHOLE, "", "The most that may be asked for.", ON_THIS_HOST).unit("GPUs"),
    row("default-amd-gpus", WHOLE, "", "GPUs of AMD when none are asked for.", ON_THIS_HOST).unit("GPUs"),
    row("max-amd-gpus", WHOLE, "", "The most that may be asked for.", ON_THIS_HOST).unit("GPUs"),
    row("cpu-request-ratio", RATIO, "", "What part of the CPUs is reserved.", ON_THIS_HOST),
    row("memory-request-ratio", RATIO, "", "What part of the memory is reserved.", ON_THIS_HOST),
    row("resource-profiles", Words, "", "The sizes that may be chosen; all when not set.", ON_THIS_HOST),
    row("allow-custom-resources", Flag, "", "Lets people say CPUs and memory themselves.", ON_THIS_HOST),
    row(
        "job-json-overrides",
        Text,
        "",
        "Changes of the pod, as `\"pointer\":\"file\"` with commas between them.",
        ON_THIS_HOST,
    ),
    row("user-script", Path, "", "A script that says more about a user.", ON_THIS_HOST),
    row(
        "max-jobs",
        WHOLE,
        "",
        "How many sessions a user may have.",
        Planned("`carrel serve --max-sessions` says it for everybody"),
    )
    .unit("sessions"),
];

const SIZES: &[Row] = &[
    row("name", Text, "", "What people see.", SIZES_OF_HOST),
    row("cpus", DECIMAL, "", "CPUs of the session.", SIZES_OF_HOST).unit("CPUs"),
    row("cpus-request", DECIMAL, "", "CPUs that are reserved.", ON_THIS_HOST).unit("CPUs"),
    row("mem-mb", DECIMAL, "", "Memory of the session.", SIZES_OF_HOST).unit("MB"),
    row("mem-mb-request", DECIMAL, "", "Memory that is reserved.", ON_THIS_HOST).unit("MB"),
    row("nvidia-gpus", WHOLE, "", "GPUs of NVIDIA.", ON_THIS_HOST).unit("GPUs"),
    row("amd-gpus", WHOLE, "", "GPUs of AMD.", ON_THIS_HOST).unit("GPUs"),
    row("placement-constraints", Words, "", "Labels that the node must have, as `label:value`.", ON_THIS_HOST)
        .since("2023.09"),
];

const USERS: &[Row] = &[
    row(
        "session-limit",
        WHOLE,
        "",
        "How many sessions a user may have running; 0 for no limit.",
        Planned("`carrel serve --max-sessions` says it for everybody"),
    )
    .unit("sessions"),
    row("session-timeout-minutes", WHOLE, "", "Suspends a session after this long without use.", super::SUSPEND_AFTER)
        .unit("minutes"),
    row("session-timeout-kill-hours", WHOLE, "", "Ends a session without use after this long.", LATER).unit("hours"),
    row("cpu-affinity", Text, "", "The CPUs that sessions run on.", LATER),
    row("max-processes", WHOLE, "", "How many processes a session may have.", LATER).unit("processes"),
    row("max-memory-mb", WHOLE, "", "How much memory a session may use.", LATER).unit("MB"),
    row("max-open-files", WHOLE, "", "How many files a session may have open.", LATER).unit("files"),
    row("priority", Text, "", "The priority of the session's processes, from -20 to 19.", LATER),
    row("r-version", Path, "", "The R that is chosen first.", LATER),
    row("r-versions", Words, "", "The Rs that may be chosen.", LATER),
];
