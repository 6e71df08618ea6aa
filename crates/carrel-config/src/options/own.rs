//! `carrel.conf`: what the original has no word for. Each option is a flag of `carrel serve` by the same name.

use super::{File, Format, Role::Used, Row, Sections, file, row};
use crate::value::{
    DECIMAL,
    Kind::{Path, Text, Url, Whole},
    PORT, WHOLE,
};

pub(super) const FILES: &[File] = &[file(
    "carrel.conf",
    Format::Ini(Sections::None),
    "What only Carrel has, beside the files of the original. Each option is also a flag of `carrel serve`, which wins.",
    Used,
    &[SERVER, SESSIONS],
)];

const SERVER: &[Row] = &[
    row("site-name", Text, "Carrel", "What the sign-in page calls this Carrel.", Used),
    row("public-url", Url, "", "Where browsers find the server, when a proxy stands before it.", Used),
    row(
        "trusted-proxy",
        Text,
        "",
        "A proxy whose X-Forwarded headers are believed, or a network of them: `192.0.2.7`, `10.0.0.0/8`.",
        Used,
    )
    .repeats(),
    row(
        "redirect-port",
        PORT,
        "",
        "Where browsers that come by HTTP are sent on to HTTPS (ssl-redirect-http); 80 where www-port is 443, else nowhere.",
        Used,
    ),
    row(
        "proxy-threads",
        Whole(1, 1024),
        "",
        "How many threads carry bytes between browsers and IDEs; one for two cores when not set.",
        Used,
    )
    .unit("threads"),
    row(
        "data-dir",
        Path,
        "",
        "The folder of the database and of running sessions; `~/.local/share/carrel` when not set.",
        Used,
    ),
    row("wait-for-database", WHOLE, "60", "How long the start waits for a database that does not answer yet.", Used)
        .unit("seconds"),
];

const SESSIONS: &[Row] = &[
    row("agent", Path, "", "The agent that runs beside each IDE; the one beside `carrel` when not set.", Used),
    row(
        "agent-image",
        Text,
        "",
        "The image that holds the agent, from which it is brought into the pods of sessions; \
         `launcher-sessions-init-container-image-name` of rserver.conf when not set.",
        Used,
    ),
    row("ide-path", Path, "", "A folder that is searched for IDE programs before PATH.", Used).repeats(),
    row("ides", Path, "", "A folder with IDE entries (TOML) on top of the built-in ones.", Used),
    row(
        "max-sessions",
        Whole(1, 1 << 20),
        "",
        "How many sessions a user may have running; any number when not set.",
        Used,
    )
    .unit("sessions"),
    row(
        "suspend-after",
        DECIMAL,
        "120",
        "Suspends a session without use after this long, where nothing is said of its IDE or its user; 0 for never.",
        Used,
    )
    .unit("minutes"),
    row("idle-after", DECIMAL, "5", "Calls a session Idle after this long without use.", Used).unit("minutes"),
    row("start-limit", WHOLE, "120", "A start that makes no progress for this long has failed.", Used).unit("seconds"),
    row("stop-grace", WHOLE, "10", "How long an IDE has to end by itself after Suspend or Quit.", Used).unit("seconds"),
];
