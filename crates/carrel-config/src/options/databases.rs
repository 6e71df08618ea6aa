//! `database.conf` and the database of ended sessions.

use super::{
    File, Format,
    Role::{self, NoEffect, Used},
    Row, Sections, file, row,
};
use crate::value::{
    Kind::{Choice, Path, Text},
    PORT, WHOLE,
};

pub(super) const FILES: &[File] = &[
    file("database.conf", Format::Ini(Sections::None), "The database.", Used, &[DATABASE]).secret(),
    file(
        "audit-database.conf",
        Format::Ini(Sections::None),
        "A second database for ended sessions and their use.",
        ONE_DATABASE,
        &[AUDIT],
    )
    .secret(),
];

const ONE_DATABASE: Role = NoEffect("ended sessions are in the one database");

const DATABASE: &[Row] = &rows(Used);
const AUDIT: &[Row] = &rows(ONE_DATABASE);

const fn rows(role: Role) -> [Row; 10] {
    [
        row("provider", Choice(&["sqlite", "postgresql"]), "sqlite", "Which database it is.", role),
        row("directory", Path, "", "The folder of SQLite's file; without it the data folder.", role),
        row("connection-uri", Text, "", "PostgreSQL's address in one, with libpq's parameters.", role).secret(),
        row("password", Text, "", "The password, plain or by `carrel config encrypt-password`.", role).secret(),
        row("host", Text, "localhost", "PostgreSQL's host, or the folder of its socket.", role),
        row("port", PORT, "5432", "PostgreSQL's port.", role),
        row("database", Text, "", "The database's name.", role),
        row("username", Text, "", "The user who connects.", role),
        row("pool-size", WHOLE, "", "How many connections are kept; without it two for each CPU, from 4 to 20.", role)
            .unit("connections"),
        row("connection-timeout-seconds", WHOLE, "10", "How long connecting may take.", role).unit("seconds"),
    ]
}
