//! What happens to the caller's sessions, as it happens.

use crate::{
    api::me::Me, app::App, body::streamed, caller::Caller, live::MOST_LISTENERS, problem::Problem,
    problem::ProblemBody, view::mib,
};
use async_stream::stream;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use carrel_model::Session;
use carrel_store::Which;
use futures::{Stream, StreamExt};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};
use utoipa::ToSchema;

/// Keeps proxies from closing a silent stream, and tells a browser that the server is there.
const PING: Duration = Duration::from_secs(15);
/// How often use is sent.
const USAGE: Duration = Duration::from_secs(5);

/// Follow your sessions
///
/// Server-sent events. `session`: a `SessionView` that is new or changed, with an id; `usage`: what running sessions
/// use, `[{id, cpus, memory_mb}]`; `me`: a `Me` when what your sessions hold has changed. A new stream begins with all
/// sessions that have not ended; one with `Last-Event-ID` with those that changed since.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "followEvents", tag = "sessions",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen; browsers send it by themselves")),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = "default", description = "Why not", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events(caller: Caller, State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    // First of all: what changes from here on is told.
    let changes = app.live.changes_of(&caller.user().id).ok_or_else(too_many)?;
    let now = app.store.change_now().await?;
    // A number from the future belongs to a database that was put back: everything is told anew.
    let feed = match last.filter(|id| (0..=now).contains(id)) {
        Some(after) => Feed { after, first: Vec::new() },
        None => Feed { after: now, first: app.store.sessions_of(&caller.user().id, Which::Live).await? },
    };
    let ended = app.stream_ends(&caller);
    let body = streamed(follow(app, caller, changes, feed).take_until(ended));
    Ok(([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Where a stream begins.
struct Feed {
    after: i64,
    first: Vec<Session>,
}

fn too_many() -> Problem {
    let detail = format!("You have {MOST_LISTENERS} event streams open here; close a tab or stop a program.");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", detail).after(30)
}

fn follow(app: App, caller: Caller, mut changes: watch::Receiver<u64>, feed: Feed) -> impl Stream<Item = Bytes> + Send {
    let Feed { mut after, first } = feed;
    stream! {
        let user = caller.user().id.clone();
        let (mut ping, mut usage) = (ticks(PING), ticks(USAGE));
        let mut me = Me::of(&app, &caller).await.ok();
        // Says that the stream is open before there is news.
        yield Bytes::from_static(b": hello\n\n");
        for session in &first {
            if let Some(event) = session_event(&app, after, session).await { yield event; }
        }
        loop {
            // Asked also at each ping: a wake may get lost.
            for (change, session) in app.store.sessions_changed(&user, after).await.unwrap_or_default() {
                after = after.max(change);
                if let Some(event) = session_event(&app, change, &session).await { yield event; }
            }
            let news = Me::of(&app, &caller).await.ok();
            if news.is_some() && news != me {
                me = news;
                if let Some(event) = me.as_ref().and_then(|me| event("me", None, me)) { yield event; }
            }
            loop {
                tokio::select! {
                    woken = changes.changed() => { if woken.is_err() { return } break }
                    _ = ping.tick() => { yield Bytes::from_static(b": ping\n\n"); break }
                    _ = usage.tick() => if let Some(event) = usage_event(&app, &user).await { yield event; },
                }
            }
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn session_event(app: &App, change: i64, session: &Session) -> Option<Bytes> {
    let view = app.view(session).await.ok()?;
    event("session", Some(change), &view)
}

/// What one running session uses: an item of the event `usage`.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageNow {
    /// The session.
    id: String,
    /// CPUs in use.
    cpus: f64,
    /// Memory in use, in MiB.
    memory_mb: u64,
}

async fn usage_event(app: &App, user: &carrel_model::UserId) -> Option<Bytes> {
    let running = app.live.running_of(user);
    if running.is_empty() {
        return None;
    }
    let latest = app.store.usage_latest(&running).await.ok()?;
    let mut list: Vec<UsageNow> = latest
        .into_iter()
        .map(|(id, now)| UsageNow { id: id.to_string(), cpus: now.cpus, memory_mb: mib(now.memory_bytes) })
        .collect();
    list.sort_by(|a, b| a.id.cmp(&b.id));
    if list.is_empty() { None } else { event("usage", None, &list) }
}

/// One event on the wire. JSON has no line breaks of its own, so `data` is one line.
fn event(name: &str, id: Option<i64>, data: &impl Serialize) -> Option<Bytes> {
    let data = serde_json::to_string(data).ok()?;
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Some(Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n")))
}
