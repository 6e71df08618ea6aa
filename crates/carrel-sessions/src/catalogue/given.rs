//! What every session is given, whatever its IDE: variables, package repositories, where it is.

use carrel_config::{Settings, ides::R};
use carrel_model::{Session, plan::PlanFile};
use std::{collections::BTreeMap, path::Path};

const R_PROFILE: &str = "{run}/Rprofile.site";
const PIP: &str = "{run}/pip.conf";

type Environment = BTreeMap<String, String>;

/// The variables that the server and its files give a session. The original's names are here too: packages and scripts ask
/// for them. No value is a secret.
pub(super) fn environment(session: &Session, r: &R, settings: &Settings) -> Environment {
    let mut env = Environment::from([
        ("CARREL_SESSION".to_owned(), session.id.to_string()),
        ("POSIT_PRODUCT".into(), "WORKBENCH".into()),
    ]);
    if let Some(server) = address(settings) {
        let url = format!("{server}{}", session.url());
        env.extend(["CARREL_SESSION_URL", "RS_SESSION_URL"].map(|name| (name.to_owned(), url.clone())));
        env.extend(["CARREL_SERVER_URL", "RS_SERVER_URL"].map(|name| (name.to_owned(), format!("{server}/"))));
    }
    let libraries = [("R_LIBS_USER", &settings.ides.r.user_library), ("R_LIBS_SITE", &r.site_library)];
    env.extend(libraries.into_iter().filter_map(|(name, path)| Some((name.to_owned(), path.clone()?))));
    let (ide, user) = (session.ide.as_str(), session.owner_name.as_str());
    let blocks = settings.ides.variables.iter().filter(|b| b.whom.holds_for(ide, &session.spec.cluster, user));
    for (name, value) in blocks.flat_map(|block| &block.variables) {
        // Several blocks may each put a folder before what there is.
        let value = if name == "PATH" {
            value.replace("{path}", env.get("PATH").map_or("{path}", |p| p))
        } else {
            value.clone()
        };
        env.insert(name.clone(), value);
    }
    if let Some(folder) = r.program.as_deref().and_then(Path::parent) {
        let path = env.get("PATH").map_or("{path}", |path| path);
        let path = format!("{}:{path}", folder.display());
        env.insert("PATH".into(), path);
    }
    env
}

/// The files that go with it, and the variables that name them.
pub(super) fn files(env: &mut Environment, r: &R, settings: &Settings) -> Vec<PlanFile> {
    let mut files = Vec::new();
    if !r.repos.is_empty() {
        let text = profile(env.get("R_PROFILE"), &r.repos);
        files.push(PlanFile { path: R_PROFILE.into(), text, keep: false });
        env.insert("R_PROFILE".into(), R_PROFILE.into());
    }
    if let Some(text) = &settings.ides.pip {
        files.push(PlanFile { path: PIP.into(), text: text.clone(), keep: false });
        // What the user configured is read after it, and wins.
        env.entry("PIP_CONFIG_FILE".into()).or_insert_with(|| PIP.into());
    }
    files
}

/// Where browsers find the server; `None` when nobody said it and the server's own address is not one of a browser's.
fn address(settings: &Settings) -> Option<String> {
    let server = settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    let server = server.or_else(|| settings.own_url())?;
    let root = settings.web.root.as_str();
    Some(if server.ends_with(root) { server } else { server + root })
}

/// A site profile of R that sets the repositories. R reads it in place of `before`, or of the one of its own folder, so it
/// begins with that; the user's own profile comes after it and wins.
fn profile(before: Option<&String>, repos: &[(String, String)]) -> String {
    let site = before.map_or_else(|| r#"file.path(R.home("etc"), "Rprofile.site")"#.into(), |path| quoted(path));
    let pairs: Vec<String> = repos.iter().map(|(name, url)| format!("{} = {}", quoted(name), quoted(url))).collect();
    let pairs = pairs.join(", ");
    format!(
        "# Written at each start of this session: the package repositories of this installation.\n\
         local({{\n    site <- {site}\n    if (file.exists(site)) sys.source(site, envir = globalenv())\n    \
         options(repos = c({pairs}))\n}})\n"
    )
}

/// A text as R reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
