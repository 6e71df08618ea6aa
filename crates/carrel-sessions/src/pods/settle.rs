//! What a pod gets, settled at the launch.

use super::{PlacementOffer, Pods};
use crate::{
    ask::{AskError, NewSession, Settled, shown},
    offering::{By, Offering, Set, SizeOffer},
};
use carrel_model::{
    Account, Container, Gpu,
    container::{Override, image_fault, label_value_fault},
};
use std::collections::BTreeMap;

/// Something and what decides it; nothing when it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<T> {
    /// What.
    pub value: T,
    /// What decides it.
    pub by: Option<By>,
}

impl<T> From<Set<T>> for Decided<T> {
    fn from(set: Set<T>) -> Self {
        Self { value: set.value, by: Some(set.by) }
    }
}

/// What a pod gets, beside its CPUs and memory.
#[derive(Debug, Clone, PartialEq)]
pub struct PodSpec {
    /// The image.
    pub image: Decided<String>,
    /// CPUs that are reserved; as many as it may use when nothing says otherwise.
    pub cpu_request: Option<Decided<f64>>,
    /// Memory in MiB that is reserved, likewise.
    pub memory_request_mb: Option<Decided<u64>>,
    /// GPUs of each kind that there is something to say of.
    pub gpus: BTreeMap<Gpu, Decided<u32>>,
    /// Labels that its node must have.
    pub placement: BTreeMap<String, Decided<String>>,
    /// Changes of its Job.
    pub overrides: Vec<Override>,
}

impl PodSpec {
    /// The container of a session of this account.
    pub fn container(self, account: Account) -> Container {
        let gpus = self.gpus.iter().filter(|(_, gpus)| gpus.value > 0);
        Container {
            image: self.image.value,
            account,
            cpu_request: self.cpu_request.map(|request| request.value),
            memory_request_mb: self.memory_request_mb.map(|request| request.value),
            gpus: gpus.map(|(gpu, gpus)| (gpu.resource().to_owned(), gpus.value)).collect(),
            placement: self.placement.into_iter().map(|(label, value)| (label, value.value)).collect(),
            overrides: self.overrides,
        }
    }
}

/// Settles what a pod of this size gets; `None` where sessions run on this host, where nothing of it may be asked for.
pub fn settle_pod(offering: &Offering, asked: &NewSession, size: &Settled) -> Result<Option<PodSpec>, AskError> {
    let Some(pods) = &offering.pods else { return nothing_of_pods(asked).map(|()| None) };
    let named = asked.resource_profile.as_ref().or(size.resource_profile.as_ref());
    let named = named.and_then(|id| offering.sizes.iter().find(|offer| offer.size.id == *id));
    Ok(Some(PodSpec {
        image: image(pods, offering, asked)?,
        cpu_request: cpu_request(pods, named, size),
        memory_request_mb: memory_request(pods, named, size),
        gpus: gpus(pods, offering, asked, named)?,
        placement: placement(pods, offering, asked, named)?,
        overrides: pods.overrides().to_vec(),
    }))
}

fn nothing_of_pods(asked: &NewSession) -> Result<(), AskError> {
    let wishes = [
        (asked.image.is_some(), "image", "images"),
        (asked.gpus.values().any(|gpus| *gpus > 0), "gpus", "GPUs to give to one"),
        (!asked.placement.is_empty(), "placement", "nodes to choose from"),
    ];
    match wishes.into_iter().find(|(is_asked, ..)| *is_asked) {
        Some((_, field, what)) => Err(AskError::NotOnThisHost { field, what }),
        None => Ok(()),
    }
}

fn image(pods: &Pods, offering: &Offering, asked: &NewSession) -> Result<Decided<String>, AskError> {
    let Some(image) = asked.image.as_deref().map(str::trim).filter(|image| !image.is_empty()) else {
        return pods.usual_image(&asked.ide).map(Decided::from).ok_or(AskError::NoImage);
    };
    let offered = pods.images_of(&asked.ide);
    if !offered.iter().any(|one| one == image) {
        if !pods.other_images.value {
            let by = match &pods.other_images.by {
                By::Server => pods.images.by.said(&offering.user),
                by => by.said(&offering.user),
            };
            return Err(AskError::ImageNotOffered { asked: shown(image), by, offered });
        }
        if let Some(fault) = image_fault(image) {
            return Err(AskError::BadImage { asked: shown(image), fault });
        }
    }
    Ok(Decided { value: image.to_owned(), by: None })
}

/// Never more than may be used, nor than the rules let be reserved.
fn cpu_request(pods: &Pods, named: Option<&SizeOffer>, size: &Settled) -> Option<Decided<f64>> {
    let of_size = named.and_then(|offer| Some(Set { value: offer.pod.cpu_request?, by: offer.by.clone() }));
    let wanted = of_size.or_else(|| pods.rights.cpu_request(size.cpus).map(Set::by_rule));
    let most = pods.rights.most_cpu_request().map(Set::by_rule);
    reserved(wanted, most, &size.cpus)
}

