//! The server as browsers see it: addresses, headers, cookies, networks.

mod network;
mod origin;
mod root;

pub use network::{Network, Rule, WrongNetwork};
pub use root::Root;

use super::Settings;
use crate::{At, Configuration, Diagnostic, Level, Value, configuration::Setting};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

const FILE: &str = "rserver.conf";
/// A longer fragment for the sign-in page was not written for it.
const LOGIN_HTML: u64 = 64 << 10;
const LOGIN_HTML_DEFAULT: &str = "/etc/rstudio/login.html";
/// Headers that frame an answer or belong to a connection: nobody else may set them.
const NOT_TO_ADD: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What browsers see of the server besides its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// The path below which a proxy shows the server (`www-root-path`). Holds from the start of the server.
    pub root: Root,
    /// Headers on every answer of the server's own (`server-add-header`).
    pub headers: Vec<(String, String)>,
    /// Who may show the pages in a frame (`www-frame-origin`).
    pub frames: Frames,
    /// Whether the cookie goes along with requests that pages of other sites cause (`www-same-site=none`).
    pub cookie_everywhere: bool,
    /// Other origins whose pages may send requests (`www-allow-origin`), as browsers name them.
    pub origins: Vec<String>,
    /// Cookies are for HTTPS only, whatever the connection looks like (`auth-cookies-force-secure`).
    pub force_secure: bool,
    /// What browsers that came by HTTPS are told to do from then on (`ssl-hsts*`); nothing when empty.
    pub hsts: String,
    /// What the sign-in page shows besides its form (`login.html`).
    pub login_html: Option<Arc<str>>,
    /// Which addresses may come in (`ip-rules`): the first that fits decides.
    pub rules: Vec<Rule>,
    /// Whether each answer of the server's own is logged (`server-access-log`).
    pub access_log: bool,
}

/// Who may show pages in a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Frames {
    /// Nobody.
    #[default]
    Nobody,
    /// Pages of the same origin.
    Same,
    /// Everybody.
    Anybody,
    /// This source, as a content security policy names it.
    These(String),
}

impl Default for Web {
    fn default() -> Self {
        Self {
            root: Root::default(),
            headers: Vec::new(),
            frames: Frames::Nobody,
            cookie_everywhere: false,
            origins: Vec::new(),
            force_secure: false,
            hsts: "max-age=31536000".into(),
            login_html: None,
            rules: Vec::new(),
            access_log: false,
        }
    }
}

impl Web {
    /// Whether a client at this address may come in.
    pub fn lets_in(&self, address: IpAddr) -> bool {
        self.rules.iter().find(|rule| rule.is_for(address)).is_none_or(|rule| rule.allow)
    }
}

/// Takes over what the files set. Unset options leave alone what is there: defaults of Carrel's own, which differ from the
/// original's where those would be unsafe (it listens on every address).
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    listen(settings, files, &mut told);
    let web = &mut settings.web;
    if let Some((text, at)) = set_text(files, "www-root-path") {
        match Root::parse(&text) {
            Ok(root) => web.root = root,
            Err(allowed) => told.push(wrong(at, "www-root-path", &text).allowed(allowed)),
        }
    }
    for setting in files.all(FILE, "server-add-header") {
        match header(&setting.value) {
            Some(header) => web.headers.push(header),
            None => told.push(
                wrong(setting.at.clone(), "server-add-header", &setting.value.to_string())
                    .allowed("`Name: value`, and no name that belongs to the connection"),
            ),
        }
    }
    frames(web, files, &mut told);
    for setting in files.all(FILE, "www-allow-origin") {
        match origin::read(&setting.value.to_string()) {
            Some(origins) => web.origins.extend(origins),
            None => told.push(
                wrong(setting.at.clone(), "www-allow-origin", &setting.value.to_string())
                    .allowed("https://host, with a port where it is not 443"),
            ),
        }
    }
    flags(web, files);
    hsts(web, files);
    web.rules.extend(files.settings().iter().filter(|s| s.file.name == "ip-rules").filter_map(rule));
    login_html(web, files, &mut told);
    told
}

fn listen(settings: &mut Settings, files: &Configuration, told: &mut Vec<Diagnostic>) {
    if let Some((text, at)) = set_text(files, "www-address") {
        let address = if text == "localhost" { Ok(Ipv4Addr::LOCALHOST.into()) } else { text.parse::<IpAddr>() };
        match address {
            Ok(address) => settings.listen.set_ip(address),
            Err(_) => told.push(wrong(at, "www-address", &text).allowed("an IP address of this host, or `localhost`")),
        }
    }
    let port = files.get(FILE, "www-port");
    if let Some(at) = &port.at
        && let Some(port) = port.whole().and_then(|port| u16::try_from(port).ok())
    {
        let of_https = files.get(FILE, "ssl-enabled").flag() == Some(true) && is_empty(files, at);
        settings.listen = SocketAddr::new(settings.listen.ip(), if of_https { 443 } else { port });
    }
    if let Some((path, _)) = set_text(files, "www-socket").filter(|(path, _)| !path.is_empty()) {
        settings.socket = Some(path.into());
    }
}

