//! The files that the chart makes from values.yaml, made without helm.
//!
//! Pure: texts in, texts out. An administrator learns what is wrong in values.yaml before helm is asked. The tests of the chart
//! compare what its templates make with this, file by file.

mod files;
mod known;
mod node;
mod serialise;
mod yaml;

use crate::{
    configuration::Configuration,
    diagnostic::{Diagnostic, Told},
    options::file_named,
    source::Source,
};
use node::Node;
use std::{collections::HashMap, path::Path, sync::Arc};

pub use crate::diagnostic::Origin;

/// What the chart brings itself.
const DEFAULTS: &str = include_str!("../../../chart/values.yaml");

/// A file that the chart makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Where it is mounted, without the `/` before it: `mnt/configmap/rstudio`.
    pub folder: &'static str,
    /// Its name: `rserver.conf`.
    pub name: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a file, and the value that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Without its end.
    pub text: String,
    /// Nowhere for what the chart brings itself.
    pub from: Option<Origin>,
}

impl RenderedFile {
    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }

    /// Its path, `mnt/configmap/rstudio/rserver.conf`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }
}

/// Everything that the chart makes, and what there is to tell about the values.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// In the order in which they are mounted.
    pub files: Vec<RenderedFile>,
    /// About the values themselves: no YAML, removed, unknown.
    pub diagnostics: Vec<Diagnostic>,
}

/// Renders values as helm does with `-f`: of several files the later one counts.
pub fn render(sources: &[Source]) -> Rendered {
    let mut diagnostics = Vec::new();
    let mut values = Node::map();
    for source in sources {
        let (node, told) = yaml::read(source);
        diagnostics.extend(told.into_list(source.at(0)));
        values.merge(node, false);
    }
    let mut told = Told::default();
    known::check(&values, &mut told);
    let mut all = defaults();
    all.merge(values, true);
    let files = files::files(&all, &mut told);
    if let Some(first) = sources.first() {
        diagnostics.extend(told.into_list(first.at(0)));
    }
    Rendered { files, diagnostics }
}

fn defaults() -> Node {
    let (mut node, _) = yaml::read(&Source::new(Path::new("values.yaml of the chart"), DEFAULTS.as_bytes()).0);
    forget_places(&mut node);
    node
}

/// What the chart brings has no place that somebody could look at.
fn forget_places(node: &mut Node) {
    node.at = None;
    match &mut node.content {
        node::Content::Map(map) => map.values_mut().for_each(forget_places),
        node::Content::List(list) => list.iter_mut().for_each(forget_places),
        _ => {}
    }
}

impl Rendered {
    /// Checks the files, and tells everything with the rendered line and the value that it comes from.
    pub fn check(&self) -> Vec<Diagnostic> {
        let mut configuration = Configuration::default();
        let mut rendered: HashMap<Arc<Path>, &RenderedFile> = HashMap::new();
        for file in &self.files {
            let path: Arc<Path> = Path::new(&file.path()).into();
            if let Some(known) = file_named(&file.name) {
                configuration.read(known, path.clone(), file.text().as_bytes());
                rendered.insert(path, file);
            }
        }
        let origin = |told: &Diagnostic| {
            let line = usize::try_from(told.at.line).ok()?.checked_sub(1)?;
            rendered.get(&told.at.file)?.lines.get(line)?.from.clone()
        };
        let told = configuration.diagnostics().iter().map(|told| told.clone().from(origin(told)));
        self.diagnostics.iter().cloned().chain(told).collect()
    }
}

/// A path as people write it: `config.server.rserver\.conf.www-port`, as for `helm --set`.
fn path_of(keys: &[&str]) -> String {
    keys.iter().map(|key| key.replace('.', "\\.")).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests;
