//! Logs, health, network rules, keys, and what is accepted for the sake of the original.

use super::{
    File, Format, LineKind, NO_NGINX, NOT_BUILT, OWN_USERS,
    Role::{self, NoEffect, NotSupported, Used},
    Row, Sections, file, row,
};
use crate::value::{
    Kind::{Choice, Flag, Host, Path, Text, Url},
    WHOLE,
};

pub(super) const FILES: &[File] = &[
    file(
        "logging.conf",
        Format::Ini(Sections::Who),
        "What is logged, and where: `[*]`, `[@program]`, `[logger]`.",
        Used,
        &[LOGGING],
    ),
    file(super::HEALTH_CHECK, Format::Template(HEALTH), "The answer of `/health-check`.", Used, &[]),
    file(
        "load-balancer",
        Format::Ini(Sections::Named(&["", "config", "nodes"])),
        "How several servers share the work.",
        BY_THEMSELVES,
        &[BALANCER, BALANCER_CONFIG],
    ),
    file(
        "ip-rules",
        Format::Lines(LineKind::IpRule),
        "Which addresses may connect: `allow 192.0.2.0/24`, `deny all`. The first line that fits decides; where none does, \
         they may.",
        Used,
        &[],
    ),
    file("file-locks", Format::Ini(Sections::None), "How files are locked.", NO_FILES, &[FILE_LOCKS]),
    file(
        "secure-cookie-key",
        Format::Opaque,
        "The key that passwords in files are encrypted with (`carrel config encrypt-password`). No key signs cookies: they \
         hold a random secret whose hash is in the database.",
        Used,
        &[],
    )
    .secret(),
    file("launcher.pem", Format::Opaque, "The key that signs requests to the launcher.", super::IN_ONE_PROGRAM, &[])
        .secret(),
    file("launcher.pub", Format::Opaque, "The key that checks them.", super::IN_ONE_PROGRAM, &[]),
    file(
        "openid-client-secret",
        Format::Ini(Sections::None),
        "What the identity provider knows the server by.",
        OWN_USERS,
        &[CLIENT],
    )
    .secret(),
    file(
        "google-accounts",
        Format::Lines(LineKind::Any),
        "Accounts at Google and their users.",
        NotSupported("that way was closed by Google"),
        &[],
    ),
    file("databricks.conf", Format::Ini(Sections::Ids), "Servers of Databricks.", NOT_BUILT, &[SERVICE]).secret(),
    file("snowflake.conf", Format::Ini(Sections::Ids), "Accounts at Snowflake.", NOT_BUILT, &[SERVICE]).secret(),
    file(
        "workbench-nss.conf",
        Format::Ini(Sections::None),
        "Where sessions look users up.",
        NoEffect("the session is told who its user is"),
        &[NSS],
    ),
    file("chronicle-local.gcfg", Format::Opaque, "The agent of Chronicle.", NOT_BUILT, &[]),
    file("crash-handler.conf", Format::Ini(Sections::None), "Reports of crashes.", NO_CRASH_REPORTS, &[CRASH]),
    file("login.html", Format::Opaque, super::rserver_auth::LOGIN_HTML, Used, &[]),
    file("nginx.http.conf", Format::Opaque, "More configuration of nginx.", NO_NGINX, &[]),
    file("nginx.server.conf", Format::Opaque, "More configuration of nginx.", NO_NGINX, &[]),
    file("nginx.site.conf", Format::Opaque, "More configuration of nginx.", NO_NGINX, &[]),
    file("themes", Format::Folder, "Themes of RStudio.", Role::Used, &[]),
    file("fonts", Format::Folder, "Fonts of RStudio.", Role::Used, &[]),
    file("keybindings", Format::Folder, "Key bindings of RStudio.", Role::Used, &[]),
    file("snippets", Format::Folder, "Snippets of RStudio.", Role::Used, &[]),
    file("templates", Format::Folder, "Templates of RStudio.", Role::Used, &[]),
    file("dictionaries", Format::Folder, "Dictionaries of RStudio.", Role::Used, &[]),
];

const BY_THEMSELVES: Role = NoEffect("servers with one PostgreSQL database share the work by themselves");
const NO_FILES: Role = NoEffect("what is shared is in the database, not in files");
const NO_CRASH_REPORTS: Role = NoEffect("crashes are in the log");

/// The variables of the health check's template.
pub(super) const HEALTH: &[&str] = &[
    "active-sessions",
    "idle-seconds",
    "cpu-percent",
    "memory-percent",
    "swap-percent",
    "load-average",
    "license-days-left",
    "license-status",
    "license-allow-product-usage",
];

