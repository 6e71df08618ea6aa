//! What is wrong between the lines of the profiles files.

use super::{For, IMAGES, NamedSize, RULES, SIZES, bounds, has_rules, is_key, placement_of, sections, sizes};
use crate::{
    Configuration, Diagnostic, Level, Value,
    configuration::Setting,
    nearest::nearest,
    options::is_of_pods,
    settings::{cluster::ClusterKind, ides::ALL},
};
use carrel_model::{
    GroupName, UserName,
    container::{image_fault, label_fault, label_value_fault},
};
use std::collections::HashMap;

/// A key and the one that bounds it.
const BOUNDED: [(&str, &str); 8] = [
    ("default-cpus", "max-cpus"),
    ("default-cpus-request", "max-cpus-request"),
    ("default-mem-mb", "max-mem-mb"),
    ("default-mem-mb-request", "max-mem-mb-request"),
    ("default-nvidia-gpus", "max-nvidia-gpus"),
    ("default-amd-gpus", "max-amd-gpus"),
    ("default-cpus-request", "default-cpus"),
    ("default-mem-mb-request", "default-mem-mb"),
];

/// Everything that cannot be told by looking at one value alone.
pub(super) fn check(files: &Configuration, kind: ClusterKind) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    match kind {
        ClusterKind::Local => without_containers(files, &mut told),
        ClusterKind::Kubernetes => pods(files, &mut told),
    }
    for found in files.files().iter().filter(|found| has_rules(found.file)) {
        let sections = sections(files, found.file.name);
        names(&sections, &mut told);
        order(&sections, &mut told);
        against_everybody(&sections, &mut told);
        ratios(&sections, &mut told);
        bounds::check(files, found.file.name, &mut told);
    }
    for (rules, file) in RULES.into_iter().zip(SIZES) {
        let sizes = sizes::of(files, file);
        known_sizes(files, rules, file, &sizes, &mut told);
        told.extend(sizes.iter().filter(|size| size.cpus.is_none() && size.memory_mb.is_none()).map(|size| {
            let text = format!("the size “{}” sets neither cpus nor mem-mb: it is like the usual one", size.id);
            Diagnostic::new(size.at.clone(), Level::Warning, "no-figures", text)
        }));
    }
    told
}

/// What is said of containers where sessions run on the server's host.
fn without_containers(files: &Configuration, told: &mut Vec<Diagnostic>) {
    for setting in of_pods(files) {
        let text = format!("{} changes nothing: sessions run on the server's host, without containers", setting.key);
        let one = Diagnostic::new(setting.at.clone(), Level::Warning, "no-containers", text);
        told.push(one.allowed("a `[cluster]` of launcher.conf with `type=Kubernetes`"));
    }
}

/// Names of images and of labels that Kubernetes refuses.
fn pods(files: &Configuration, told: &mut Vec<Diagnostic>) {
    for setting in of_pods(files) {
        let is_size = setting.file.name == SIZES[1];
        for word in setting.value.words() {
            let fault = match &*setting.key {
                key if IMAGES.contains(&key) => image_fault(word),
                "placement-constraints" => placement_fault(word, is_size),
                _ => None,
            };
            if let Some(fault) = fault {
                let one = Diagnostic::new(setting.at.clone(), Level::Error, "wrong-value", format!("one {fault}"));
                told.push(one.found(word));
            }
        }
    }
}

fn placement_fault(word: &str, is_size: bool) -> Option<&'static str> {
    let (label, value) = placement_of(word)?;
    match value {
        None if is_size => Some("has no value: `label:value` is needed"),
        _ => label_fault(label).or_else(|| value.and_then(label_value_fault)),
    }
}

/// What the files of Kubernetes say that is of pods alone.
fn of_pods(files: &Configuration) -> impl Iterator<Item = &Setting> {
    let own = |setting: &&Setting| setting.row.is_some_and(|row| is_of_pods(setting.file, row));
    files.settings().iter().filter(own)
}

type Found<'a> = (&'a str, Vec<&'a Setting>);

