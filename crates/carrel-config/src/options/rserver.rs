//! `rserver.conf`: the server itself.

use super::{
    File, Format, NO_LICENSE, NO_NGINX, NOT_BUILT, ONE_AGENT, OWN_USERS,
    Role::{NoEffect, NotSupported, Planned, Used},
    Row, SERVICE_MANAGER, Sections, file, row, rserver_auth, rserver_launcher,
};
use crate::value::{
    Kind::{Choice, Flag, Host, Path, Text, Words},
    PORT, WHOLE,
};

pub(super) const FILES: &[File] = &[file(
    "rserver.conf",
    Format::Ini(Sections::None),
    "The server: addresses, sign-in, administration, metrics.",
    Used,
    &[
        SERVER,
        WEB,
        SESSIONS,
        rserver_auth::PASSWORDS,
        rserver_auth::SINGLE_SIGN_ON,
        ADMIN,
        AUDIT,
        TLS,
        rserver_launcher::ROWS,
        REST,
    ],
)];

const NO_LOCAL_RUN: &str = "`carrel check` looks at the files; no session is started by it";

const SERVER: &[Row] = &[
    row("verify-installation", Flag, "0", "Checks the installation and ends.", NoEffect(NO_LOCAL_RUN)),
    row("verify-user", Text, "", "The user that the check runs as.", NoEffect(NO_LOCAL_RUN)),
    row("verify-test", Text, "", "The one check to run.", NoEffect(NO_LOCAL_RUN)),
    row("server-working-dir", Path, "/", "The server's working folder.", SERVICE_MANAGER),
    row("server-user", Text, "rstudio-server", "The account that the server runs as.", SERVICE_MANAGER),
    row("server-daemonize", Flag, "", "Puts the server into the background; on for root.", SERVICE_MANAGER),
    row(
        "server-pid-file",
        Path,
        "/var/run/rstudio-server.pid",
        "Where the server writes its process id.",
        SERVICE_MANAGER,
    ),
    row("server-set-umask", Flag, "1", "Sets the umask 022 at the start.", SERVICE_MANAGER),
    row("secure-cookie-key-file", Path, "", "The file read instead of secure-cookie-key.", Used),
    row("server-data-dir", Path, "/var/run/rstudio-server", "What the server keeps while it runs.", DATA_DIR),
    row("server-add-header", Text, "", "A header on every answer of the server's own, as `Name: value`.", Used)
        .repeats(),
    row(
        "server-db-migrate-path",
        Path,
        "bin/workbench-database-migrate",
        "The program that brings the database up to date.",
        NoEffect("`carrel serve` does this at its start"),
    ),
    row("server-nginx-*", Text, "", "Details of the web server that the original has inside.", NO_NGINX),
    row("server-project-sharing", Flag, "1", "Lets people share projects.", NOT_BUILT),
    row("server-project-sharing-root-dir", Path, "", "A folder below which projects may be shared.", NOT_BUILT)
        .repeats(),
    row(
        "server-shared-storage-path",
        Path,
        "/var/lib/rstudio-server/shared-storage",
        "The folder that all nodes share.",
        NoEffect("what nodes share is in the database"),
    ),
    row("server-health-check-enabled", Flag, "0", "Answers `/health-check`.", Used),
    row("server-access-log", Flag, "0", "Logs every request to the server's own pages and API.", Used),
    row("server-license-type", Choice(&["local", "remote"]), "local", "Where the license comes from.", NO_LICENSE),
    row("server-license-*", Text, "", "Details of licenses.", NO_LICENSE),
    row("server-multiple-sessions", Flag, "1", "Lets a user run several sessions.", Used),
    row(
        "server-product-check",
        Flag,
        "1",
        "Asks the maker for new versions.",
        NoEffect("Carrel asks nobody for anything"),
    ),
    row(
        "server-user-home-page",
        Flag,
        "1",
        "Shows a home page with the sessions.",
        NoEffect("the home page is always there"),
    ),
    row("use-legacy-homepage", Flag, "0", "Shows the older home page.", NoEffect("there is one home page")),
];

const DATA_DIR: super::Role = NoEffect("`carrel serve --data-dir` says where, and it outlives a restart of the host");

