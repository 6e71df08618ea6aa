//! Packages of the system.

use crate::{
    places::Places,
    screen::{Done, Screen},
};
use anyhow::bail;
use std::{collections::BTreeSet, process::Command};

/// What `up` needs: the Python of the system, and what code-server compiles itself with.
pub(crate) const TO_RUN: &[&str] = &["g++", "libkrb5-dev", "libsecret-1-dev", "make", "python3-venv"];
/// R, and its kernel for Jupyter.
pub(crate) const R: &[&str] = &["r-base-core", "r-cran-irkernel"];
/// The database of several servers.
pub(crate) const POSTGRES: &[&str] = &["postgresql"];
/// What the tests need besides.
pub(crate) const TO_TEST: &[&str] = &["chromium", "graphite-carbon", "openssl", "postgresql"];

/// The peers that the bench compares Carrel with, and what starts programs that end together with it.
pub(crate) const TO_BENCH: &[&str] = &["haproxy", "nginx", "util-linux"];

/// What a node of a cluster runs on, and what makes its namespaces, its network and its certificates.
pub(crate) const CLUSTER: &[&str] = &[
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "iproute2",
    "iptables",
    "nftables",
    "openssl",
    "runc",
    "util-linux",
];
/// What builds images.
pub(crate) const IMAGES: &[&str] = &["buildah", "mmdebstrap"];
/// Its Go is old, but able to fetch a new one.
pub(crate) const GO: &[&str] = &["golang-go"];

/// Installs what is missing, as root; otherwise says how and stops.
pub(crate) fn packages(screen: &Screen, places: &Places, wanted: &[&[&str]]) -> anyhow::Result<()> {
    screen.step("Debian packages", |step| {
        let wanted = wanted.concat();
        let Ok(listing) = Command::new("dpkg-query").args(["-W", "-f", "${Package} ${db:Status-Status}\n"]).output()
        else {
            return Ok(Done::did(format!("not Debian: make sure that there is the like of {}", wanted.join(", "))));
        };
        let missing = missing(&wanted, &String::from_utf8_lossy(&listing.stdout));
        if missing.is_empty() {
            return Ok(Done::Nothing);
        }
        let list = missing.join(" ");
        if !places.as_account {
            bail!(
                "these Debian packages are missing: {list}\nInstall them, then run this again:\n\n    \
                 sudo apt-get install --no-install-recommends {list}\n"
            );
        }
        let _lock = places.lock("debian", || step.now("another xtask is installing: waiting for its end"))?;
        step.run(Command::new("apt-get").arg("update"))?;
        step.run(
            Command::new("apt-get")
                .args(["install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"])
                .args(&missing)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
        Ok(Done::did(format!("installed {list}")))
    })
}

fn missing<'a>(wanted: &[&'a str], listing: &str) -> Vec<&'a str> {
    let there: BTreeSet<&str> = listing.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|name| !there.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_was_removed_but_left_its_settings_is_missing() {
        let listing = "make installed\ng++ config-files\nmake-guile not-installed\n";
        assert_eq!(missing(&["g++", "make", "libkrb5-dev"], listing), ["g++", "libkrb5-dev"]);
    }
}