/// Sections that hold for nobody, since nobody and no group can be called so.
fn names(sections: &[Found<'_>], told: &mut Vec<Diagnostic>) {
    for (section, set) in sections {
        let wrong = match For::of(section) {
            For::Everybody => continue,
            For::Group(group) => group.parse::<GroupName>().err().map(|error| format!("no group: {error}")),
            For::User(user) => user.parse::<UserName>().err().map(|error| format!("no user: {error}")),
        };
        if let (Some(wrong), Some(first)) = (wrong, set.first()) {
            let text = format!("[{section}] holds for nobody, as it names {wrong}");
            let one = Diagnostic::new(first.at.clone(), Level::Warning, "wrong-section", text);
            told.push(one.allowed("`[*]`, `[@group]` or `[user]`, one group or user each"));
        }
    }
}

/// Keys for which the order of the original, top to bottom, gives another result than ours.
fn order(sections: &[Found<'_>], told: &mut Vec<Diagnostic>) {
    // By key and rank: the first line, and the first with another value. One of the two differs from any third value.
    let mut above: HashMap<(&str, usize), [Option<&Setting>; 2]> = HashMap::new();
    for (section, set) in sections {
        let rank = For::of(section).rank();
        for setting in set {
            let key = &*setting.key;
            let higher = (rank + 1..3).filter_map(|rank| above.get(&(key, rank))).flatten().flatten();
            if let Some(wins) = higher.into_iter().find(|other| other.value != setting.value) {
                told.push(differs(section, setting, wins));
            }
            match above.entry((key, rank)).or_default() {
                [first @ None, _] => *first = Some(setting),
                [Some(first), second @ None] if first.value != setting.value => *second = Some(setting),
                _ => {}
            }
        }
    }
}

fn differs(section: &str, below: &Setting, wins: &Setting) -> Diagnostic {
    let (key, winner, line) = (&below.key, wins.section.as_deref().unwrap_or_default(), wins.at.line);
    let text = format!(
        "{key} of [{section}] stands below [{winner}] of line {line}: where both hold, Carrel takes line {line}, as `[*]` \
         counts first, then groups in the order of the file, then the user; Workbench takes the last line"
    );
    Diagnostic::new(below.at.clone(), Level::Warning, "other-order", text)
}

/// What a section sets, together with what holds for everybody.
fn against_everybody(sections: &[Found<'_>], told: &mut Vec<Diagnostic>) {
    let everybody: Vec<&Setting> =
        sections.iter().filter(|(name, _)| *name == "*").flat_map(|(_, set)| set.iter().copied()).collect();
    for (_, set) in sections {
        let own = |key: &str| set.iter().copied().rfind(|setting| is_key(setting.row, key));
        let of_all = |key: &str| everybody.iter().copied().rfind(|setting| is_key(setting.row, key));
        for (key, bound) in BOUNDED {
            // Said once, in the section that brings the two together.
            if own(key).is_none() && own(bound).is_none() {
                continue;
            }
            if let (Some(low), Some(high)) = (own(key).or_else(|| of_all(key)), own(bound).or_else(|| of_all(bound))) {
                told.extend(above_bound(low, high, own(key).unwrap_or(high)));
            }
        }
        told.extend(image_not_offered(own, of_all));
        told.extend(r_not_offered(own, of_all));
    }
}

fn above_bound(low: &Setting, high: &Setting, at: &Setting) -> Option<Diagnostic> {
    let (value, most) = (figure(&low.value)?, figure(&high.value)?);
    if most <= 0.0 || value <= most {
        return None;
    }
    let text =
        format!("{} is more than {} in line {}: sessions get no more than that", low.key, high.key, high.at.line);
    let one = Diagnostic::new(at.at.clone(), Level::Warning, "above-maximum", text);
    Some(one.found(&low.value.to_string()).allowed(format!("at most {}", high.value)))
}

fn figure(value: &Value) -> Option<f64> {
    match value {
        Value::Decimal(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "numbers of GPUs are small")]
        Value::Whole(number) => Some(*number as f64),
        _ => None,
    }
}

fn image_not_offered<'a>(
    own: impl Fn(&str) -> Option<&'a Setting>,
    of_all: impl Fn(&str) -> Option<&'a Setting>,
) -> Option<Diagnostic> {
    let unknown_ones = own("allow-unknown-images").or_else(|| of_all("allow-unknown-images"));
    if unknown_ones.is_some_and(|allowed| allowed.value == Value::Flag(true)) {
        return None;
    }
    let (at, image, images, line) = not_among("default-container-image", "container-images", own, of_all)?;
    let text = format!("the default image is none of container-images in line {line}");
    Some(not_offered(at, image, images, "image-not-offered", text))
}

fn r_not_offered<'a>(
    own: impl Fn(&str) -> Option<&'a Setting>,
    of_all: impl Fn(&str) -> Option<&'a Setting>,
) -> Option<Diagnostic> {
    let (at, path, paths, line) = not_among("r-version", "r-versions", own, of_all)?;
    let is = |called: &String| called == ALL || called.trim_end_matches('/') == path.trim_end_matches('/');
    if paths.iter().any(is) {
        return None;
    }
    let text = format!("r-version is none of r-versions in line {line}: another one is chosen first");
    Some(not_offered(at, path, paths, "r-not-offered", text))
}

