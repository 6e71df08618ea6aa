//! SQL on SQLite and PostgreSQL.
