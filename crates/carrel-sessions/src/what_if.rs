//! What somebody may ask for and would get, with the line that decides each field: for administrators. Pure.

use crate::{
    ask::{AskError, NewSession, Settled, settle_size},
    offering::{By, Offering, SizeOffer, idle_rule, settle_r},
    pods::{Decided, PodSpec, settle_pod},
};
use carrel_config::{
    Settings,
    settings::rights::{KEYS, Rights},
};
use carrel_model::{Account, Gpu};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What stands where nothing but the wish decides.
const ASKED: &str = "asked";

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIf {
    /// Who.
    pub user: String,
    /// Their groups.
    pub groups: Vec<String>,
    /// What the rules of the files set for them, by key.
    pub rights: Vec<Field>,
    /// The sizes that there are.
    pub sizes: Vec<SizeField>,
    /// What the session would be; empty when it would be refused.
    pub spec: Vec<Field>,
    /// Why it would be refused.
    pub refused: Option<String>,
}

/// A field and what decides it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// The key of a file, or the field of a session.
    pub name: String,
    /// The value.
    pub value: Value,
    /// `profiles:3 [@devs]`, `asked`, `the host`, `default`.
    pub from: String,
}

/// A size, and why it cannot be had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SizeField {
    /// What the API calls it.
    pub id: String,
    /// CPUs.
    pub cpus: f64,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// GPUs by their kind, where it has some.
    pub gpus: BTreeMap<Gpu, u32>,
    /// What says that it exists.
    pub from: String,
    /// Why it cannot be had; null when it can.
    pub refused: Option<String>,
}

