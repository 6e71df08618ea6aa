//! `jupyter.conf`, `vscode.conf`, `positron.conf` and the files beside them.

use super::{
    File, Format, LineKind, ONE_CLUSTER,
    Role::{self, NoEffect, NotSupported, Used},
    Row, Sections, file, row,
};
use crate::value::{
    Kind::{Flag, Path, Text, Words},
    WHOLE,
};

pub(super) const FILES: &[File] = &[
    file("jupyter.conf", Format::Ini(Sections::None), "JupyterLab and Jupyter Notebook.", Used, &[JUPYTER]),
    file("vscode.conf", Format::Ini(Sections::None), "VS Code.", Used, &[VSCODE]),
    file("vscode.extensions.conf", EXTENSIONS, "Extensions that VS Code sessions install, one a line.", Used, &[]),
    file("vscode-user-settings.json", Format::Json, "Settings that new users of VS Code begin with.", Used, &[]),
    file("positron.conf", Format::Ini(Sections::None), "Positron.", NO_POSITRON, &[POSITRON]),
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
const NO_PROFILE: Role = NoEffect("no shell starts them: variables stand in launcher-env");
const NO_SCRIPT: Role = NotSupported("no script runs: variables stand in launcher-env");
const AGENT_STARTS: Role = NoEffect("the agent starts the program itself");

const JUPYTER: &[Row] = &[
    row("labs-enabled", Flag, "0", "Offers JupyterLab.", Used),
    row("notebooks-enabled", Flag, "0", "Offers Jupyter Notebook.", Used),
    row("jupyter-exe", Path, "", "The program `jupyter`.", Used),
    row("lab-command", Text, "lab", "The command for JupyterLab.", Used),
    row("notebook-command", Text, "notebook", "The command for Jupyter Notebook.", Used),
    row("lab-version", Text, "auto", "The version of JupyterLab.", NoEffect("the program is asked")),
    row("notebook-version", Text, "auto", "The version of Jupyter Notebook.", NoEffect("the program is asked")),
    row("lab-args", Text, "--no-browser --allow-root --ip=0.0.0.0", "All arguments of JupyterLab.", Used),
    row("notebook-args", Text, "--no-browser --allow-root --ip=0.0.0.0", "All arguments of Jupyter Notebook.", Used),
    row("session-cull-minutes", WHOLE, "120", "Ends kernels without use after this long.", Used).unit("minutes"),
    row("session-shutdown-minutes", WHOLE, "5", "Ends the session this long after its last kernel.", Used)
        .unit("minutes"),
    row("session-cull-connected", Flag, "1", "Ends kernels that a browser is connected to, too.", Used),
    row("session-clusters", Words, "", "The clusters for these sessions; rserver.conf says it now.", ONE_CLUSTER),
    row("default-session-cluster", Text, "", "The cluster chosen first; rserver.conf says it now.", ONE_CLUSTER),
    row("default-session-container-image", Text, "", "The image chosen first.", Used),
    row("session-container-images", Words, "", "The images offered, of those that a person may have.", Used),
    row("jupyter-session-path", Path, "", "The script that starts sessions.", AGENT_STARTS),
    row("session-no-profile", Flag, "", "Starts sessions without the shell's profile.", NO_PROFILE),
    row("session-preflight-script", Path, "", "A script that runs before the session.", NO_SCRIPT),
];

const VSCODE: &[Row] = &[
    row("enabled", Flag, "0", "Offers VS Code.", Used),
    row("exe", Path, "/usr/lib/rstudio-server/bin/pwb-code-server/bin/code-server", "The program.", Used),
    row("vscode-session-path", Path, "", "The script that starts sessions.", AGENT_STARTS),
    row("user-data-dir", Path, "~/.vscode-server", "The folder of the user's settings and extensions.", Used),
    row("session-clusters", Words, "", "The clusters for these sessions; rserver.conf says it now.", ONE_CLUSTER),
    row("default-session-cluster", Text, "", "The cluster chosen first; rserver.conf says it now.", ONE_CLUSTER),
    row("args", Text, "--host=0.0.0.0", "The program's arguments.", Used),
    row("default-session-container-image", Text, "", "The image chosen first.", Used),
    row("session-container-images", Words, "", "The images offered, of those that a person may have.", Used),
    row("session-no-profile", Flag, "0", "Starts sessions without the shell's profile.", NO_PROFILE),
    row("allow-file-downloads", Flag, "1", "Offers to download files.", Used),
    row("allow-file-uploads", Flag, "1", "Offers to upload files.", Used),
    row("session-timeout-kill-hours", WHOLE, "0", "Ends a session without use after this long; 0 for never.", Used)
        .unit("hours"),
];

const POSITRON: &[Row] = &[
    row("enabled", Flag, "1", "Offers Positron.", NO_POSITRON).since("2025.09"),
    row("exe", Path, "/usr/lib/rstudio-server/bin/positron-server/bin/positron-server", "The program.", NO_POSITRON),
    row("positron-session-path", Path, "", "The script that starts sessions.", NO_POSITRON),
    row("user-data-dir", Path, "~/.positron-server", "The folder of the user's settings and extensions.", NO_POSITRON),
    row("args", Text, "--host=0.0.0.0", "The program's arguments.", NO_POSITRON),
    row("default-session-container-image", Text, "", "The image chosen first.", NO_POSITRON),
    row("session-container-images", Words, "", "The images offered.", NO_POSITRON),
    row("session-no-profile", Flag, "0", "Starts sessions without the shell's profile.", NO_POSITRON),
    row("allow-file-downloads", Flag, "1", "Offers to download files.", NO_POSITRON),
    row("allow-file-uploads", Flag, "1", "Offers to upload files.", NO_POSITRON),
    row(
        "session-timeout-kill-hours",
        WHOLE,
        "0",
        "Ends a session without use after this long; 0 for never.",
        NO_POSITRON,
    )
    .unit("hours"),
];
