//! `rserver.conf`: how the server has sessions launched.

use super::{
    IN_ONE_PROGRAM, NOT_BUILT, ONE_AGENT,
    Role::{self, NoEffect, Used},
    Row, row,
};
use crate::value::{
    Kind::{Flag, Host, Path, Text, Url, Words},
    PORT, WHOLE,
};

const ALWAYS: Role = NoEffect("a launcher starts every session");
const DIALS: Role = NoEffect("the server calls the session, never the other way round");
const NO_DIAL: Role = NoEffect("connecting to a session has its own short limit");
const OWN_ENVIRONMENT: Role =
    NoEffect("sessions have the account's environment and that of launcher-env: the server's own may hold secrets");
const CARRIED_IN: Role = NoEffect("an init container always brings the agent, which is one program");
const NEVER_ROOT: Role = Role::NotSupported("every container of a session runs as its user");
const NAMED_BY_AGENT: Role =
    NoEffect("the agent writes the user's line into the container's passwd, which needs no root");
const ALWAYS_USER: Role = NoEffect("the init container runs as the user, too");
const ALWAYS_GROUPS: Role = NoEffect("a container always has its user's groups");
const NO_POSITRON: Role = Role::NotSupported("Positron has to be in the session's image");
const NO_PASSWORDS: Role = Role::NotSupported("passwords are not kept, so sessions cannot have them");

pub(super) const ROWS: &[Row] = &[
    row("launcher-sessions-enabled", Flag, "0", "Has sessions started by the launcher.", ALWAYS),
    row("launcher-address", Host, "", "The launcher's address.", IN_ONE_PROGRAM),
    row("launcher-port", PORT, "5559", "The launcher's port.", IN_ONE_PROGRAM),
    row("launcher-use-ssl", Flag, "0", "Speaks TLS with the launcher.", IN_ONE_PROGRAM),
    row("launcher-verify-ssl-certs", Flag, "1", "Checks the launcher's certificate.", IN_ONE_PROGRAM),
    row("launcher-default-cluster", Text, "", "The cluster that sessions run on; the first one when empty.", Used),
    row(
        "launcher-sessions-clusters",
        Words,
        "",
        "The clusters for sessions. One server has one: that of launcher-default-cluster, or else the first of these.",
        Used,
    ),
    row("launcher-adhoc-clusters", Words, "", "The clusters for jobs; all when empty.", NOT_BUILT),
    row("launcher-sessions-callback-address", Url, "", "Where sessions reach the server.", DIALS),
    row(
        "launcher-sessions-callback-verify-ssl-certs",
        Flag,
        "1",
        "Has sessions check the server's certificate.",
        DIALS,
    ),
    row("launcher-sessions-container-image", Text, "", "The image of sessions when nothing else says one.", Used),
    row("launcher-sessions-container-run-as-root", Flag, "0", "Runs containers of sessions as root.", NEVER_ROOT),
    row("launcher-sessions-create-container-user", Flag, "1", "Makes the user in the container.", NAMED_BY_AGENT),
    row(
        "launcher-sessions-create-container-user-mode",
        Text,
        "",
        "How the user is made; `nss` needs no root.",
        NAMED_BY_AGENT,
    ),
    row("launcher-sessions-init-container-run-user", Text, "", "The account of the init container.", ALWAYS_USER),
    row(
        "launcher-sessions-container-forward-groups",
        Flag,
        "1",
        "Gives the container the user's groups.",
        ALWAYS_GROUPS,
    ),
    row(
        "launcher-sessions-forward-environment",
        Flag,
        "1",
        "Hands the environment on to the session.",
        OWN_ENVIRONMENT,
    ),
    row(
        "launcher-sessions-forward-container-environment",
        Flag,
        "1",
        "The older name of launcher-sessions-forward-environment.",
        OWN_ENVIRONMENT,
    ),
    row("launcher-sessions-use-pam-password", Flag, "0", "Hands the password on to the session.", NO_PASSWORDS),
    row(
        "launcher-sessions-auto-update",
        Flag,
        "0",
        "Brings the session's programs in by an init container.",
        CARRIED_IN,
    ),
    row("launcher-sessions-init-container-image-name", Text, "", "That container's image.", Used),
    row("launcher-sessions-init-container-image-tag", Text, "", "The image's tag.", Used),
    row("launcher-positron-init-container-enabled", Flag, "", "Brings Positron in by an init container.", NO_POSITRON),
    row("launcher-positron-init-container-image-name", Text, "", "That container's image.", NO_POSITRON),
    row("launcher-positron-init-container-image-tag", Text, "", "The image's tag.", NO_POSITRON),
    row(
        "launcher-sessions-proxy-timeout-seconds",
        WHOLE,
        "30",
        "How long a request waits for a session.",
        NoEffect("answers may take as long as they take"),
    )
    .unit("seconds"),
    row(
        "launcher-sessions-connection-timeout-seconds",
        WHOLE,
        "",
        "How long connecting to a session may take.",
        NO_DIAL,
    )
    .unit("seconds"),
    row("launcher-sessions-exe", Path, "", "The program of sessions.", ONE_AGENT),
];
