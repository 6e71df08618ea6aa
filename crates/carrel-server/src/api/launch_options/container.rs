//! What can be launched in containers: images, GPUs, placement.

use carrel_sessions::pods::{GpuOffer, PlacementOffer, Pods};
use serde::Serialize;
use utoipa::ToSchema;

/// What containers can have.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContainerOptions {
    /// Whether an image can be named that is not offered.
    other_images: bool,
    /// Who decides that, in a sentence.
    images_by: String,
    /// GPUs, of the kinds that can be asked for.
    gpus: Vec<GpuOption>,
    /// Labels of nodes that can be asked for.
    placement: Vec<PlacementOption>,
}

/// The images of an IDE.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IdeImages {
    /// Those that are offered.
    offered: Vec<ImageOption>,
    /// The one to begin with; null when one has to be named.
    usual: Option<String>,
}

/// An image.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImageOption {
    /// The whole name, as the API takes it.
    id: String,
    /// What pages call it: the last part of the name with its tag.
    name: String,
}

/// GPUs of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GpuOption {
    /// What the API calls the kind: `nvidia` or `amd`.
    id: String,
    /// What pages call it.
    name: String,
    /// How many a session gets when none are asked for.
    usual: u32,
    /// The most that can be asked for.
    max: u32,
    /// What sets the most, in a sentence.
    bounds: String,
}

/// A label of nodes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacementOption {
    /// Its name.
    label: String,
    /// The values that are offered.
    values: Vec<String>,
    /// Whether another value can be named.
    free: bool,
}

impl ContainerOptions {
    pub(super) fn of(pods: &Pods, user: &str) -> Self {
        let by = pods.other_images.by.words(user);
        let images_by = if pods.other_images.value {
            format!("Other images may be named, by {by}.")
        } else {
            format!("Only these images are allowed by {}.", pods.images.by.words(user))
        };
        Self {
            other_images: pods.other_images.value,
            images_by,
            gpus: pods.gpus.iter().map(|offer| GpuOption::of(offer, user)).collect(),
            placement: pods.placement.iter().map(PlacementOption::of).collect(),
        }
    }
}

impl IdeImages {
    pub(super) fn of(pods: &Pods, ide: &str) -> Self {
        let option = |id: String| {
            // Of a digest nobody knows what it is.
            let name = id.rsplit('/').next().and_then(|name| name.split('@').next()).unwrap_or(&id).to_owned();
            ImageOption { id, name }
        };
        let usual = pods.usual_image(ide).map(|image| image.value);
        Self { offered: pods.images_of(ide).into_iter().map(option).collect(), usual }
    }
}

impl GpuOption {
    fn of(offer: &GpuOffer, user: &str) -> Self {
        Self {
            id: offer.gpu.to_string(),
            name: offer.gpu.name().to_owned(),
            usual: offer.usual.value,
            max: offer.most.value,
            bounds: format!("At most {}, by {}.", offer.most.value, offer.most.by.words(user)),
        }
    }
}

impl PlacementOption {
    fn of(offer: &PlacementOffer) -> Self {
        Self { label: offer.label.clone(), values: offer.values.clone(), free: offer.free }
    }
}