impl WhatIf {
    /// What this user in these groups would get who asks for this. `account` is theirs in containers, where it is known.
    pub fn new(
        user: &str,
        groups: &[String],
        account: Option<&Account>,
        asked: &NewSession,
        settings: &Settings,
    ) -> Self {
        let rights = settings.profiles.of(user, groups);
        let offering = Offering::of(user, &rights, settings);
        let (spec, refused) = match session(asked, &offering, &rights, account, settings) {
            Ok(fields) => (fields, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let given = rights.given().map(|(key, given)| {
            Field::new(key, serde_json::to_value(&given.value).unwrap_or_default(), &given.origin.to_string())
        });
        Self {
            user: user.to_owned(),
            groups: groups.to_vec(),
            rights: given.collect(),
            sizes: sizes(&offering),
            spec,
            refused,
        }
    }
}

impl Field {
    fn new(name: &str, value: Value, from: &str) -> Self {
        Self { name: name.into(), value, from: from.into() }
    }
}

/// The session, field by field.
fn session(
    asked: &NewSession,
    offering: &Offering,
    rights: &Rights,
    account: Option<&Account>,
    settings: &Settings,
) -> Result<Vec<Field>, AskError> {
    let size = settle_size(offering, asked)?;
    let pod = settle_pod(offering, asked, &size)?;
    let mut fields = spec(&size, asked, offering, rights, settings);
    fields.extend(r_field(settle_r(offering, asked)?, settings));
    fields.extend(pod.into_iter().flat_map(|pod| pod_fields(&pod, account, settings)));
    Ok(fields)
}

/// The R that was decided on, or the usual one where a file names it.
fn r_field(decided: Option<Decided<String>>, settings: &Settings) -> Option<Field> {
    let usual = &settings.ides.r.usual;
    let usual = || Some(Decided { value: usual.path.clone(), by: Some(By::lines([usual.at.as_ref()?])) });
    let r = decided.or_else(usual)?;
    Some(Field::new("r_version", json!(r.value), &from(r.by.as_ref())))
}

/// What decides something.
fn from(by: Option<&By>) -> String {
    by.map_or_else(|| ASKED.into(), By::to_string)
}

/// The pod, field by field.
fn pod_fields(pod: &PodSpec, account: Option<&Account>, settings: &Settings) -> Vec<Field> {
    let mut fields = vec![Field::new("image", json!(pod.image.value), &from(pod.image.by.as_ref()))];
    let mut request = |name: &str, value: Option<Value>, by: Option<&By>| {
        if let Some(value) = value {
            fields.push(Field::new(name, value, &from(by)));
        }
    };
    let (cpus, memory) = (pod.cpu_request.as_ref(), pod.memory_request_mb.as_ref());
    request("cpu_request", cpus.map(|cpus| json!(cpus.value)), cpus.and_then(|cpus| cpus.by.as_ref()));
    request(
        "memory_request_mb",
        memory.map(|memory| json!(memory.value)),
        memory.and_then(|memory| memory.by.as_ref()),
    );
    for (gpu, Decided { value, by }) in &pod.gpus {
        fields.push(Field::new(&format!("gpus.{gpu}"), json!(value), &from(by.as_ref())));
    }
    for (label, Decided { value, by }) in &pod.placement {
        fields.push(Field::new(&format!("placement.{label}"), json!(value), &from(by.as_ref())));
    }
    for change in &pod.overrides {
        let json: Value = serde_json::from_str(&change.json).unwrap_or_default();
        fields.push(Field::new(&format!("override {}", change.target), json, "job-json-overrides"));
    }
    let home = account.map(|account| account.home.display().to_string());
    let (uid, gid) = (account.map(|account| account.uid), account.map(|account| account.gid));
    let by = if account.is_some() { "the account" } else { "not a user yet" };
    fields.push(Field::new("uid", json!(uid), by));
    fields.push(Field::new("gid", json!(gid), by));
    fields.push(Field::new(
        "home",
        json!(home.unwrap_or_else(|| format!("{}/…", settings.accounts.homes.display()))),
        by,
    ));
    fields
}

fn sizes(offering: &Offering) -> Vec<SizeField> {
    let field = |offer: &SizeOffer| SizeField {
        id: offer.size.id.clone(),
        cpus: offer.size.cpus,
        memory_mb: offer.size.memory_mb,
        gpus: offer.pod.gpus.iter().filter(|(_, gpus)| **gpus > 0).map(|(gpu, gpus)| (*gpu, *gpus)).collect(),
        from: offer.by.to_string(),
        refused: offer.available.as_ref().err().map(|cause| cause.text.clone()),
    };
    offering.sizes.iter().map(field).collect()
}

/// What it has wherever it runs.
fn spec(size: &Settled, asked: &NewSession, offering: &Offering, rights: &Rights, settings: &Settings) -> Vec<Field> {
    let by = |by: &Option<By>| from(by.as_ref());
    let (idle, idle_by) = idle_rule(&asked.ide, rights, settings);
    let chosen = if asked.resource_profile.is_some() { ASKED } else { "default" };
    let mut fields = vec![Field::new("cluster", json!(settings.cluster.name()), "default")];
    if !asked.ide.is_empty() {
        fields.push(Field::new("ide", json!(asked.ide), ASKED));
    }
    let custom = size.resource_profile.is_none();
    fields.push(Field::new("resource_profile", json!(size.resource_profile), if custom { ASKED } else { chosen }));
    fields.push(Field::new("cpus", json!(size.cpus), &by(&size.cpus_by)));
    fields.push(Field::new("memory_mb", json!(size.memory_mb), &by(&size.memory_by)));
    fields.push(Field::new("idle_after_s", json!(idle.idle_after_s), &idle_by.idle_after.to_string()));
    fields.push(Field::new("ends_after_s", json!(idle.ends_after_s), &idle_by.ends_after.to_string()));
    fields.push(Field::new("idle_action", json!(idle.action), &idle_by.action.to_string()));
    for (key, given) in rights.given().filter(|(key, _)| KEYS.contains(key)) {
        let value = serde_json::to_value(&given.value).unwrap_or_default();
        fields.push(Field::new(&key.replace('-', "_"), value, &given.origin.to_string()));
    }
    let sessions_by = offering.sessions.as_ref().map_or_else(|| "default".into(), |limit| limit.by.to_string());
    fields.push(Field::new("session_limit", json!(offering.sessions.as_ref().map(|l| l.value)), &sessions_by));
    fields
}