const WEB: &[Row] = &[
    row("www-address", Host, "0.0.0.0", "The address that the server listens on; 127.0.0.1 when it is not set.", Used),
    row(
        "www-port",
        PORT,
        "8787",
        "The port that the server listens on; empty for 80, and for 443 with ssl-enabled.",
        Used,
    )
    .when_empty("80"),
    row(
        "www-socket",
        Path,
        "",
        "A Unix socket to listen on instead, for a proxy on this host: its account needs the socket's group.",
        Used,
    ),
    row(
        "www-root-path",
        Text,
        "/",
        "The path below which a proxy shows the server, whether it takes the path away or not.",
        Used,
    ),
    row(
        "www-thread-pool-size",
        WHOLE,
        "2",
        "How many threads answer requests.",
        NoEffect("there is one for two cores; `carrel serve --proxy-threads` says another number"),
    )
    .unit("threads"),
    row(
        "www-proxy-localhost",
        Flag,
        "1",
        "Shows programs of a session under `/p/<port>/`.",
        NoEffect("each session of RStudio does this by itself"),
    ),
    row(
        "www-verify-user-agent",
        Flag,
        "1",
        "Refuses browsers that are too old.",
        NoEffect("pages say themselves what they need"),
    ),
    row(
        "www-same-site",
        Choice(&["none", "lax"]),
        "",
        "The SameSite attribute of the cookie; `none` only over HTTPS.",
        Used,
    ),
    row(
        "www-frame-origin",
        Text,
        "none",
        "Who may show the server's own pages in a frame: `none`, `same`, `any` or domains.",
        Used,
    ),
    row(
        "www-enable-origin-check",
        Flag,
        "0",
        "Refuses requests that another site's page sends.",
        NoEffect("such requests are always refused"),
    ),
    row("www-allow-origin", Text, "", "Another origin whose pages may send requests.", Used).repeats(),
];

const SESSIONS: &[Row] = &[
    row(
        "session-use-file-storage",
        Flag,
        "1",
        "Keeps what is known about sessions in files, not in the database.",
        NoEffect("it is in the database"),
    ),
    row("session-storage-path", Path, "", "The folder of these files.", NoEffect("it is in the database")),
    row("rsession-which-r", Path, "", "The R that sessions use.", super::Role::Used),
    row(
        "rsession-path",
        Path,
        "",
        "The program of RStudio sessions.",
        Planned("`carrel serve --ide-path` says where IDEs are looked for"),
    ),
    row("rldpath-path", Path, "", "The script that finds R's libraries.", ONE_AGENT),
    row(
        "rsession-ld-library-path",
        Text,
        "",
        "More folders of libraries for sessions.",
        NotSupported("launcher-env sets variables"),
    ),
    row(
        "rsession-config-file",
        Path,
        "",
        "The file read instead of rsession.conf.",
        NotSupported("rsession.conf is read"),
    ),
    row(
        "rsession-proxy-max-wait-secs",
        WHOLE,
        "10",
        "How long a request waits for a session that starts.",
        NoEffect("a page waits, and shows how far the start is"),
    )
    .unit("seconds"),
    row("rsession-exec-command", Text, "", "A command that starts the session's program.", ONE_AGENT),
    row("database-config-file", Path, "", "The file read instead of database.conf.", Used),
    row(
        "load-balancing-enabled",
        Flag,
        "",
        "Lets several servers share the work; on when there is a file load-balancer.",
        NoEffect("servers with one PostgreSQL database share the work by themselves"),
    )
    .since("2023.09"),
];

const ADMIN: &[Row] = &[
    row("admin-enabled", Flag, "0", "Lets groups make administrators (1), or nobody be one (0).", Used),
    row(
        "admin-group",
        Words,
        "",
        "Groups whose members are administrators, besides those of `carrel user add --role`.",
        Used,
    ),
    row(
        "admin-superuser-group",
        Words,
        "",
        "Groups whose members are superusers: they may also act on others' sessions.",
        Used,
    ),
    row(
        "admin-monitor-log-use-server-time-zone",
        Flag,
        "0",
        "Shows logs in the server's time zone.",
        NoEffect("pages show times in the browser's time zone"),
    ),
    row(
        "force-admin-ui-enabled",
        Flag,
        "",
        "Shows the administrator's pages whatever else is set.",
        NoEffect("`admin-enabled` and the groups decide"),
    ),
    row("monitor-interval-seconds", WHOLE, "60", "How often numbers are sent to Graphite.", Used).unit("seconds"),
    row(
        "monitor-rrd-enabled",
        Flag,
        "1",
        "Keeps measured use in round-robin files.",
        NoEffect("it is in the database"),
    ),
    row("monitor-rrd-logical-path", Path, "", "The folder of these files.", NoEffect("it is in the database")),
    row("monitor-graphite-enabled", Flag, "0", "Sends the numbers of `/metrics` to Graphite, as lines.", Used),
    row("monitor-graphite-host", Host, "127.0.0.1", "Graphite's host.", Used),
    row("monitor-graphite-port", PORT, "2003", "Graphite's port.", Used),
    row("monitor-graphite-client-id", Text, "", "What Graphite's names begin with.", Used),
    row("monitor-data-path", Path, "", "The folder of the monitor.", NoEffect("it is in the database")),
    row("monitor-stderr-enabled", Flag, "", "Writes measured use to standard error.", NotSupported(BY_METRICS)),
    row("metrics-enabled", Flag, "0", "Answers `/metrics` for Prometheus.", Used),
    row("metrics-port", PORT, "8989", "The port of `/metrics`.", Used),
    row("metrics-address", Host, "", "The address of `/metrics`; that of the server when empty.", Used),
];