/// Whether nothing stands behind the `=` of a line: the reader has put a value there.
fn is_empty(files: &Configuration, at: &At) -> bool {
    let line = usize::try_from(at.line).ok().and_then(|line| files.text(FILE)?.lines().nth(line.checked_sub(1)?));
    let value = line.and_then(|line| line.split_once('=')).map(|(_, value)| value.trim());
    value.is_some_and(|value| value.is_empty() || value.starts_with('#'))
}

fn frames(web: &mut Web, files: &Configuration, told: &mut Vec<Diagnostic>) {
    let Some((text, at)) = set_text(files, "www-frame-origin") else { return };
    let source = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '/' | '*' | '[' | ']');
    web.frames = match text.to_ascii_lowercase().as_str() {
        "none" | "" => Frames::Nobody,
        "same" => Frames::Same,
        "any" => Frames::Anybody,
        domain if domain.split(' ').all(|one| !one.is_empty() && one.chars().all(source)) => {
            Frames::These(domain.to_owned())
        }
        _ => {
            let allowed = "`none`, `same`, `any`, or domains with spaces between them";
            return told.push(wrong(at, "www-frame-origin", &text).allowed(allowed));
        }
    };
}

fn flags(web: &mut Web, files: &Configuration) {
    let set = |key| files.get(FILE, key).flag().filter(|_| files.get(FILE, key).at.is_some());
    web.force_secure = set("auth-cookies-force-secure").unwrap_or(web.force_secure);
    web.access_log = set("server-access-log").unwrap_or(web.access_log);
    if let Some((text, _)) = set_text(files, "www-same-site") {
        web.cookie_everywhere = text == "none";
    }
}

fn hsts(web: &mut Web, files: &Configuration) {
    let is_set = |key: &&str| files.get(FILE, key).at.is_some();
    if !["ssl-hsts", "ssl-hsts-max-age", "ssl-hsts-include-subdomains"].iter().any(is_set) {
        return;
    }
    let seconds = files.get(FILE, "ssl-hsts-max-age").whole().unwrap_or(31_536_000);
    let below = files.get(FILE, "ssl-hsts-include-subdomains").flag().unwrap_or(false);
    web.hsts = match files.get(FILE, "ssl-hsts").flag() {
        Some(false) => String::new(),
        _ => format!("max-age={seconds}{}", if below { "; includeSubDomains" } else { "" }),
    };
}

/// `Name: value`.
fn header(value: &Value) -> Option<(String, String)> {
    let Value::Text(text) = value else { return None };
    let (name, value) = text.split_once(':')?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let fine = !name.is_empty() && name.chars().all(token) && !NOT_TO_ADD.contains(&name.as_str());
    (fine && value.chars().all(|c| c == ' ' || c.is_ascii_graphic())).then(|| (name, value.to_owned()))
}

/// A line of `ip-rules`, which the reader has looked at.
fn rule(setting: &Setting) -> Option<Rule> {
    let Value::Text(line) = &setting.value else { return None };
    let (word, who) = line.split_once(char::is_whitespace)?;
    let network = if who.trim() == "all" { None } else { Some(who.trim().parse().ok()?) };
    Some(Rule { allow: word == "allow", network })
}

/// The file that the option names, or `login.html` beside the others.
fn login_html(web: &mut Web, files: &Configuration, told: &mut Vec<Diagnostic>) {
    // Where the original looks by itself, there need be nothing.
    let is_there = |path: &str| path != LOGIN_HTML_DEFAULT || Path::new(path).exists();
    let named = set_text(files, "auth-login-page-html").filter(|(path, _)| !path.is_empty() && is_there(path));
    let beside = || files.files().iter().find(|found| found.file.name == "login.html");
    let (path, at) = match (named, beside()) {
        (Some((path, at)), _) => (Path::new(&path).into(), at),
        (None, Some(found)) => (found.path.clone(), At::whole(found.path.clone())),
        (None, None) => return,
    };
    let length = std::fs::metadata(&path).map(|file| file.len());
    match length
        .and_then(|length| if length > LOGIN_HTML { Ok(None) } else { std::fs::read_to_string(&path).map(Some) })
    {
        Ok(Some(text)) => web.login_html = Some(text.into()),
        Ok(None) => told.push(Diagnostic::new(
            at,
            Level::Error,
            "too-long",
            "this is longer than the 64 KiB that the sign-in page takes",
        )),
        Err(error) => {
            let text = format!("{} cannot be read: {error}", path.display());
            told.push(Diagnostic::new(at, Level::Error, "cannot-read", text));
        }
    }
}

/// A text that a file sets.
fn set_text(files: &Configuration, key: &str) -> Option<(String, At)> {
    let held = files.get(FILE, key);
    Some((held.text()?.to_owned(), held.at?))
}

fn wrong(at: At, key: &str, found: &str) -> Diagnostic {
    Diagnostic::new(at, Level::Error, "wrong-value", format!("{key} cannot be this")).found(found)
}

#[cfg(test)]
mod tests;
