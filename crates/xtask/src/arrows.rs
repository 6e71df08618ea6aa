//! Who may name whom: the arrows of ARCHITECTURE.md, held against what cargo knows.

use crate::workspace::{Package, Workspace};
use anyhow::Context;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// Each crate of ours, and those of ours that it may name. `carrel` may name all.
const ARROWS: &[(&str, &[&str])] = &[
    ("carrel-model", &[]),
    ("carrel-config", &["carrel-model"]),
    ("carrel-store", &["carrel-model"]),
    ("carrel-auth", &["carrel-model"]),
    ("carrel-proxy", &[]),
    ("carrel-agent", &["carrel-model", "carrel-proxy"]),
    ("carrel-sessions", &["carrel-config", "carrel-model", "carrel-store"]),
    ("carrel-control", &["carrel-agent", "carrel-model", "carrel-sessions"]),
    ("carrel-kube", &["carrel-agent", "carrel-config", "carrel-control", "carrel-model", "carrel-sessions"]),
    ("carrel-local", &["carrel-agent", "carrel-config", "carrel-control", "carrel-model", "carrel-sessions"]),
    (
        "carrel-server",
        &[
            "carrel-agent",
            "carrel-auth",
            "carrel-config",
            "carrel-model",
            "carrel-proxy",
            "carrel-sessions",
            "carrel-store",
        ],
    ),
    ("carrel-testkit", &[]),
    ("carrel-fuzz", &["carrel-config"]),
    ("carrel-bench", &["carrel-model", "carrel-proxy"]),
    ("xtask", &[]),
];

/// The program: it wires everything together, but for what is only there for tests.
const PROGRAM: &str = "carrel";
/// Named by the tests of everybody, and by nothing that is shipped.
const TESTKIT: &str = "carrel-testkit";
/// Errors without a type: only where they end up in front of a person.
const ANYHOW: (&str, &[&str]) = ("anyhow", &["carrel", "carrel-bench", "carrel-testkit", "xtask"]);

/// All arrows that point where they must not, each as a sentence.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let workspace = Workspace::whole(root)?;
    let deny = fs::read_to_string(root.join("deny.toml")).context("deny.toml cannot be read")?;
    let deny: Deny = toml::from_str(&deny).context("deny.toml is not understood")?;
    let mut wrong = Vec::new();
    for package in workspace.packages.iter().filter(|package| workspace.members.contains(&package.id)) {
        wrong.extend(inside(package));
    }
    wrong.extend(outside(&workspace, &deny.bans.deny));
    Ok(wrong)
}

/// The arrows between crates of ours.
fn inside(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let Some(may) =
        ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to).or((name == PROGRAM).then_some(&[]))
    else {
        return vec![format!("{name} is new: say in crates/xtask/src/arrows.rs which crates it may name")];
    };
    let ours = |to: &str| to == PROGRAM || ARROWS.iter().any(|(known, _)| *known == to);
    let mut wrong = Vec::new();
    for dependency in &package.dependencies {
        let (to, in_tests) = (dependency.name.as_str(), dependency.kind.as_deref() == Some("dev"));
        let allowed = if to == ANYHOW.0 {
            in_tests || ANYHOW.1.contains(&name)
        } else if to == TESTKIT {
            in_tests
        } else {
            // A test may name a crate by a feature of its own, as the contract tests do.
            !ours(to) || may.contains(&to) || (in_tests && to == name) || (name == PROGRAM && to != "xtask")
        };
        if !allowed {
            let only = if to == TESTKIT { " outside its tests" } else { "" };
            wrong.push(format!("{name} names {to}{only}, which it may not"));
        }
    }
    wrong
}

/// `deny.toml`, as far as it is needed here.
#[derive(Deserialize)]
struct Deny {
    bans: Bans,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    wrappers: Vec<String>,
    reason: String,
}