fn memory_request(pods: &Pods, named: Option<&SizeOffer>, size: &Settled) -> Option<Decided<u64>> {
    let of_size = named.and_then(|offer| Some(Set { value: offer.pod.memory_request_mb?, by: offer.by.clone() }));
    let wanted = of_size.or_else(|| pods.rights.memory_request_mb(size.memory_mb).map(Set::by_rule));
    let most = pods.rights.most_memory_request_mb().map(Set::by_rule);
    reserved(wanted, most, &size.memory_mb)
}

fn reserved<T: PartialOrd>(wanted: Option<Set<T>>, most: Option<Set<T>>, limit: &T) -> Option<Decided<T>> {
    let wanted = match (wanted, most) {
        (Some(wanted), Some(most)) if most.value < wanted.value => most,
        (Some(wanted), _) => wanted,
        (None, most) => most?,
    };
    (wanted.value < *limit).then(|| wanted.into())
}

/// What is asked for, or else what the size has, or else what is usual.
fn gpus(
    pods: &Pods,
    offering: &Offering,
    asked: &NewSession,
    named: Option<&SizeOffer>,
) -> Result<BTreeMap<Gpu, Decided<u32>>, AskError> {
    let mut settled = BTreeMap::new();
    for gpu in Gpu::ALL {
        let offer = pods.gpu(gpu);
        if let Some(wish) = asked.gpus.get(&gpu).copied() {
            let most = offer.map_or(0, |offer| offer.most.value);
            if wish > most {
                let by = match (offer, pods.rights.most_gpus(gpu)) {
                    (Some(offer), _) => offer.most.by.clone(),
                    (None, Some(none)) => By::Rule(none.origin),
                    (None, None) => By::Server,
                };
                return Err(AskError::TooManyGpus { gpu, asked: wish, most, by: by.said(&offering.user) });
            }
            settled.insert(gpu, Decided { value: wish, by: None });
            continue;
        }
        let of_size = named.and_then(|one| Some(Set { value: *one.pod.gpus.get(&gpu)?, by: one.by.clone() }));
        if let Some(gpus) = of_size.or_else(|| offer.map(|offer| offer.usual.clone())) {
            settled.insert(gpu, gpus.into());
        }
    }
    Ok(settled)
}

/// What the size has, and what is asked for on top.
fn placement(
    pods: &Pods,
    offering: &Offering,
    asked: &NewSession,
    named: Option<&SizeOffer>,
) -> Result<BTreeMap<String, Decided<String>>, AskError> {
    let mut settled = BTreeMap::new();
    if let Some(size) = named {
        let of_size = |value: &String| Decided { value: value.clone(), by: Some(size.by.clone()) };
        settled.extend(size.pod.placement.iter().map(|(label, value)| (label.clone(), of_size(value))));
    }
    for (label, value) in &asked.placement {
        if let Some(fixed) = settled.get(label).filter(|fixed: &&Decided<String>| fixed.value != *value) {
            let by = fixed.by.as_ref().map_or_else(String::new, |by| by.said(&offering.user));
            return Err(AskError::PlacementFixed { label: shown(label), fixed: fixed.value.clone(), by });
        }
        if settled.contains_key(label) {
            continue;
        }
        let offer = pods.placement.iter().find(|offer| offer.label == *label);
        allowed(offer, pods, label, value, offering)?;
        settled.insert(label.clone(), Decided { value: value.clone(), by: None });
    }
    Ok(settled)
}

fn allowed(
    offer: Option<&PlacementOffer>,
    pods: &Pods,
    label: &str,
    value: &str,
    offering: &Offering,
) -> Result<(), AskError> {
    let Some(offer) = offer.filter(|offer| offer.free || offer.values.iter().any(|one| one == value)) else {
        let by = pods.placement.first().map_or(By::Server, |offer| offer.by.clone()).said(&offering.user);
        let offered = pods.placement.iter().flat_map(PlacementOffer::words).collect();
        return Err(AskError::PlacementNotOffered { asked: shown(&format!("{label}:{value}")), by, offered });
    };
    match label_value_fault(value).filter(|_| !offer.values.iter().any(|one| one == value)) {
        Some(fault) => Err(AskError::BadPlacement { asked: shown(&format!("{label}:{value}")), fault }),
        None => Ok(()),
    }
}

impl PlacementOffer {
    /// As a file has it: `pool:highmem`; a label whose value is free stands alone.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.values.iter().map(|value| format!("{}:{value}", self.label)).collect();
        words.extend(self.free.then(|| self.label.clone()));
        words
    }
}
