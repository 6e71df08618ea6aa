//! What one person may ask for that only pods have: images, GPUs, placement; and what a pod gets of it. Pure.

mod settle;

pub use settle::{Decided, PodSpec, settle_pod};

use crate::offering::{By, Set};
use carrel_config::{
    Settings,
    settings::{
        images::{Images, OfIde},
        rights::{Rights, placement_of},
    },
};
use carrel_model::{Gpu, container::Override};

/// What one person may ask for that only pods have, and what their pods get unasked.
#[derive(Debug, Clone, PartialEq)]
pub struct Pods {
    /// The images that the person is offered, and what says so.
    pub images: Set<Vec<String>>,
    /// Whether other images may be asked for.
    pub other_images: Set<bool>,
    /// GPUs of each kind that may be asked for; none of those that are not offered.
    pub gpus: Vec<GpuOffer>,
    /// Labels of nodes that may be asked for.
    pub placement: Vec<PlacementOffer>,
    usual_image: Option<Set<String>>,
    of_ides: Images,
    rights: Rights,
}

/// GPUs of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuOffer {
    /// The kind.
    pub gpu: Gpu,
    /// How many a session gets when none are asked for.
    pub usual: Set<u32>,
    /// The most that may be asked for.
    pub most: Set<u32>,
}

/// A label of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacementOffer {
    /// Its name.
    pub label: String,
    /// The values that may be asked for.
    pub values: Vec<String>,
    /// Whether any other value may be asked for.
    pub free: bool,
    /// What says so.
    pub by: By,
}

impl Pods {
    pub(crate) fn of(rights: &Rights, settings: &Settings) -> Self {
        let images = match rights.images() {
            Some(images) => Set { value: images.value.to_vec(), by: By::Rule(images.origin) },
            None => Set { value: Vec::new(), by: By::Server },
        };
        let nothing_said = Set { value: images.value.is_empty(), by: By::Server };
        let other_images = rights.other_images().map_or(nothing_said, Set::by_rule);
        let of_rule =
            rights.usual_image().map(|image| Set { value: image.value.to_owned(), by: By::Rule(image.origin) });
        let of_server = || {
            let said = settings.images.usual.as_ref()?;
            Some(Set { value: said.value.clone(), by: By::lines([&said.at]) })
        };
        Self {
            images,
            other_images,
            gpus: Gpu::ALL.into_iter().filter_map(|gpu| gpus(gpu, rights)).collect(),
            placement: placement(rights),
            usual_image: of_rule.or_else(of_server),
            of_ides: settings.images.clone(),
            rights: rights.clone(),
        }
    }

    /// The images that are offered for sessions of an IDE: those of the person, or those of them that its file names.
    pub fn images_of(&self, ide: &str) -> Vec<String> {
        let of_ide = self.of_ides.of(ide).and_then(|one| one.offered.as_ref());
        let mut offered = match of_ide {
            None => self.images.value.clone(),
            Some(said) if self.images.value.is_empty() => said.value.clone(),
            Some(said) => self.images.value.iter().filter(|image| said.value.contains(image)).cloned().collect(),
        };
        if let Some(usual) = self.usual_image_of(ide, &offered).filter(|usual| !offered.contains(&usual.value)) {
            offered.insert(0, usual.value);
        }
        offered
    }

    /// The image of a session of this IDE when none is asked for: that of the IDE's file, of a rule, of the server, or
    /// else the first that is offered. Never one that the person may not have.
    pub fn usual_image(&self, ide: &str) -> Option<Set<String>> {
        let offered = self.images_of(ide);
        let first = || Some(Set { value: offered.first()?.clone(), by: self.images.by.clone() });
        self.usual_image_of(ide, &offered).or_else(first)
    }

    fn usual_image_of(&self, ide: &str, offered: &[String]) -> Option<Set<String>> {
        let of_ide = self.of_ides.of(ide).and_then(|OfIde { usual, .. }| usual.as_ref());
        let of_ide = of_ide.map(|said| Set { value: said.value.clone(), by: By::lines([&said.at]) });
        let may_be_had = |image: &Set<String>| {
            offered.contains(&image.value) || self.other_images.value || self.images.value.is_empty()
        };
        [of_ide, self.usual_image.clone()].into_iter().flatten().find(may_be_had)
    }

    /// Changes of the Job.
    pub fn overrides(&self) -> &[Override] {
        self.rights.overrides()
    }

    fn gpu(&self, gpu: Gpu) -> Option<&GpuOffer> {
        self.gpus.iter().find(|offer| offer.gpu == gpu)
    }
}

/// The most is what a rule says, or else what is usual. Where neither is above 0 none are offered.
fn gpus(gpu: Gpu, rights: &Rights) -> Option<GpuOffer> {
    let usual = rights.usual_gpus(gpu).map(Set::by_rule);
    let most = rights.most_gpus(gpu).map(Set::by_rule).or_else(|| usual.clone()).filter(|most| most.value > 0)?;
    let usual = usual.unwrap_or(Set { value: 0, by: By::Server });
    let usual = if usual.value > most.value { most.clone() } else { usual };
    Some(GpuOffer { gpu, usual, most })
}

/// In the order of the file; a label that stands there several times is one with several values.
fn placement(rights: &Rights) -> Vec<PlacementOffer> {
    let Some(words) = rights.placement() else { return Vec::new() };
    let mut found: Vec<PlacementOffer> = Vec::new();
    for (label, value) in words.value.iter().filter_map(|word| placement_of(word)) {
        let known = found.iter().position(|offer| offer.label == label).unwrap_or_else(|| {
            let by = By::Rule(words.origin.clone());
            found.push(PlacementOffer { label: label.to_owned(), values: Vec::new(), free: false, by });
            found.len() - 1
        });
        match value {
            Some(value) => found[known].values.push(value.to_owned()),
            None => found[known].free = true,
        }
    }
    found
}

#[cfg(test)]
mod tests;