const LOGGING: &[Row] = &[
    row("log-level", Choice(&["debug", "info", "warn", "error"]), "warn", "From which level on is logged.", Used),
    row("logger-type", Choice(&["stderr", "syslog", "file"]), "file", "Where the log goes.", Used),
    row("log-dir", Path, "/var/log/rstudio/rstudio-server", "The folder of log files.", Used),
    row("log-file-mode", Text, "", "The permissions of log files, as of chmod: `600`.", Used),
    row("rotate", Flag, "", "Begins a new file from time to time, unless it is 0.", Used),
    row("rotate-days", WHOLE, "", "After how many days, at midnight UTC; each day when not set.", Used).unit("days"),
    row("max-size-mb", WHOLE, "", "Before a file is larger than this.", Used).unit("MB"),
    row("delete-days", WHOLE, "", "After how many days a closed file is deleted; never when not set.", Used)
        .unit("days"),
    row("max-rotations", WHOLE, "", "How many closed files are kept; all when not set.", Used).unit("files"),
    row("log-message-format", Choice(&["pretty", "json"]), "pretty", "The form of lines.", Used),
    row("include-pid", Flag, "", "Puts the process id into lines.", LOG_PID),
];

const LOG_PID: Role = NoEffect("the service manager and the system's log write it beside each line");

const BALANCERS: &[&str] = &["sessions", "system-load", "user-hash", "custom"];

/// As files are now: without a header.
const BALANCER: &[Row] = &[
    row("balancer", Choice(BALANCERS), "", "How a server is chosen for a session.", BY_THEMSELVES),
    row("timeout", WHOLE, "", "How long another server may take to answer.", BY_THEMSELVES).unit("seconds"),
    row("verify-ssl-certs", Flag, "", "Checks the certificates of other servers.", BY_THEMSELVES),
    row("balancer-script", Path, "", "The script that chooses, for `custom`.", BY_THEMSELVES),
    row("www-host-name", Host, "", "Where other servers reach this one.", BY_THEMSELVES),
    row("delete-node-on-exit", Flag, "", "Forgets this server when it stops.", BY_THEMSELVES),
];

/// As files were: the same below `[config]`, and the servers below `[nodes]`.
const BALANCER_CONFIG: &[Row] = &[
    row("balancer", Choice(BALANCERS), "", "How a server is chosen for a session.", BY_THEMSELVES).section("config"),
    row("timeout", WHOLE, "", "How long another server may take to answer.", BY_THEMSELVES)
        .unit("seconds")
        .section("config"),
    row("verify-ssl-certs", Flag, "", "Checks the certificates of other servers.", BY_THEMSELVES).section("config"),
    row("balancer-script", Path, "", "The script that chooses, for `custom`.", BY_THEMSELVES).section("config"),
];

const FILE_LOCKS: &[Row] = &[
    row("lock-type", Choice(&["linkbased", "advisory"]), "", "The kind of lock.", NO_FILES),
    row("use-symlinks", Flag, "", "Locks by symbolic links.", NO_FILES),
    row("refresh-rate", WHOLE, "", "How often a lock is refreshed.", NO_FILES).unit("seconds"),
    row("timeout-interval", WHOLE, "", "When a lock is given up.", NO_FILES).unit("seconds"),
    row("enable-logging", Flag, "", "Logs what is locked.", NO_FILES),
];

const CLIENT: &[Row] = &[
    row("client-id", Text, "", "The server's name at the identity provider.", OWN_USERS),
    row("client-secret", Text, "", "The server's secret there.", OWN_USERS).secret(),
];

const SERVICE: &[Row] = &[
    row("name", Text, "", "What people see.", NOT_BUILT),
    row("url", Url, "", "The service's address.", NOT_BUILT),
    row("account", Text, "", "The account at the service.", NOT_BUILT),
    row("client-id", Text, "", "The server's name there.", NOT_BUILT),
    row("client-secret", Text, "", "The server's secret there.", NOT_BUILT).secret(),
];

const NSS: &[Row] =
    &[row("server-address", Text, "", "The server that is asked.", NoEffect("the session is told who its user is"))];

const CRASH: &[Row] = &[
    row("crash-handling-enabled", Flag, "", "Collects reports of crashes.", NO_CRASH_REPORTS),
    row("crash-db-path", Path, "", "The folder of reports.", NO_CRASH_REPORTS),
    row("uploads-enabled", Flag, "", "Sends reports to the maker.", NO_CRASH_REPORTS),
];
