//! Which images sessions of each IDE are offered, where a file says it of the IDE: rserver.conf, jupyter.conf, vscode.conf.

use super::Settings;
use crate::{At, Configuration, configuration::Held};
use std::collections::BTreeMap;

/// The file of each IDE's images.
const FILES: [(&str, &str); 3] =
    [("jupyterlab", "jupyter.conf"), ("notebook", "jupyter.conf"), ("vscode", "vscode.conf")];

/// What a file says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// What.
    pub value: T,
    /// Where.
    pub at: At,
}

/// The images that files name for all sessions and for those of an IDE.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// The image of sessions when nothing else says one (`launcher-sessions-container-image`).
    pub usual: Option<Said<String>>,
    one: BTreeMap<&'static str, OfIde>,
}

/// The images of one IDE.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfIde {
    /// The one that is chosen first (`default-session-container-image`).
    pub usual: Option<Said<String>>,
    /// Those that are offered, of those that a person may have (`session-container-images`).
    pub offered: Option<Said<Vec<String>>>,
}

impl Images {
    /// What is said of the IDE of this id.
    pub fn of(&self, ide: &str) -> Option<&OfIde> {
        self.one.get(ide)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &At)> {
        let usual = self.usual.iter().chain(self.one.values().filter_map(|one| one.usual.as_ref()));
        let offered = self.one.values().filter_map(|one| one.offered.as_ref());
        let offered = offered.flat_map(|said| said.value.iter().map(|image| (image.as_str(), &said.at)));
        usual.map(|said| (said.value.as_str(), &said.at)).chain(offered)
    }
}

impl Settings {
    /// Every image of sessions that a file names, once, with the first place that does.
    pub fn images_named(&self) -> Vec<Said<String>> {
        let mut named: Vec<Said<String>> = Vec::new();
        for (image, at) in self.images.all().chain(self.profiles.images()) {
            if !named.iter().any(|known| known.value == image) {
                named.push(Said { value: image.to_owned(), at: at.clone() });
            }
        }
        named
    }
}

pub(super) fn apply(settings: &mut Settings, files: &Configuration) {
    let images = &mut settings.images;
    images.usual = said_text(&files.get("rserver.conf", "launcher-sessions-container-image"));
    for (ide, file) in FILES {
        let offered = files.get(file, "session-container-images");
        let at = offered.at.clone().filter(|_| !offered.list().is_empty());
        let one = OfIde {
            usual: said_text(&files.get(file, "default-session-container-image")),
            offered: at.map(|at| Said { value: offered.list().to_vec(), at }),
        };
        images.one.insert(ide, one);
    }
}

fn said_text(held: &Held) -> Option<Said<String>> {
    let (text, at) = (held.text()?, held.at.clone()?);
    (!text.is_empty()).then(|| Said { value: text.to_owned(), at })
}
