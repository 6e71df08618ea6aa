//! Why a wish cannot be granted.

use carrel_model::{Gpu, NameError};

/// A wish that cannot be granted, with the field it is about.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    /// The name.
    #[error("{0}")]
    Name(NameError),
    /// No size has this name.
    #[error("no size is called “{asked}”; {} are offered", .offered.join(", "))]
    NoSuchSize {
        /// As asked.
        asked: String,
        /// Ids of the sizes there are.
        offered: Vec<String>,
    },
    /// A size that is there, and not for this person.
    #[error("the size “{asked}” cannot be had: {why}")]
    SizeNotAllowed {
        /// As asked.
        asked: String,
        /// The reason, as a sentence without its full stop.
        why: String,
    },
    /// Figures of one's own where only named sizes are allowed.
    #[error("CPUs, memory and GPUs of your own are not allowed by {by}; {} are offered", .offered.join(", "))]
    NoCustomSize {
        /// What says so.
        by: String,
        /// Ids of the sizes that can be had.
        offered: Vec<String>,
    },
    /// Below or above the bounds.
    #[error("{what} must be between {least} and {most}, not {asked}; the most is set by {by}")]
    OutOfBounds {
        /// `cpus` or `memory_mb`.
        what: &'static str,
        /// As asked.
        asked: String,
        /// The lower bound.
        least: String,
        /// The upper bound.
        most: String,
        /// What sets it.
        by: String,
    },
    /// An image that is not offered, where others may not be asked for.
    #[error("the image “{asked}” is not offered by {by}; {} may be had", if .offered.is_empty() { "none".into() } else { .offered.join(", ") })]
    ImageNotOffered {
        /// As asked.
        asked: String,
        /// What says so.
        by: String,
        /// Those that are.
        offered: Vec<String>,
    },
    /// A text that is no name of an image.
    #[error("the image “{asked}” {fault}")]
    BadImage {
        /// As asked.
        asked: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// No image was asked for, and none is the usual one.
    #[error(
        "no image is set: name one, or have an administrator set default-container-image in launcher.kubernetes.profiles.conf"
    )]
    NoImage,
    /// An R that is not offered.
    #[error("the R “{asked}” is not offered by {by}; {} may be had", if .offered.is_empty() { "none".into() } else { .offered.join(", ") })]
    RNotOffered {
        /// As asked.
        asked: String,
        /// What says so.
        by: String,
        /// Those that are.
        offered: Vec<String>,
    },
    /// More GPUs than there may be.
    #[error("{asked} {} GPUs are more than {by} allows, which is {}", .gpu.name(), if *most == 0 { "none".into() } else { most.to_string() })]
    TooManyGpus {
        /// Of which kind.
        gpu: Gpu,
        /// As asked.
        asked: u32,
        /// The most.
        most: u32,
        /// What sets it.
        by: String,
    },
    /// A node that may not be asked for.
    #[error("the placement “{asked}” is not offered by {by}; {} may be had", if .offered.is_empty() { "none".into() } else { .offered.join(", ") })]
    PlacementNotOffered {
        /// As asked, `label:value`.
        asked: String,
        /// What says so.
        by: String,
        /// Those that are.
        offered: Vec<String>,
    },
    /// Another value of a label than that of the size.
    #[error("the size is placed on nodes with {label}:{fixed}, by {by}; take another size")]
    PlacementFixed {
        /// The label.
        label: String,
        /// The size's value.
        fixed: String,
        /// What says so.
        by: String,
    },
    /// A text that no node has as a label's value.
    #[error("the value of the placement “{asked}” {fault}")]
    BadPlacement {
        /// As asked, `label:value`.
        asked: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Something of pods, where sessions run on the server's host.
    #[error("sessions run on the server's host, which has no {what}: leave `{field}` out")]
    NotOnThisHost {
        /// The field.
        field: &'static str,
        /// What is not there.
        what: &'static str,
    },
    /// Below the least, where there is no most.
    #[error("{what} must be a number from {least} on, not {asked}")]
    TooLittle {
        /// `cpus` or `memory_mb`.
        what: &'static str,
        /// As asked.
        asked: String,
        /// The lower bound.
        least: String,
    },
    /// The folder.
    #[error("the folder {0}")]
    Folder(&'static str),
    /// A variable.
    #[error("the variable “{name}” {why}")]
    Env {
        /// Its name, cut to what can be shown.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl AskError {
    /// The field of the request it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::NoSuchSize { .. } | Self::SizeNotAllowed { .. } => "resource_profile",
            Self::NoCustomSize { .. } => "cpus",
            Self::OutOfBounds { what, .. } | Self::TooLittle { what, .. } => what,
            Self::ImageNotOffered { .. } | Self::BadImage { .. } | Self::NoImage => "image",
            Self::RNotOffered { .. } => "r_version",
            Self::TooManyGpus { .. } => "gpus",
            Self::PlacementNotOffered { .. } | Self::PlacementFixed { .. } | Self::BadPlacement { .. } => "placement",
            Self::NotOnThisHost { field, .. } => field,
            Self::Folder(_) => "folder",
            Self::Env { .. } => "env",
        }
    }
}