/// Crates from outside that somebody uses who may not, with the meaning that cargo-deny gives to `wrappers`.
fn outside(workspace: &Workspace, bans: &[Ban]) -> Vec<String> {
    let names: BTreeMap<&str, &str> =
        workspace.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
    let nodes = workspace.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let mut wrong = Vec::new();
    for node in nodes {
        let who = names.get(node.id.as_str()).copied().unwrap_or("?");
        let used = node.dependencies.iter().filter_map(|id| names.get(id.as_str()));
        for ban in used.filter_map(|used| bans.iter().find(|ban| ban.name == *used)) {
            if !ban.wrappers.iter().any(|wrapper| wrapper == who) {
                wrong.push(format!("{who} uses {}: {} (deny.toml)", ban.name, ban.reason));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Node, Resolve};

    fn package(name: &str, names: &[(&str, Option<&str>)]) -> Package {
        let dependency =
            |(name, kind): &(&str, Option<&str>)| Dependency { name: (*name).into(), kind: kind.map(Into::into) };
        Package { id: name.into(), name: name.into(), dependencies: names.iter().map(dependency).collect() }
    }

    #[test]
    fn arrows_point_only_downwards() {
        assert!(inside(&package("carrel-store", &[("carrel-model", None), ("sqlx", None)])).is_empty());
        assert_eq!(
            inside(&package("carrel-model", &[("carrel-store", None)])),
            ["carrel-model names carrel-store, which it may not"]
        );
        assert_eq!(
            inside(&package("carrel-store", &[("carrel-sessions", Some("dev"))])),
            ["carrel-store names carrel-sessions, which it may not"]
        );
        assert!(inside(&package("carrel", &[("carrel-server", None)])).is_empty());
    }

    #[test]
    fn the_testkit_stays_in_tests() {
        assert!(inside(&package("carrel-store", &[("carrel-testkit", Some("dev"))])).is_empty());
        assert_eq!(
            inside(&package("carrel", &[("carrel-testkit", None)])),
            ["carrel names carrel-testkit outside its tests, which it may not"]
        );
    }

    #[test]
    fn libraries_have_typed_errors() {
        assert_eq!(
            inside(&package("carrel-proxy", &[("anyhow", None)])),
            ["carrel-proxy names anyhow, which it may not"]
        );
        assert!(inside(&package("carrel", &[("anyhow", None)])).is_empty());
    }

    #[test]
    fn a_crate_that_nobody_gave_arrows_is_found() {
        assert_eq!(inside(&package("carrel-new", &[])).len(), 1);
    }

    #[test]
    fn a_banned_crate_is_found_wherever_it_comes_from() {
        let ban = |name: &str, wrappers: &[&str]| Ban {
            name: name.into(),
            wrappers: wrappers.iter().map(|w| (*w).to_owned()).collect(),
            reason: "so".into(),
        };
        let node = |id: &str, uses: &[&str]| Node {
            id: id.into(),
            dependencies: uses.iter().map(|u| (*u).to_owned()).collect(),
        };
        let names = ["carrel-store", "carrel-server", "sqlx", "openssl-sys"];
        let workspace = Workspace {
            target_directory: "/".into(),
            packages: names.iter().map(|name| package(name, &[])).collect(),
            members: Vec::new(),
            resolve: Some(Resolve {
                nodes: vec![
                    node("carrel-store", &["sqlx"]),
                    node("carrel-server", &["carrel-store", "sqlx"]),
                    node("sqlx", &["openssl-sys"]),
                ],
            }),
        };
        let bans = [ban("sqlx", &["carrel-store"]), ban("openssl-sys", &[])];
        assert_eq!(
            outside(&workspace, &bans),
            ["carrel-server uses sqlx: so (deny.toml)", "sqlx uses openssl-sys: so (deny.toml)"]
        );
    }

    #[test]
    fn the_workspace_keeps_its_arrows() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        assert_eq!(check(root).unwrap(), Vec::<String>::new());
    }
}
