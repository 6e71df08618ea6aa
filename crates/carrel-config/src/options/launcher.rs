//! `launcher.conf` and the files of its clusters.

use super::{
    File, Format, IN_ONE_PROGRAM, ON_THIS_HOST,
    Role::{self, NoEffect, NotSupported, Used},
    Row, SERVICE_MANAGER, Sections, file, row,
};
use crate::value::{
    Kind::{Choice, Flag, Host, Path, Text, Url, Words},
    PORT, WHOLE,
};

pub(super) const FILES: &[File] = &[
    file(
        "launcher.conf",
        Format::Ini(Sections::Named(&["server", "cluster"])),
        "Where sessions may run.",
        Used,
        &[SERVER, CLUSTER],
    ),
    file(
        "launcher.local.conf",
        Format::Ini(Sections::None),
        "Sessions on the server's own host.",
        Used,
        &[PLUGIN, EXPIRY, UNPRIVILEGED],
    ),
    file(
        "launcher.kubernetes.conf",
        Format::Ini(Sections::None),
        "Sessions in a Kubernetes cluster.",
        ON_THIS_HOST,
        &[PLUGIN, EXPIRY_KUBERNETES, KUBERNETES],
    ),
    file("launcher.slurm.conf", Format::Opaque, "Sessions in a Slurm cluster.", NO_SLURM, &[]),
    file("launcher.slurm.profiles.conf", Format::Opaque, "Limits in a Slurm cluster.", NO_SLURM, &[]),
    file("launcher.slurm.resources.conf", Format::Opaque, "Sizes in a Slurm cluster.", NO_SLURM, &[]),
];

const NO_SLURM: Role = NotSupported("there is no launcher for Slurm");
const NO_SCRATCH: Role = NoEffect("the launcher keeps nothing in files");
const ONE_LOG: Role = NoEffect("there is one log (`carrel serve --log-level`)");

const SERVER: &[Row] = &[
    row("address", Host, "localhost", "The launcher's address.", IN_ONE_PROGRAM).section("server"),
    row("port", PORT, "5559", "The launcher's port.", IN_ONE_PROGRAM).section("server"),
    row("enable-ssl", Flag, "0", "Speaks TLS.", IN_ONE_PROGRAM).section("server"),
    row("certificate-file", Path, "", "The certificate.", IN_ONE_PROGRAM).section("server"),
    row("certificate-key-file", Path, "", "The certificate's key.", IN_ONE_PROGRAM).section("server"),
    row("server-user", Text, "rstudio-server", "The launcher's account.", SERVICE_MANAGER).section("server"),
    row("authorization-enabled", Flag, "1", "Asks who calls.", IN_ONE_PROGRAM).section("server"),
    row("admin-group", Text, "", "The group that may see all sessions.", IN_ONE_PROGRAM).section("server"),
    row("thread-pool-size", WHOLE, "", "How many threads answer; two a core when not set.", IN_ONE_PROGRAM)
        .unit("threads")
        .section("server"),
    row("request-timeout-seconds", WHOLE, "120", "How long an answer may take.", IN_ONE_PROGRAM)
        .unit("seconds")
        .section("server"),
    row("bootstrap-timeout-seconds", WHOLE, "120", "How long a cluster's plugin may take to start.", IN_ONE_PROGRAM)
        .unit("seconds")
        .section("server"),
    row("max-message-size", WHOLE, "5242880", "The largest message of a plugin.", IN_ONE_PROGRAM)
        .unit("bytes")
        .section("server"),
    row("enable-debug-logging", Flag, "0", "Logs more.", ONE_LOG).section("server"),
    row("scratch-path", Path, "/var/lib/rstudio-launcher", "The launcher's own folder.", NO_SCRATCH).section("server"),
    row("logging-dir", Path, "/var/log/rstudio/launcher", "The folder of logs.", ONE_LOG).section("server"),
    row("secure-cookie-key-file", Path, "", "The key that signs requests.", IN_ONE_PROGRAM).section("server"),
    row("heartbeat-interval-seconds", WHOLE, "5", "How often plugins say that they live.", IN_ONE_PROGRAM)
        .unit("seconds")
        .section("server"),
    row("launcher-instance-id", Text, "", "The launcher's name.", IN_ONE_PROGRAM).section("server"),
    row("unprivileged", Flag, "", "Runs without root.", NoEffect("the server never runs as root")).section("server"),
];

const CLUSTER: &[Row] = &[
    row("name", Text, "", "What people see.", Used).section("cluster"),
    row("type", Choice(&["Local", "Kubernetes", "Slurm", "Plugin"]), "", "What kind of cluster it is.", Used)
        .section("cluster"),
    row("exe", Path, "", "The program of another maker's plugin.", NotSupported("launchers are part of Carrel"))
        .section("cluster"),
    row("config-file", Path, "", "The file with the cluster's options.", ON_THIS_HOST).section("cluster"),
    row("allowed-groups", Words, "", "Groups whose members may use it.", NotSupported("everybody may use the host"))
        .section("cluster"),
];

/// What the file of every cluster has.
const PLUGIN: &[Row] = &[
    row("server-user", Text, "rstudio-server", "The plugin's account.", SERVICE_MANAGER),
    row("thread-pool-size", WHOLE, "", "How many threads work.", IN_ONE_PROGRAM).unit("threads"),
    row("enable-debug-logging", Flag, "0", "Logs more.", ONE_LOG),
    row("scratch-path", Path, "/var/lib/rstudio-launcher/{name}", "The plugin's own folder.", NO_SCRATCH),
    row("logging-dir", Path, "", "The folder of logs.", ONE_LOG),
];

const fn expiry(role: Role) -> [Row; 1] {
    [row("job-expiry-hours", WHOLE, "24", "How long an ended session stays listed.", role).unit("hours")]
}

const EXPIRY: &[Row] = &expiry(Used);
const EXPIRY_KUBERNETES: &[Row] = &expiry(ON_THIS_HOST);

const UNPRIVILEGED: &[Row] =
    &[row("unprivileged", Flag, "", "Runs without root.", NoEffect("the server never runs as root"))];

const KUBERNETES: &[Row] = &[
    row(
        "profile-config",
        Path,
        "/etc/rstudio/launcher.kubernetes.profiles.conf",
        "The file with limits of users and groups.",
        ON_THIS_HOST,
    ),
    row("resource-profile-config", Path, "launcher.kubernetes.resources.conf", "The file with sizes.", ON_THIS_HOST),
    row("api-url", Url, "", "The API server, up to but not with `/api`; within a cluster it is found.", ON_THIS_HOST),
    row("auth-token-path", Path, "", "The file with the token; within a cluster it is found.", ON_THIS_HOST),
    row("auth-token", Text, "", "The token itself.", ON_THIS_HOST).secret(),
    row("kubernetes-namespace", Text, "rstudio", "The namespace of sessions.", ON_THIS_HOST),
    row("use-templating", Flag, "0", "Makes pods by templates.", ON_THIS_HOST),
    row("verify-ssl-certs", Flag, "1", "Checks the API server's certificate.", ON_THIS_HOST),
    row("certificate-authority", Text, "", "The authority that signed it.", ON_THIS_HOST),
    row("watch-timeout-seconds", WHOLE, "180", "How long a watch stays open.", ON_THIS_HOST).unit("seconds"),
    row("fetch-limit", WHOLE, "500", "How many objects are listed at once.", ON_THIS_HOST).unit("objects"),
    row("unprivileged", Flag, "", "Runs without root.", NoEffect("the server never runs as root")),
    row("job-id-*", Text, "", "Labels that hold a session's id.", ON_THIS_HOST),
];
