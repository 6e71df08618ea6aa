//! `rsession.conf`: RStudio sessions.

use super::{File, Format, NOT_BUILT, ONE_AGENT, Role, Role::Used, Row, Sections, file, row};
use crate::value::{
    Kind::{Choice, Flag, Path, Text, Url, Whole},
    WHOLE,
};

pub(super) const FILES: &[File] = &[file(
    "rsession.conf",
    Format::Ini(Sections::None),
    "RStudio sessions: when they are suspended, and what people may do in them.",
    Used,
    &[LIFE, ENVIRONMENT, MAY, R],
)];

/// RStudio is handed the line, and does it.
const BY_THE_IDE: Role = Used;

const LIFE: &[Row] = &[
    row("session-timeout-minutes", WHOLE, "120", "Suspends a session after this long without use; 0 for never.", Used)
        .unit("minutes"),
    row("session-timeout-suspend", Flag, "1", "Suspends the session then, instead of quitting it.", Used),
    row(
        "session-quit-child-processes-on-exit",
        Flag,
        "0",
        "Ends the session's child processes with it.",
        Role::NoEffect("no process of a session is left behind"),
    ),
    row("session-timeout-kill-hours", WHOLE, "0", "Ends a session without use after this long; 0 for never.", Used)
        .unit("hours"),
    row(
        "session-disconnected-timeout-minutes",
        WHOLE,
        "0",
        "Ends a session that no browser is connected to; 0 for never.",
        BY_THE_IDE,
    )
    .unit("minutes"),
    row(
        "session-connections-block-suspend",
        Flag,
        "1",
        "Does not suspend a session with open connections.",
        BY_THE_IDE,
    ),
    row(
        "session-external-pointers-block-suspend",
        Flag,
        "1",
        "Does not suspend a session with external pointers.",
        BY_THE_IDE,
    ),
    row(
        "session-suspend-on-incomplete-statement",
        Flag,
        "0",
        "Suspends a session in the middle of a statement.",
        BY_THE_IDE,
    ),
    row(
        "session-save-action-default",
        Choice(&["yes", "no", "ask"]),
        "",
        "Whether quitting saves the workspace.",
        BY_THE_IDE,
    ),
    row("abort-free-mem-percent", Whole(0, 100), "5", "Ends a session when this little memory is free.", BY_THE_IDE)
        .unit("percent"),
];

const ENVIRONMENT: &[Row] = &[
    row("session-preflight-script", Path, "", "A script that runs before the session.", BY_THE_IDE),
    row("session-create-public-folder", Flag, "0", "Makes a public folder in the user's home.", BY_THE_IDE),
    row("session-create-profile", Flag, "0", "Makes an .Rprofile in the user's home.", BY_THE_IDE),
    row("session-rprofile-on-resume-default", Flag, "0", "Runs .Rprofile when a session is resumed.", BY_THE_IDE),
    row("session-default-working-dir", Path, "", "The folder that sessions begin in.", Used),
    row("session-default-new-project-dir", Path, "~", "The folder for new projects.", BY_THE_IDE),
    row("show-help-home", Flag, "0", "Shows the home page of the help at the start.", BY_THE_IDE),
    row("session-default-console-term", Text, "xterm-256color", "The terminal type of the console.", BY_THE_IDE),
    row("session-default-console-clicolor-force", Flag, "1", "Has programs in the console use colours.", BY_THE_IDE),
    row("session-first-project-template-path", Path, "", "The template of a user's first project.", BY_THE_IDE),
    row("default-rsconnect-server", Url, "", "The server that sessions publish to.", BY_THE_IDE),
    row("websocket-ping-seconds", WHOLE, "10", "How often the terminal's websocket is pinged.", BY_THE_IDE)
        .unit("seconds"),
    row("websocket-connect-timeout", WHOLE, "3", "How long its connecting may take.", BY_THE_IDE).unit("seconds"),
    row("websocket-log-level", WHOLE, "0", "How much is logged about it.", BY_THE_IDE),
    row("websocket-handshake-timeout", WHOLE, "5000", "How long its handshake may take.", BY_THE_IDE)
        .unit("milliseconds"),
    row("package-output-to-package-folder", Flag, "0", "Builds packages into their own folder.", BY_THE_IDE),
    row(
        "session-port-range",
        Text,
        "",
        "The ports of sessions, as `lower-upper`.",
        Role::NoEffect("sessions listen on sockets of their own, not on ports"),
    ),
    row(
        "session-ephemeral-env-vars",
        Text,
        "",
        "Variables that are not kept over a suspend, with colons between them.",
        BY_THE_IDE,
    ),
    row("session-async-rpc-enabled", Flag, "1", "Answers slow calls later.", BY_THE_IDE),
    row("session-async-rpc-timeout-ms", WHOLE, "200", "From when on a call is slow.", BY_THE_IDE).unit("milliseconds"),
    row("session-handle-offline-enabled", Flag, "1", "Answers while R is busy.", BY_THE_IDE),
    row("session-handle-offline-timeout-ms", WHOLE, "200", "From when on R is busy.", BY_THE_IDE).unit("milliseconds"),
    row("session-project-user-data-dir", Path, "", "The folder of projects' own data.", BY_THE_IDE),
    row("session-allow-project-user-data-dir-override", Flag, "1", "Lets people choose that folder.", BY_THE_IDE),
    row("open-files", Text, "", "Files that a session opens at its start.", BY_THE_IDE),
    row("copilot-enabled", Flag, "0", "Offers Copilot.", BY_THE_IDE),
    row("managed-credentials-in-jobs-enabled", Flag, "0", "Hands managed credentials to jobs.", NOT_BUILT),
];

