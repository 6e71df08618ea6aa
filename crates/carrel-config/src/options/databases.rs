//! `database.conf` and the database of ended sessions.

use super::{
    File, Format,
    Role::{self, NoEffect, Planned},
    Row, Sections, file, row,
};
use crate::value::{
    Kind::{Choice, Host, Path, Text},
    PORT, WHOLE,
};

pub(super) const FILES: &[File] = &[
    file("database.conf", Format::Ini(Sections::None), "The database.", NAMED, &[DATABASE]).secret(),
    file(
        "audit-database.conf",
        Format::Ini(Sections::None),
        "A second database for ended sessions and their use.",
        ONE_DATABASE,
        &[DATABASE],
    )
    .secret(),
];

const NAMED: Role = Planned("`carrel serve --database` names the database");
const ONE_DATABASE: Role = NoEffect("ended sessions are in the one database");

const DATABASE: &[Row] = &[
    row("provider", Choice(&["sqlite", "postgresql"]), "sqlite", "Which database it is.", NAMED),
    row("directory", Path, "", "The folder of SQLite's file.", NAMED),
    row("connection-uri", Text, "", "PostgreSQL's address in one.", NAMED).secret(),
    row("password", Text, "", "The password, when the address does not hold it.", NAMED).secret(),
    row("host", Host, "localhost", "PostgreSQL's host.", NAMED),
    row("port", PORT, "5432", "PostgreSQL's port.", NAMED),
    row("database", Text, "", "The database's name.", NAMED),
    row("username", Text, "", "The user who connects.", NAMED),
    row("pool-size", WHOLE, "", "How many connections are kept.", NAMED).unit("connections"),
    row("connection-timeout-seconds", WHOLE, "", "How long connecting may take.", NAMED).unit("seconds"),
];