/// What `key` chooses when it is none of what `list` offers: the setting of this section that brings the two together, the
/// choice, the offer and its line.
fn not_among<'a>(
    key: &str,
    list: &str,
    own: impl Fn(&str) -> Option<&'a Setting>,
    of_all: impl Fn(&str) -> Option<&'a Setting>,
) -> Option<(&'a Setting, &'a String, &'a [String], u32)> {
    let set_here = own(key).or_else(|| own(list))?;
    let (chosen, offered) = (own(key).or_else(|| of_all(key))?, own(list).or_else(|| of_all(list))?);
    let (Value::Text(word), Value::List(words)) = (&chosen.value, &offered.value) else { return None };
    (!word.is_empty() && !words.is_empty() && !words.contains(word)).then_some((set_here, word, words, offered.at.line))
}

fn not_offered(at: &Setting, word: &str, offered: &[String], code: &'static str, text: String) -> Diagnostic {
    let one = Diagnostic::new(at.at.clone(), Level::Warning, code, text);
    let meant = nearest(word, offered.iter().map(String::as_str));
    one.found(word).allowed(offered.join(", ")).meant(meant)
}

/// A ratio of nothing reserves nothing, which no pod may ask for.
fn ratios(sections: &[Found<'_>], told: &mut Vec<Diagnostic>) {
    let zero = |s: &&&Setting| s.key.ends_with("-request-ratio") && s.value == Value::Decimal(0.0);
    for setting in sections.iter().flat_map(|(_, set)| set).filter(zero) {
        let one = Diagnostic::new(setting.at.clone(), Level::Error, "out-of-range", format!("{} is 0", setting.key));
        told.push(one.found("0").allowed("a number above 0, up to 1"));
    }
}

/// Sizes that rules speak of and no section of the resources file has.
fn known_sizes(files: &Configuration, rules: &str, file: &str, sizes: &[NamedSize], told: &mut Vec<Diagnostic>) {
    let lists = files.settings().iter().filter(|s| s.file.name == rules && is_key(s.row, "resource-profiles"));
    for setting in lists {
        let Value::List(words) = &setting.value else { continue };
        for word in words.iter().filter(|word| !sizes.iter().any(|size| size.id == **word)) {
            let ids = || sizes.iter().map(|size| size.id.as_str());
            let text = format!("{file} has no such size");
            let one = Diagnostic::new(setting.at.clone(), Level::Warning, "no-such-size", text);
            let one = one.found(word).meant(nearest(word, ids()));
            told.push(if sizes.is_empty() { one } else { one.allowed(ids().collect::<Vec<_>>().join(", ")) });
        }
    }
}
