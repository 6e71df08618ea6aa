//! What sessions are given: repositories, versions of R, mounts, environment.

use super::{
    File, Format,
    Role::{self, NoEffect, NotSupported, Used},
    Row, file, row,
};
use crate::value::{
    Kind::{Choice, Environment, Flag, Host, Path, Some, Text},
    PORT,
};

pub(super) const FILES: &[File] = &[
    file("repos.conf", Format::Names, "Package repositories of R, as `NAME=url`; one of them is CRAN.", Used, &[]),
    file("r-versions", Format::Blocks, "Versions of R that people choose from, a block each.", Used, &[R_VERSIONS]),
    file("rstudio-prefs.json", Format::Json, "Preferences that RStudio's users begin with.", Used, &[]),
    file("pip.conf", Format::Opaque, "Where pip finds packages.", Used, &[]),
    file("odbc.ini", Format::Opaque, "Data sources of ODBC.", NO_ODBC, &[]).secret(),
    file("launcher-mounts", Format::Dcf, "What is mounted into sessions, a block each.", Used, &[FOR_WHOM, MOUNTS]),
    file("launcher-env", Format::Dcf, "Variables of sessions' environment, in blocks.", Used, &[FOR_WHOM, ENVIRONMENT]),
    file("launcher-ports", Format::Dcf, "Ports of sessions, in blocks.", NO_PORTS, &[FOR_WHOM_PORTS, PORTS]),
    file(
        "notifications.conf",
        Format::Dcf,
        "What people are told between two times, a block each.",
        Used,
        &[NOTIFICATIONS],
    ),
    file("env-vars", Format::Names, "Variables of the server's environment, as `NAME=value`.", Used, &[]).secret(),
];

const NO_ODBC: Role = NoEffect("ODBC itself reads it, from /etc and from the home folder");
const NO_PORTS: Role = NoEffect("sessions listen on sockets of their own, not on ports");

const NOTHING_BEFORE: Role = NotSupported("nothing runs before R");

const R_VERSIONS: &[Row] = &[
    row(
        "Path",
        Path,
        "",
        "The folder of this R. The first one is that of sessions for which no other is chosen.",
        Used,
    ),
    row("Label", Text, "", "What people see; the folder when not set.", Used),
    row("Module", Text, "", "The environment module that has to be loaded.", NOTHING_BEFORE),
    row("Script", Path, "", "A script that runs before this R.", NOTHING_BEFORE),
    row("Repo", Text, "", "The package repository of this R, or a file with repositories.", Used),
    row("Library", Path, "", "The folder of this R's packages.", Used),
];

const WORKBENCHES: &[&str] = &["rstudio", "jupyterlab", "jupyter notebook", "jupyter", "vscode", "positron", "any"];

/// The fields that say which sessions a block is for.
const fn for_whom(role: Role) -> [Row; 3] {
    [
        row("JobType", Some(&["session", "adhoc", "any"]), "any", "Sessions or jobs.", role),
        row("Workbench", Some(WORKBENCHES), "any", "Which IDEs.", role),
        row("Cluster", Text, "", "Which cluster; any when not set.", role),
    ]
}

const FOR_WHOM: &[Row] = &for_whom(Used);
const FOR_WHOM_PORTS: &[Row] = &for_whom(NO_PORTS);

const MOUNT_TYPES: &[&str] =
    &["Host", "NFS", "CephFs", "GlusterFs", "AzureFile", "KubernetesPersistentVolumeClaim", "Passthrough"];

const MOUNTS: &[Row] = &[
    row("MountType", Choice(MOUNT_TYPES), "", "What is mounted: Host, NFS or KubernetesPersistentVolumeClaim.", Used),
    row("MountPath", Path, "", "Where the session sees it.", Used),
    row("Path", Path, "", "Where it is on its host.", Used),
    row("Host", Host, "", "The host that has it.", Used),
    row("ClaimName", Text, "", "The claim that has it.", Used),
    row("SubPath", Path, "", "The folder of the claim.", Used),
    row("ReadOnly", Flag, "0", "Whether sessions may not write there.", Used),
    row("User", Text, "", "Which user; any when not set.", Used),
];

const ENVIRONMENT: &[Row] = &[row("Environment", Environment, "", "The variables, a line each.", Used)];
const PORTS: &[Row] = &[row("Port", PORT, "", "The port.", NO_PORTS)];

const NOTIFICATIONS: &[Row] = &[
    row("StartTime", Text, "", "From when on, as `2026-11-22T09:00Z`.", Used),
    row("EndTime", Text, "", "Until when.", Used),
    row("Message", Text, "", "What people are told.", Used),
];