const BY_METRICS: &str = "Prometheus asks for it (`metrics-enabled`)";

const AUDIT: &[Row] = &[
    row(
        "audit-r-console",
        Choice(&["none", "input", "all"]),
        "none",
        "Records what is typed into R's console.",
        NOT_BUILT,
    ),
    row("audit-r-console-user-limit-mb", WHOLE, "50", "How much is recorded of a user.", NOT_BUILT).unit("MB"),
    row("audit-r-console-user-limit-months", WHOLE, "", "How long it is kept.", NOT_BUILT).unit("months"),
    row("audit-r-console-compress", Flag, "", "Compresses what is recorded.", NOT_BUILT),
    row("audit-r-console-format", Choice(&["csv", "json"]), "", "The form of the record.", NOT_BUILT),
    row("audit-data-path", Path, "", "The folder of records.", NoEffect("the audit is in the database")),
    row(
        "audit-r-sessions",
        Flag,
        "0",
        "Records starts and ends of sessions.",
        NoEffect("they are always recorded in the database"),
    ),
    row(
        "audit-r-sessions-*",
        Text,
        "",
        "How long and in which form these are kept.",
        NoEffect("they are kept in the database, and for good"),
    ),
    row("audited-jobs", Flag, "0", "Offers jobs whose result is signed.", NOT_BUILT).since("2025.05"),
    row("audited-jobs-*", Text, "", "Storage and keys of such jobs.", NOT_BUILT).since("2025.05"),
];

const TLS: &[Row] = &[
    row("ssl-enabled", Flag, "0", "Speaks HTTPS.", Used),
    row(
        "ssl-certificate",
        Path,
        "",
        "The file of its certificate, and of those between it and its authority (PEM).",
        Used,
    ),
    row("ssl-certificate-key", Path, "", "The file of the certificate's key (PEM, without passphrase).", Used),
    row("ssl-protocols", Text, "TLSv1.2 TLSv1.3", "Which versions of TLS are spoken.", Used),
    row(
        "ssl-redirect-http",
        Flag,
        "1",
        "Sends browsers on from HTTP, by port 80 where www-port is 443, or redirect-port of carrel.conf.",
        Used,
    ),
    row("ssl-hsts", Flag, "1", "Tells browsers that came by HTTPS to come by HTTPS only.", Used),
    row("ssl-hsts-max-age", WHOLE, "31536000", "For how long they shall.", Used).unit("seconds"),
    row("ssl-hsts-include-subdomains", Flag, "", "That it holds for names below this one.", Used),
];

const REST: &[Row] = &[
    row("user-provisioning-enabled", Flag, "0", "Makes users that an identity provider announces.", OWN_USERS),
    row("user-provisioning-start-uid", ID, "1000", "The lowest user id that Carrel gives to a user.", Used),
    row("group-provisioning-start-gid", ID, "1000", "The lowest group id that Carrel gives to a group.", Used),
    row("user-provisioning-register-on-first-login", Flag, "0", "Makes users when they first sign in.", OWN_USERS),
    row("user-homedir-path", Path, "/home", "The folder of the home folders of users.", Used),
    row("user-provisioning-*", Text, "", "Details of provisioning.", OWN_USERS),
    row("workbench-api-enabled", Flag, "0", "Answers the original's API.", NotSupported(OWN_API)),
    row("workbench-api-admin-enabled", Flag, "0", "Answers it for administrators.", NotSupported(OWN_API)),
    row("workbench-api-super-admin-enabled", Flag, "0", "Answers it for superusers.", NotSupported(OWN_API)),
    row("chronicle-enabled", Flag, "0", "Sends use to Chronicle.", NOT_BUILT),
    row("chronicle-storage-location", Path, "", "Where Chronicle keeps it.", NOT_BUILT),
    row("databricks-enabled", Flag, "0", "Offers credentials of Databricks.", NOT_BUILT),
];

/// An id that is none of the system's, and that Kubernetes takes.
const ID: crate::value::Kind = crate::value::Kind::Whole(1000, 2_147_483_647);
const OWN_API: &str = "Carrel has an API of its own, described at /api/openapi.json";
