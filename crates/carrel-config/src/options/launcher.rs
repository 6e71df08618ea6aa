//! `launcher.conf` and the files of its clusters.

use super::{
    File, Format, IN_ONE_PROGRAM,
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
        &[PLUGIN_OF_THIS_HOST, EXPIRY, UNPRIVILEGED],
    ),
    file(
        "launcher.kubernetes.conf",
        Format::Ini(Sections::None),
        "Sessions in a Kubernetes cluster.",
        Used,
        &[PLUGIN_OF_KUBERNETES, EXPIRY, KUBERNETES],
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
    row("config-file", Path, "", "The file with the cluster's options.", FIXED_NAME).section("cluster"),
    row("allowed-groups", Words, "", "Groups whose members may use it.", NotSupported("everybody may use the cluster"))
        .section("cluster"),
];

/// What the file of every cluster has.
const fn plugin(scratch: Role) -> [Row; 5] {
    [
        row("server-user", Text, "rstudio-server", "The plugin's account.", SERVICE_MANAGER),
        row("thread-pool-size", WHOLE, "", "How many threads work.", IN_ONE_PROGRAM).unit("threads"),
        row("enable-debug-logging", Flag, "0", "Logs more.", ONE_LOG),
        row(
            "scratch-path",
            Path,
            "/var/lib/rstudio-launcher/{name}",
            "The plugin's own folder; that of Kubernetes holds the values of session templates.",
            scratch,
        ),
        row("logging-dir", Path, "", "The folder of logs.", ONE_LOG),
    ]
}

const PLUGIN_OF_THIS_HOST: &[Row] = &plugin(NO_SCRATCH);
const PLUGIN_OF_KUBERNETES: &[Row] = &plugin(Used);

const EXPIRY: &[Row] =
    &[row("job-expiry-hours", WHOLE, "24", "How long an ended session stays listed.", Used).unit("hours")];

const UNPRIVILEGED: &[Row] =
    &[row("unprivileged", Flag, "", "Runs without root.", NoEffect("the server never runs as root"))];

const FIXED_NAME: Role = NotSupported("the file of that name in the configuration folder is read");
const OWN_LABELS: Role = NotSupported("the labels are carrel.dev/session and carrel.dev/run");

const KUBERNETES: &[Row] = &[
    row(
        "profile-config",
        Path,
        "/etc/rstudio/launcher.kubernetes.profiles.conf",
        "The file with limits of users and groups.",
        FIXED_NAME,
    ),
    row("resource-profile-config", Path, "launcher.kubernetes.resources.conf", "The file with sizes.", FIXED_NAME),
    row("api-url", Url, "", "The API server, up to but not with `/api`; within a cluster it is found.", Used),
    row("auth-token-path", Path, "", "The file with the token; within a cluster it is found.", Used),
    row("auth-token", Text, "", "The token itself.", Used).secret(),
    row("kubernetes-namespace", Text, "rstudio", "The namespace of sessions.", Used),
    row("use-templating", Flag, "0", "Takes values of session templates from the folder of the launcher.", Used),
    row("verify-ssl-certs", Flag, "1", "Checks the API server's certificate.", Used),
    row("certificate-authority", Text, "", "The authority that signed it: PEM in base 64, or a file.", Used),
    row("watch-timeout-seconds", WHOLE, "180", "How long a watch stays open; at most 290.", Used).unit("seconds"),
    row("fetch-limit", WHOLE, "500", "How many objects are listed at once.", Used).unit("objects"),
    row("unprivileged", Flag, "", "Runs without root.", NoEffect("the server never runs as root")),
    row("job-id-*", Text, "", "Labels that hold a session's id.", OWN_LABELS),
];
