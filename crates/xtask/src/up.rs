//! `cargo xtask up`: from a clone to a running Carrel.

mod data;
mod serve;

use crate::{
    install::{self, debian},
    places::{self, Places},
    programs::{self, Profile},
    screen::{Done, Screen},
};
use anyhow::{Context, bail};
use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
};

/// Where servers look for configuration files, last.
const USUAL_CONFIG: &str = "/etc/rstudio";

/// What can be chosen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The port to listen on, at localhost
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Where the database and the running sessions are kept [default: the data folder of the server's account]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Keeps the database in a PostgreSQL of its own, in the data folder, instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// Also installs R and its kernel for Jupyter (as root)
    #[arg(long)]
    with_r: bool,
}

pub(crate) fn run(screen: &Screen, options: &Options) -> anyhow::Result<()> {
    let mut places = Places::find()?;
    if options.postgres {
        // Sessions belong to the rows of one database: another database has another folder.
        places.data = places.data.with_file_name("carrel-postgres");
    }
    if let Some(folder) = &options.data_dir {
        places.data = std::path::absolute(folder)?;
    }
    check_port(options.port)?;
    debian::packages(screen, &places, &packages(options))?;
    account(screen, &places)?;
    let node = install::node(screen, &places)?;
    let ide_path = install::ides(screen, &places, &node)?;
    let programs = programs::build(screen, &places, &node, Profile::Quick)?;
    data::folder(screen, &places)?;
    let config = places.data.join("config");
    if options.postgres {
        places.config = vec![config.clone(), USUAL_CONFIG.into()];
    }
    // It ends after the server.
    let _postgres = options.postgres.then(|| data::postgres(screen, &places, &config)).transpose()?;
    data::test_user(screen, &places, &programs)?;
    let server = serve::Serve { places: &places, programs: &programs, ide_path: &ide_path, port: options.port };
    server.run(screen)
}

fn packages(options: &Options) -> Vec<&'static [&'static str]> {
    let wanted = [(true, debian::TO_RUN), (options.with_r, debian::R), (options.postgres, debian::POSTGRES)];
    wanted.into_iter().filter_map(|(wanted, packages)| wanted.then_some(packages)).collect()
}

/// Before anything that takes long: the port has to be free.
fn check_port(port: u16) -> anyhow::Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let other = port.checked_add(1).unwrap_or(8787);
            bail!(
                "port {port} is in use, perhaps by another Carrel.\n\
                 End what uses it, or choose another port: cargo xtask up --port {other}"
            )
        }
        Err(error) => Err(error).with_context(|| format!("port {port} cannot be used")),
    }
}

/// Makes the account that the server runs as, when this is root.
pub(crate) fn account(screen: &Screen, places: &Places) -> anyhow::Result<()> {
    if !places.as_account {
        return Ok(());
    }
    screen.step("Account", |_| {
        Ok(if places::make_account()? { Done::did(format!("made {}", places::ACCOUNT)) } else { Done::Nothing })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let text = check_port(port).unwrap_err().to_string();
        assert!(text.contains(&format!("port {port} is in use")) && text.contains("--port"), "{text}");
    }
}
