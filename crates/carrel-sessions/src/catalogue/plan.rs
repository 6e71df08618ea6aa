//! The plan that an entry makes of a session: its own data, with what the configuration files say over it. Pure.

use super::{Entry, Found, entry::EntryFile, fill, given};
use carrel_config::{
    Settings,
    ides::{OneIde, R},
};
use carrel_model::{
    Plan, Session,
    plan::{Http, PlanFile},
};
use std::path::PathBuf;

/// Where the list of extensions stands that a session is to install.
const LIST: &str = "{run}/extensions";

/// The variable with the repositories of the session's R.
const REPOS: &str = "repos_conf";

/// Installs the extensions of the list `$1` that are not in the folder `$2` (in the version that is named, where one is), by
/// the command `{install}`, and becomes the IDE.
/// It is done beside the IDE, so that a registry that does not answer delays no start, and what fails is told in the
/// session's output. The process in between is gone at once: whoever reaps it is not the IDE.
const INSTALL: &str = r#"((while IFS= read -r extension; do
    case $extension in
    */*) ;;
    *@*) for there in "$2/${extension%@*}-${extension##*@}" "$2/${extension%@*}-${extension##*@}"-*; do
        test -e "$there" && continue 2
    done ;;
    *) for there in "$2/$extension"-[0-9]*; do test -e "$there" && continue 2; done ;;
    esac
    {install} "$extension" </dev/null || echo "The extension $extension was not installed: see above."
done <"$1") &)
shift {count}
exec "$@""#;

impl Entry {
    /// What a launcher is to do for `session`, with the programs of `found`. It holds no secret.
    ///
    /// Where entry and session set the same variable of the environment, the entry's stays: it is how the IDE is reached.
    pub fn plan(&self, found: &Found, session: &Session, settings: &Settings) -> Plan {
        let prefix = settings.web.root.join(&session.url());
        let said = settings.ides.of(self.id.as_str());
        let spec = &session.spec;
        let rs = &settings.ides.r;
        let r = spec.r_version.as_deref().and_then(|chosen| rs.get(chosen)).unwrap_or(&rs.usual);
        let texts = Texts { entry: self, found, session, prefix: &prefix, said, r };
        let mut env = given::environment(session, r, settings);
        env.extend(spec.env.clone());
        let mut files = given::files(&mut env, r, settings);
        env.extend(self.env.iter().map(|pair| texts.pair(pair)));
        files.extend(self.files.iter().filter_map(|file| texts.file(file)));
        if spec.container.is_some() && !self.places.is_empty() {
            // On a host the programs were looked for there; in a container the agent looks for them.
            let places = self.places.iter().map(|place| place.to_string_lossy());
            let path = env.remove("PATH").unwrap_or_else(|| "{path}".into());
            env.insert("PATH".into(), [path.into()].into_iter().chain(places).collect::<Vec<_>>().join(":"));
        }
        let command = texts.with_extensions(texts.command(), &mut files);
        Plan {
            user: session.owner_name.clone(),
            ide: Some(self.id.clone()),
            command,
            env,
            folder: spec.folder.as_ref().map(PathBuf::from),
            files,
            http: Http {
                prefix: prefix.clone(),
                strip_prefix: self.http.strip_prefix,
                headers: self.http.headers.iter().map(|pair| texts.pair(pair)).collect(),
                ready_path: texts.fill(&self.http.ready),
                keep_alive: self.http.keep_alive,
            },
            probe: self.probe.clone(),
            cpus: spec.cpus,
            memory_mb: spec.memory_mb,
            bounds: spec.bounds.clone(),
            idle: spec.idle.clone(),
            start_limit_s: settings.start_limit.as_secs(),
            container: spec.container.clone(),
        }
    }
}

/// The texts of an entry, for one session.
struct Texts<'a> {
    entry: &'a Entry,
    found: &'a Found,
    session: &'a Session,
    /// Where browsers see it, root path and all.
    prefix: &'a str,
    /// What the configuration files say of the IDE.
    said: Option<&'a OneIde>,
    /// The R of the session.
    r: &'a R,
}

impl Texts<'_> {
    fn fill(&self, text: &str) -> String {
        fill::fill(text, |name| self.value(name))
    }

    fn fill_all<'t>(&self, texts: impl IntoIterator<Item = &'t String>) -> Vec<String> {
        texts.into_iter().map(|text| self.fill(text)).collect()
    }

    fn pair(&self, (name, text): &(String, String)) -> (String, String) {
        (name.clone(), self.fill(text))
    }

    /// The value of a variable that is known here.
    fn value(&self, name: &str) -> Option<String> {
        let of_session = |name: &str| self.r.program.as_ref().filter(|_| name == "R");
        let program = |name: &str| {
            of_session(name).or_else(|| self.found.programs.get(name)).map(|path| path.display().to_string())
        };
        if let Some((_, name)) = name.split_once(':') {
            return program(name);
        }
        match name {
            "program" => program(self.entry.requires.first()?),
            "prefix" => Some(self.prefix.to_owned()),
            "base" => Some(self.prefix.trim_end_matches('/').to_owned()),
            "session" => Some(self.session.id.to_string()),
            _ => self.set(name).or_else(|| {
                self.entry.variables.iter().find(|(known, _)| known == name).map(|(_, default)| default.clone())
            }),
        }
    }

    /// What the configuration files set a variable of the entry to.
    fn set(&self, name: &str) -> Option<String> {
        if name == REPOS {
            return self.r.repos_conf();
        }
        let value = self.said?.values.get(name)?;
        // Whoever chose a folder wants to begin in it.
        (name != "working_dir" || self.session.spec.folder.is_none()).then(|| value.clone())
    }

    fn is_set(&self, name: &str) -> bool {
        match name {
            REPOS => !self.r.repos.is_empty(),
            _ => self.said.is_some_and(|said| said.values.contains_key(name)),
        }
    }

    fn file(&self, file: &EntryFile) -> Option<PlanFile> {
        if file.when.as_ref().is_some_and(|name| !self.is_set(name)) {
            return None;
        }
        let text = self.fill(&file.text);
        let over = file.merge.as_ref().and_then(|name| self.set(name));
        let text = over.and_then(|over| merged(&text, &over)).unwrap_or(text);
        Some(PlanFile { path: self.fill(&file.path), text, keep: file.keep })
    }

    /// Program and arguments. The administrator's stand in for the flags of the entry that may be replaced, and for the
    /// values that they name.
    fn command(&self) -> Vec<String> {
        let entry = self.entry;
        let mut command = self.fill_all(&entry.command);
        let program = self.said.and_then(|said| said.program.as_ref());
        let first = program.map(|program| program.first_arguments.as_slice()).unwrap_or_default();
        command.splice(1.min(command.len())..1.min(command.len()), first.iter().cloned());
        let theirs = self.said.and_then(|said| said.arguments.as_deref());
        let is_theirs =
            |argument: &String| theirs.unwrap_or_default().iter().any(|their| name_of(their) == name_of(argument));
        let stays = |argument: &String| theirs.is_none() || argument.contains('=');
        let when = entry.when.iter().filter(|(name, _)| self.is_set(name)).flat_map(|(_, arguments)| arguments);
        let ours = self.fill_all(entry.arguments.iter().filter(|argument| stays(argument)).chain(when));
        command.extend(ours.into_iter().filter(|argument| !is_theirs(argument)));
        command.extend(theirs.unwrap_or_default().iter().cloned());
        command
    }

    /// The command that installs extensions before it becomes `command`, when there are any to install.
    fn with_extensions(&self, command: Vec<String>, files: &mut Vec<PlanFile>) -> Vec<String> {
        let (Some(install), Some(said)) = (&self.entry.extensions, self.said) else { return command };
        if said.extensions.is_empty() {
            return command;
        }
        let is_id = |extension: &str| !extension.contains('/');
        let lines =
            said.extensions.iter().map(|line| if is_id(line) { line.to_ascii_lowercase() } else { line.clone() });
        let text = lines.map(|line| line + "\n").collect();
        files.push(PlanFile { path: LIST.into(), text, keep: false });
        let count = install.command.len();
        let places: Vec<String> = (3..count + 3).map(|place| format!("\"${{{place}}}\"")).collect();
        let script = INSTALL.replace("{install}", &places.join(" ")).replace("{count}", &(count + 2).to_string());
        let before =
            ["/bin/sh".to_owned(), "-c".into(), script, "carrel".into(), LIST.into(), self.fill(&install.folder)];
        before.into_iter().chain(self.fill_all(&install.command)).chain(command).collect()
    }
}

/// What stands before the value of an argument.
fn name_of(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(name, _)| name)
}

/// The JSON object `text` with the keys of the object `over` laid over it.
fn merged(text: &str, over: &str) -> Option<String> {
    let object = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let mut object_of = object(text)?;
    object_of.extend(object(over)?);
    serde_json::to_string_pretty(&object_of).ok().map(|text| text + "\n")
}
