//! Files: the application's (built by web/, embedded) and the few of the pages that need none of it.

use crate::{app::App, caller::Caller, headers::APP_POLICY, pages, problem::Problem};
use axum::{
    body::Body,
    extract::{FromRequestParts, Path, Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use carrel_config::web::Root;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::RustEmbed;
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

/// What `web/` was built to. Read from the folder in debug builds, part of the program in release builds.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Built;

/// Texts shorter than this are sent as they are.
const WORTH_PACKING: usize = 1024;
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, no-cache");

/// A file, ready to be sent.
struct Asset {
    kind: HeaderValue,
    etag: HeaderValue,
    plain: Bytes,
    packed: Option<Bytes>,
}

impl Asset {
    fn new(path: &str, plain: Bytes, hash: [u8; 32]) -> Self {
        let kind = kind(path);
        let text = !kind.starts_with("image/png") && !kind.starts_with("font/");
        let packed = (text && plain.len() >= WORTH_PACKING).then(|| pack(&plain)).flatten();
        let tag = hash[..12].iter().fold(String::new(), |mut tag, byte| {
            let _ = write!(tag, "{byte:02x}");
            tag
        });
        let etag = HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { kind: HeaderValue::from_static(kind), etag, plain, packed }
    }

    fn answer(&self, asked: &HeaderMap, keep: HeaderValue) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, keep);
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if asked.get(header::IF_NONE_MATCH).is_some_and(|known| *known == self.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        let packed = self.packed.as_ref().filter(|_| takes_gzip(asked));
        if packed.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *response.body_mut() = Body::from(packed.unwrap_or(&self.plain).clone());
        response
    }
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let list = asked.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    list.split(',')
        .map(|one| one.split_once(';').unwrap_or((one, "")))
        .any(|(name, weight)| matches!(name.trim(), "gzip" | "*") && weight.trim().trim_end_matches(['0', '.']) != "q=")
}

fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A file of the application.
fn built(path: &str) -> Option<Arc<Asset>> {
    made(path, path, |plain| plain)
}

/// The application's only page. It is built to name its files beside itself, and is shown at many addresses: so they get
/// the root path of the server here, and the application learns it.
fn index(root: &Root) -> Option<Arc<Asset>> {
    let root = root.as_str();
    made("index.html", &format!("{root}/index.html"), |plain| {
        let text = String::from_utf8_lossy(&plain);
        let text = text.replace("=\"./", &format!("=\"{root}/"));
        text.replace("data-root=\"\"", &format!("data-root=\"{root}\"")).into()
    })
}

/// A file, changed as wanted. Packed once and kept under a name; in debug builds read anew when it has changed.
fn made(path: &str, name: &str, change: impl Fn(Bytes) -> Bytes) -> Option<Arc<Asset>> {
    type Kept = HashMap<String, ([u8; 32], Arc<Asset>)>;
    static KEPT: LazyLock<RwLock<Kept>> = LazyLock::new(RwLock::default);
    let file = Built::get(path)?;
    let hash = file.metadata.sha256_hash();
    if let Some((known, asset)) = KEPT.read().unwrap_or_else(PoisonError::into_inner).get(name)
        && *known == hash
    {
        return Some(asset.clone());
    }
    let asset = Arc::new(Asset::new(path, change(Bytes::from(file.data.into_owned())), hash));
    let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
    kept.insert(name.to_owned(), (hash, asset.clone()));
    Some(asset)
}

/// Everything that no other address is: files of the application, and its pages.
pub(crate) async fn page(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Err(Problem::no_page());
    }
    let path = parts.uri.path().trim_start_matches('/').to_owned();
    if path != "index.html"
        && let Some(asset) = built(&path)
    {
        let hashed = path.starts_with("assets/");
        return Ok(asset.answer(&parts.headers, if hashed { FOREVER } else { ASK_AGAIN }));
    }
    if !is_page(&path) {
        return Err(Problem::no_page());
    }
    if Caller::from_request_parts(&mut parts, &app).await.is_err() {
        return Ok(pages::sign_in::redirect(&parts));
    }
    let Some(index) = index(&app.settings.now().web.root) else { return Ok(pages::not_built(&app)) };
    let mut response = index.answer(&parts.headers, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(APP_POLICY));
    Ok(response)
}

/// The addresses of the application's pages.
fn is_page(path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    match path.split('/').collect::<Vec<_>>()[..] {
        ["" | "settings"] | ["admin", "configuration" | "what-if"] => true,
        ["sessions", id] | ["sessions", id, "start"] => id.parse::<carrel_model::SessionId>().is_ok(),
        _ => false,
    }
}

/// The files of the pages that need no application.
const OWN: [(&str, &str); 3] = [
    ("carrel.css", include_str!("../../../templates/static/carrel.css")),
    ("starting.js", include_str!("../../../templates/static/starting.js")),
    ("mark.svg", include_str!("../../../templates/static/mark.svg")),
];

/// `/static/…`: kept by browsers, and asked for again.
pub(crate) async fn own(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    static KEPT: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| {
        let asset = |text: &'static str, name| Asset::new(name, Bytes::from_static(text.as_bytes()), hash_of(text));
        OWN.iter().map(|(name, text)| (*name, asset(text, name))).collect()
    });
    if let Some(asset) = KEPT.get(file.as_str()) {
        return Ok(asset.answer(&headers, ASK_AGAIN).into_response());
    }
    let font = font(&file).and_then(|path| built(&path)).ok_or_else(Problem::no_page)?;
    Ok(font.answer(&headers, ASK_AGAIN).into_response())
}

/// The application's fonts serve these pages too. Its build puts a hash into their names, which these pages cannot
/// know; without the application the fonts of the system do.
fn font(file: &str) -> Option<String> {
    let begins = match file {
        "inter.woff2" => "assets/inter-latin-wght-normal-",
        "source-serif.woff2" => "assets/source-serif-4-latin-wght-normal-",
        "jetbrains-mono.woff2" => "assets/jetbrains-mono-latin-wght-normal-",
        _ => return None,
    };
    Built::iter().find(|path| path.starts_with(begins)).map(|path| path.to_string())
}

fn hash_of(text: &str) -> [u8; 32] {
    carrel_auth::secret::hash_of(text)
}