const MAY: &[Row] = &[
    row("allow-vcs", Flag, "1", "Offers version control.", BY_THE_IDE),
    row("allow-vcs-executable-edit", Flag, "1", "Lets people choose the program of version control.", BY_THE_IDE),
    row("allow-r-cran-repos-edit", Flag, "1", "Lets people choose the package repositories.", BY_THE_IDE),
    row("allow-package-installation", Flag, "1", "Offers to install packages.", BY_THE_IDE),
    row("allow-shell", Flag, "1", "Offers a shell.", BY_THE_IDE),
    row("allow-terminal-websockets", Flag, "1", "Lets the terminal use a websocket.", BY_THE_IDE),
    row("allow-file-downloads", Flag, "1", "Offers to download files.", BY_THE_IDE),
    row("allow-file-uploads", Flag, "1", "Offers to upload files.", BY_THE_IDE),
    row("allow-remove-public-folder", Flag, "1", "Offers to remove the public folder.", BY_THE_IDE),
    row("allow-rpubs-publish", Flag, "1", "Offers to publish on RPubs.", BY_THE_IDE),
    row("allow-external-publish", Flag, "1", "Offers to publish outside.", BY_THE_IDE),
    row("allow-publish", Flag, "1", "Offers to publish.", BY_THE_IDE),
    row("allow-full-ui", Flag, "1", "Shows the whole of RStudio.", BY_THE_IDE),
    row("allow-launcher-jobs", Flag, "1", "Offers jobs.", BY_THE_IDE),
    row("allow-presentation-commands", Flag, "0", "Lets presentations run commands.", BY_THE_IDE),
    row(
        "allow-over-limit-sessions",
        Flag,
        "0",
        "Lets people have more sessions than the license says.",
        super::NO_LICENSE,
    ),
    row("allow-pai", Flag, "0", "Offers the maker's assistant.", BY_THE_IDE),
    row("limit-file-upload-size-mb", WHOLE, "0", "The largest file that may be uploaded; 0 for no limit.", BY_THE_IDE)
        .unit("MB"),
    row("limit-cpu-time-minutes", WHOLE, "0", "How much CPU time a session may use; 0 for no limit.", BY_THE_IDE)
        .unit("minutes"),
    row("limit-xfs-disk-quota", Flag, "0", "Shows the user's disk quota.", BY_THE_IDE),
    row("restrict-directory-view", Flag, "0", "Keeps people within their own folders.", BY_THE_IDE),
    row("directory-view-allowlist", Text, "", "Folders that they may see besides.", BY_THE_IDE),
];

const R: &[Row] = &[
    row("r-libs-user", Path, "", "The folder of the user's packages.", Used),
    row("r-cran-repos", Text, "", "The package repository.", Used),
    row("r-cran-repos-file", Path, "", "The file read instead of repos.conf.", Used),
    row("r-cran-repos-url", Url, "", "Where a list of repositories is fetched.", BY_THE_IDE),
    row("r-auto-reload-source", Flag, "", "Reloads files that changed.", BY_THE_IDE),
    row(
        "r-restore-workspace",
        Whole(0, 2),
        "2",
        "Whether a session loads the saved workspace; 2 for as R says.",
        BY_THE_IDE,
    ),
    row("r-run-rprofile", Whole(0, 2), "2", "Whether a session runs .Rprofile; 2 for as R says.", BY_THE_IDE),
    row("r-doc-dir-override", Path, "", "The folder of R's documentation.", ONE_AGENT),
];
