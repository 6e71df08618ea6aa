//! `jupyter.conf`, `vscode.conf`, `positron.conf` and the files beside them.

use super::{
    File, Format, LATER, LineKind, ON_THIS_HOST,
    Role::{self, NoEffect, NotSupported, Planned},
    Row, SUSPEND_AFTER, Sections, file, row,
};
use crate::value::{
    Kind::{Flag, Path, Text, Words},
    WHOLE,
};

pub(super) const FILES: &[File] = &[
    file("jupyter.conf", Format::Ini(Sections::None), "JupyterLab and Jupyter Notebook.", LATER, &[JUPYTER]),
    file("vscode.conf", Format::Ini(Sections::None), "VS Code.", LATER, &[VSCODE, EDITORS]),
    file("vscode.extensions.conf", EXTENSIONS, "Extensions that VS Code sessions install, one a line.", LATER, &[]),
    file("vscode-user-settings.json", Format::Json, "Settings that new users of VS Code begin with.", LATER, &[]),
    file("positron.conf", Format::Ini(Sections::None), "Positron.", NO_POSITRON, &[POSITRON, EDITORS]),
    file(
        "positron.extensions.conf",
        EXTENSIONS,
        "Extensions that Positron sessions install, one a line.",
        NO_POSITRON,
        &[],
    ),
    file(
        "positron-user-settings.json",
        Format::Json,
        "Settings that new users of Positron begin with.",
        NO_POSITRON,
        &[],
    ),
];

const EXTENSIONS: Format = Format::Lines(LineKind::Extension);
const NO_POSITRON: Role = NotSupported("Positron may not be offered by others; VS Code is there");
const FOUND: Role = Planned("what is found on the host is offered (`carrel serve --ide-path`)");
const ENTRY: Role = Planned("an entry of `carrel serve --ides` says it");
const AGENT_STARTS: Role = NoEffect("the agent starts the program itself");

const JUPYTER: &[Row] = &[
    row("labs-enabled", Flag, "0", "Offers JupyterLab.", FOUND),
    row("notebooks-enabled", Flag, "0", "Offers Jupyter Notebook.", FOUND),
    row("jupyter-exe", Path, "", "The program `jupyter`.", FOUND),
    row("lab-command", Text, "lab", "The command for JupyterLab.", ENTRY),
    row("notebook-command", Text, "notebook", "The command for Jupyter Notebook.", ENTRY),
    row("lab-version", Text, "auto", "The version of JupyterLab.", NoEffect("the program is asked")),
    row("notebook-version", Text, "auto", "The version of Jupyter Notebook.", NoEffect("the program is asked")),
    row("lab-args", Text, "--no-browser --allow-root --ip=0.0.0.0", "All arguments of JupyterLab.", ENTRY),
    row("notebook-args", Text, "--no-browser --allow-root --ip=0.0.0.0", "All arguments of Jupyter Notebook.", ENTRY),
    row("session-cull-minutes", WHOLE, "120", "Ends kernels without use after this long.", SUSPEND_AFTER)
        .unit("minutes"),
    row("session-shutdown-minutes", WHOLE, "5", "Ends the session this long after its last kernel.", SUSPEND_AFTER)
        .unit("minutes"),
    row("session-cull-connected", Flag, "", "Ends kernels that a browser is connected to, too.", LATER),
    row("session-clusters", Words, "", "The clusters for these sessions; rserver.conf says it now.", ON_THIS_HOST),
    row("default-session-cluster", Text, "", "The cluster chosen first; rserver.conf says it now.", ON_THIS_HOST),
    row("default-session-container-image", Text, "", "The image chosen first.", ON_THIS_HOST),
    row("session-container-images", Words, "", "The images offered.", ON_THIS_HOST),
    row("jupyter-session-path", Path, "", "The script that starts sessions.", AGENT_STARTS),
    row("session-no-profile", Flag, "", "Starts sessions without the shell's profile.", LATER),
    row("session-preflight-script", Path, "", "A script that runs before the session.", LATER),
];

const VSCODE: &[Row] = &[
    row("enabled", Flag, "0", "Offers VS Code.", FOUND),
    row("exe", Path, "/usr/lib/rstudio-server/bin/pwb-code-server/bin/code-server", "The program.", FOUND),
    row("vscode-session-path", Path, "", "The script that starts sessions.", AGENT_STARTS),
    row("user-data-dir", Path, "~/.vscode-server", "The folder of the user's settings and extensions.", ENTRY),
    row("session-clusters", Words, "", "The clusters for these sessions; rserver.conf says it now.", ON_THIS_HOST),
    row("default-session-cluster", Text, "", "The cluster chosen first; rserver.conf says it now.", ON_THIS_HOST),
];

const POSITRON: &[Row] = &[
    row("enabled", Flag, "1", "Offers Positron.", NO_POSITRON).since("2025.09"),
    row("exe", Path, "/usr/lib/rstudio-server/bin/positron-server/bin/positron-server", "The program.", NO_POSITRON),
    row("positron-session-path", Path, "", "The script that starts sessions.", NO_POSITRON),
    row("user-data-dir", Path, "~/.positron-server", "The folder of the user's settings and extensions.", NO_POSITRON),
];

/// What the files of both editors have.
const EDITORS: &[Row] = &[
    row("args", Text, "--host=0.0.0.0", "The program's arguments.", ENTRY),
    row("default-session-container-image", Text, "", "The image chosen first.", ON_THIS_HOST),
    row("session-container-images", Words, "", "The images offered.", ON_THIS_HOST),
    row("session-no-profile", Flag, "0", "Starts sessions without the shell's profile.", LATER),
    row("allow-file-downloads", Flag, "1", "Offers to download files.", LATER),
    row("allow-file-uploads", Flag, "1", "Offers to upload files.", LATER),
    row(
        "session-timeout-kill-hours",
        WHOLE,
        "0",
        "Ends a session without use after this long; 0 for never.",
        SUSPEND_AFTER,
    )
    .unit("hours"),
];
