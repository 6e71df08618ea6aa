//! The tables, and how they come to be.

use crate::{
    db::{On, on},
    open::{OpenError, Store, open_error},
};
use sqlx::{PgConnection, Postgres, SqliteConnection, Transaction};

/// One step of the tables' history.
struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    /// The oldest program, by the number of migrations it knows, that can work with the tables after this one. Only a
    /// migration that takes something away raises it, one release after nothing uses that any more.
    needs: i64,
}

macro_rules! migrations {
    ($($name:literal needs $needs:literal;)*) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
            needs: $needs,
        }),*]
    };
}

/// In order, never changed once released.
const MIGRATIONS: &[Migration] = migrations! {
    "0001_first" needs 1;
    "0002_groups" needs 1;
    "0003_accounts" needs 1;
};

type Tx<'a> = On<Transaction<'a, Postgres>, Transaction<'a, sqlx::Sqlite>>;

fn conn<'t>(tx: &'t mut Tx<'_>) -> On<&'t mut PgConnection, &'t mut SqliteConnection> {
    match tx {
        On::Pg(tx) => On::Pg(tx),
        On::Sqlite(tx) => On::Sqlite(tx),
    }
}

impl Store {
    /// Brings the tables up to date, all steps or none. Replicas may do so at the same time: one does, the others
    /// wait and find it done.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        self.migrate_with(MIGRATIONS).await
    }

    async fn migrate_with(&self, migrations: &[Migration]) -> Result<(), OpenError> {
        let place = &self.0.place;
        let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        let _alone = self.0.writer.lock().await;
        let done = async {
            let mut tx = match self.pool() {
                On::Pg(pool) => On::Pg(pool.begin().await?),
                On::Sqlite(pool) => On::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            };
            lock(&mut tx).await?;
            let found = found(&mut tx).await?;
            if found.needs > known {
                return Ok(Some(found.count));
            }
            let from = usize::try_from(found.count).unwrap_or(0);
            for (at, migration) in migrations.iter().enumerate().skip(from) {
                step(&mut tx, at, migration).await?;
            }
            on!(tx, tx => tx.commit().await)?;
            Ok(None)
        };
        match done.await {
            Ok(None) => Ok(()),
            Ok(Some(found)) => Err(OpenError::NewerThanProgram { place: place.to_string(), found, known }),
            Err(error) => Err(open_error(place, &error)),
        }
    }
}

/// One replica at a time. SQLite's transaction is alone already.
async fn lock(tx: &mut Tx<'_>) -> sqlx::Result<()> {
    if let On::Pg(tx) = tx {
        // Any number that nobody else uses: the letters of “carrel”.
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(0x0063_6172_7265_6c00_i64).execute(&mut **tx).await?;
    }
    Ok(())
}

struct Found {
    count: i64,
    needs: i64,
}

async fn found(tx: &mut Tx<'_>) -> sqlx::Result<Found> {
    const TABLE: &str =
        "CREATE TABLE IF NOT EXISTS migrations (number bigint PRIMARY KEY, name text NOT NULL, needs bigint NOT NULL)";
    const COUNT: &str = "SELECT COALESCE(MAX(number), 0), COALESCE(MAX(needs), 0) FROM migrations";
    on!(conn(tx), c => sqlx::raw_sql(TABLE).execute(c).await.map(drop))?;
    let (count, needs) = on!(conn(tx), c => sqlx::query_as::<_, (i64, i64)>(COUNT).fetch_one(c).await)?;
    Ok(Found { count, needs })
}

async fn step(tx: &mut Tx<'_>, at: usize, migration: &Migration) -> sqlx::Result<()> {
    const RECORD: &str = "INSERT INTO migrations (number, name, needs) VALUES ($1, $2, $3)";
    let number = i64::try_from(at).unwrap_or(i64::MAX - 1) + 1;
    match tx {
        On::Pg(tx) => sqlx::raw_sql(migration.postgres).execute(&mut **tx).await.map(drop),
        On::Sqlite(tx) => sqlx::raw_sql(migration.sqlite).execute(&mut **tx).await.map(drop),
    }?;
    crate::db::run!(conn(tx), RECORD, number, migration.name, migration.needs)?;
    Ok(())
}

#[cfg(test)]
pub(crate) fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|migration| migration.name).collect()
}
