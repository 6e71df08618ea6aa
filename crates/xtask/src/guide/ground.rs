//! A fresh cluster with all that the guide presupposes: images within its reach, and a PostgreSQL.

use crate::{
    cluster::{self, Place},
    images::{self, Builder},
    install::{
        Kubernetes,
        traefik::{self, traefik},
    },
    places::Places,
    postgres::Postgres,
    programs::Programs,
    screen::{Done, Screen, say},
    test::e2e,
};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The database and its owner.
const DATABASE: &str = "workbench";
/// Passwords have letters that shells and files like to misread.
const PASSWORD: &str = "it's 1 of many & long";
/// A registry that nobody has: the images in it are on the nodes already.
const REGISTRY: &str = "registry.example.com";

/// The cluster, as long as there is work on it.
pub(crate) struct Ground<'a> {
    pub(crate) place: Place,
    pub(crate) kubernetes: Kubernetes,
    places: &'a Places,
    postgres: Option<Postgres<'a>>,
}

impl<'a> Ground<'a> {
    /// Works on one of this name with the images of this clone, and takes it down whatever comes of it. When the work fails,
    /// what the cluster says of it is written down.
    pub(crate) fn with<T>(
        screen: &Screen,
        places: &'a Places,
        programs: impl FnOnce() -> anyhow::Result<Programs>,
        name: &str,
        work: impl FnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        // What is compiled comes last: beside this, others may compile it.
        let builder = images::builder(screen, places)?;
        let session = images::session(screen, places, &builder, None)?;
        // In place of one that an interrupted run has left.
        cluster::down(screen, places, name)?;
        let place = cluster::up(screen, places, name, 1)?;
        let mut ground = Self { place, kubernetes: Kubernetes::of(places)?, places, postgres: None };
        let result = ground.furnish(screen, &builder, session, programs).and_then(|()| work(&ground));
        if result.is_err() {
            ground.diagnose();
        }
        ground.end(screen)?;
        result
    }

    fn furnish(
        &mut self,
        screen: &Screen,
        builder: &Builder,
        session: PathBuf,
        programs: impl FnOnce() -> anyhow::Result<Programs>,
    ) -> anyhow::Result<()> {
        let traefik = traefik(screen, self.places)?;
        cluster::load(screen, &self.place, &[session, traefik])?;
        let postgres =
            screen.step_with("PostgreSQL", |_| Ok((Done::did("started"), database(self.places, &self.place)?)))?;
        self.postgres = Some(postgres);
        cluster::load(screen, &self.place, &[images::server(screen, self.places, builder, &programs()?)?])?;
        cluster::tag(&self.place, images::SERVER, &format!("{REGISTRY}/carrel/server:custom"))?;
        cluster::tag(&self.place, images::SESSION, &format!("{REGISTRY}/carrel/session:custom"))
    }

    /// What stands for each `<NAME>` of the guide.
    pub(super) fn given(&self) -> BTreeMap<String, String> {
        let given = [
            ("STORAGE_CLASS", "standard".to_owned()),
            ("USERNAME", DATABASE.into()),
            ("DATABASE", DATABASE.into()),
            ("HOST", self.place.host().to_string()),
            ("PORT", "5432".into()),
            // Between single quotes.
            ("PASSWORD", PASSWORD.replace('\'', r"'\''")),
            ("LICENSE", "none".into()),
            ("REGISTRY", REGISTRY.into()),
            ("TRAEFIK_IMAGE", traefik::IMAGE.into()),
        ];
        given.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Writes down what the cluster says, beside its own logs, for whoever has to find out why something failed.
    pub(crate) fn diagnose(&self) {
        let questions: &[(&str, &[&str])] = &[
            ("objects", &["get", "all,events,pvc,ingress,networkpolicy", "--all-namespaces", "--output=wide"]),
            ("pods", &["describe", "pods", "--all-namespaces"]),
            (
                "server",
                &["logs", "--all-namespaces", "--selector=app.kubernetes.io/name=rstudio-workbench", "--tail=2000"],
            ),
            (
                "sessions",
                &["logs", "--all-namespaces", "--selector=carrel.dev/session", "--tail=500", "--all-containers"],
            ),
        ];
        for (name, arguments) in questions {
            let said = cluster::client(&self.place, &self.kubernetes, "kubectl").args(*arguments).output();
            let text = said.map(|out| [out.stdout, out.stderr].concat()).unwrap_or_default();
            // What cannot be written here is no reason to hide what went wrong.
            let _ = fs::write(self.place.logs().join(format!("said-{name}.txt")), text);
        }
        say(&format!(
            "What the cluster says is in {} (or, once it is down, {}).",
            self.place.logs().display(),
            self.place.last_logs().display()
        ));
    }

    /// Stops everything.
    fn end(self, screen: &Screen) -> anyhow::Result<()> {
        if let Some(postgres) = self.postgres {
            e2e::remove(postgres)?;
        }
        cluster::down(screen, self.places, &self.place.name)
    }
}

/// A PostgreSQL on the bridge of the cluster: outside of it, as the guide supposes.
fn database<'a>(places: &'a Places, place: &Place) -> anyhow::Result<Postgres<'a>> {
    let postgres = e2e::postgres_with(places, |folder| {
        // Who comes by the socket is the account of the server; who comes by the network has a password.
        let rules = folder.join("pg_hba.conf");
        fs::write(&rules, "local all all trust\nhost all all 10.0.0.0/8 scram-sha-256\n")?;
        Ok(vec![format!("listen_addresses={}", place.host()), format!("hba_file={}", rules.display())])
    })?;
    postgres.account(DATABASE, PASSWORD)?;
    Ok(postgres)
}
