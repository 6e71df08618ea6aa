//! What a database says of itself.

use crate::{Result, Store, db::On};

/// A database, for those who look whether it will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Program and version.
    pub product: String,
    /// Whether tables may be made in it.
    pub may_make_tables: bool,
}

impl Store {
    /// Asks for program, version and rights. Nothing is changed.
    pub async fn about(&self) -> Result<About> {
        match self.pool() {
            On::Pg(pool) => {
                let sql = "SELECT current_setting('server_version'), \
                           COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)";
                let (version, may_make_tables): (String, bool) = sqlx::query_as(sql).fetch_one(pool).await?;
                Ok(About { product: format!("PostgreSQL {version}"), may_make_tables })
            }
            On::Sqlite(pool) => {
                let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
                // Who may write the file may make tables; a file that cannot be written is not opened.
                Ok(About { product: format!("SQLite {version}"), may_make_tables: true })
            }
        }
    }
}
