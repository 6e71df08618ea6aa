//! Where a cluster lies: its name, its addresses, its folder.

use crate::places::Places;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
};

/// Clusters have the networks 10.N.0.0/16 for N in this range.
const NETWORKS: std::ops::RangeInclusive<u8> = 213..=231;
/// Names a bridge with `-br`, a link with `-n1`, and a cgroup: a link's name has at most 15 bytes.
const LONGEST_NAME: usize = 8;

/// A cluster's name and addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) name: String,
    /// Its network is 10.N.0.0/16.
    network: u8,
    /// How many nodes it has.
    pub(crate) nodes: u8,
    /// The folder with all that it keeps.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// Checks a cluster's name.
pub(super) fn name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.len() > LONGEST_NAME || !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(good) {
        return Err(format!("a letter, then letters and digits, all small, {LONGEST_NAME} at most"));
    }
    Ok(text.to_owned())
}

impl Place {
    /// The cluster of this name that was started, and may run.
    pub(crate) fn find(places: &Places, name: &str) -> anyhow::Result<Self> {
        let folder = all(places).join(name);
        let file = folder.join("place.json");
        let text = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let place: Self =
            serde_json::from_slice(&text).with_context(|| format!("{} is not understood", file.display()))?;
        Ok(Self { folder, ..place })
    }

    /// A new cluster, on a network that is free. Its folder is made: the name and the network are taken from now on.
    pub(super) fn choose(places: &Places, name: &str, nodes: u8) -> anyhow::Result<Self> {
        let _lock = places.lock("cluster-networks", || {})?;
        let routes = Command::new("ip").args(["-4", "route", "show", "table", "all"]).output()?.stdout;
        let taken = taken(&all(places), &String::from_utf8_lossy(&routes));
        let Some(network) = NETWORKS.into_iter().find(|number| !taken.contains(number)) else {
            bail!("all networks from 10.{}.0.0/16 to 10.{}.0.0/16 are in use", NETWORKS.start(), NETWORKS.end());
        };
        let folder = all(places).join(name);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let place = Self { name: name.to_owned(), network, nodes, folder };
        fs::write(place.folder.join("place.json"), serde_json::to_vec(&place)?)?;
        Ok(place)
    }

    fn address(&self, third: u8, fourth: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.network, third, fourth)
    }

    /// The bridge that joins this machine and the nodes.
    pub(crate) fn bridge(&self) -> String {
        format!("{}-br", self.name)
    }

    /// This machine on the bridge: the API server listens here.
    pub(crate) fn host(&self) -> Ipv4Addr {
        self.address(0, 1)
    }

    /// Those who use the cluster, in a network namespace of their own.
    pub(crate) fn client(&self) -> Ipv4Addr {
        self.address(0, 2)
    }

    /// The API server.
    pub(crate) fn api(&self) -> String {
        format!("https://{}:6443", self.host())
    }

    /// The name of a node.
    pub(crate) fn node(&self, number: u8) -> String {
        format!("{}-{number}", self.name)
    }

    /// The address of a node.
    pub(crate) fn node_address(&self, number: u8) -> Ipv4Addr {
        self.address(0, 10 + number)
    }

    /// The addresses of a node's pods.
    pub(crate) fn node_pods(&self, number: u8) -> String {
        format!("{}/24", self.address(128 + number, 0))
    }

    /// The addresses of all pods.
    pub(crate) fn pods(&self) -> String {
        format!("{}/17", self.address(128, 0))
    }

    /// The addresses of Services.
    pub(crate) fn services(&self) -> String {
        format!("{}/18", self.address(64, 0))
    }

    /// The API server as a Service.
    pub(crate) fn api_service(&self) -> Ipv4Addr {
        self.address(64, 1)
    }

    /// The DNS server.
    pub(crate) fn dns(&self) -> Ipv4Addr {
        self.address(64, 10)
    }

    /// Its cgroup, in each hierarchy.
    pub(crate) fn cgroup(&self) -> String {
        format!("carrel-cluster-{}", self.name)
    }

    /// Keys and certificates.
    pub(crate) fn pki(&self) -> PathBuf {
        self.folder.join("pki")
    }

    /// What the programs write.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Where the logs stay when the cluster is gone.
    pub(crate) fn last_logs(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// How administrators reach it.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// The words that templates may use.
    pub(super) fn words(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CLUSTER", self.name.clone()),
            ("CGROUP", self.cgroup()),
            ("STATE", self.folder.display().to_string()),
            ("PKI", self.pki().display().to_string()),
            ("HOST", self.host().to_string()),
            ("PODS", self.pods()),
            ("SERVICES", self.services()),
            ("DNS", self.dns().to_string()),
        ]
    }

    /// The words for a node besides.
    pub(super) fn words_of_node(&self, number: u8) -> Vec<(&'static str, String)> {
        let mut words = self.words();
        words.push(("NODE", self.node(number)));
        words.push(("NODE_ADDRESS", self.node_address(number).to_string()));
        words.push(("NODE_PODS", self.node_pods(number)));
        words
    }
}

fn all(places: &Places) -> PathBuf {
    places.cache.join("clusters")
}

/// The networks that other clusters have, or that this machine knows a way to.
fn taken(clusters: &Path, routes: &str) -> Vec<u8> {
    let of_clusters = fs::read_dir(clusters).into_iter().flatten().flatten().filter_map(|entry| {
        let text = fs::read(entry.path().join("place.json")).ok()?;
        serde_json::from_slice::<Place>(&text).ok().map(|place| place.network)
    });
    let of_routes = routes.split([' ', '\n', '\t']).filter_map(|word| {
        let (number, _) = word.strip_prefix("10.")?.split_once('.')?;
        number.parse().ok()
    });
    of_clusters.chain(of_routes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_the_names_of_links_and_cgroups() {
        assert_eq!(name("carrel2").as_deref(), Ok("carrel2"));
        for wrong in ["", "2nd", "Carrel", "my-one", "a/../b", "carrel678"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_network_that_somebody_uses_is_not_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { name: "a".into(), network: 214, nodes: 1, folder: folder.path().join("a") };
        fs::create_dir(&place.folder).unwrap();
        fs::write(place.folder.join("place.json"), serde_json::to_vec(&place).unwrap()).unwrap();
        let routes = "default via 192.168.0.1 dev eth0\n10.213.0.0/24 dev x proto kernel src 10.213.0.1\n";
        assert_eq!(taken(folder.path(), routes), [214, 213, 213]);
    }
}
