//! Signing in and out, the same for the page and the API.

use crate::{app::App, caller::Caller, client::Client, problem::Problem, sign_ins::By, view::span};
use carrel_auth::{Secret, password};
use carrel_model::{Role, SignInId, User, UserId, UserName};
use carrel_store::{Actor, NewSignIn, NewUser};
use cookie::{Cookie, SameSite, time::Duration as CookieTime};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use std::{sync::PoisonError, time::Duration};

/// How much is kept of what a browser calls itself.
const USER_AGENT_CHARS: usize = 200;
/// Says nothing of whether the user exists, is locked, or has no password.
const REFUSED: &str = "User name or password is wrong, or this account may not sign in.";

/// A try to sign in.
pub(crate) struct Tried {
    pub name: String,
    pub password: SecretString,
    pub client: Client,
    pub user_agent: String,
}

/// Signs somebody in and makes the cookie. A refusal is the same, and as late, whether there is such a user or not.
pub(crate) async fn sign_in(app: &App, tried: Tried) -> Result<HeaderValue, Problem> {
    let name: Option<UserName> = tried.name.trim().parse().ok();
    // Names that cannot be are counted, and written down, as one.
    let counted = name.as_ref().map_or("?", UserName::as_str);
    let address = tried.client.address;
    begin_try(app, tried.client, counted)?;
    let user = match &name {
        Some(name) => app.store.user_by_name(name).await?,
        None => None,
    };
    let Some(user) = check(app, user, tried.password).await? else {
        app.store.sign_in_refused(counted, &address.to_string(), app.clock.now()).await?;
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "sign-in-refused", REFUSED));
    };
    app.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(address, counted);
    begin(app, &user, tried.client, tried.user_agent).await
}

/// Signs in whoever asks as the account of the server (`auth-none`), and makes that user where there is none yet.
pub(crate) async fn sign_in_everybody(app: &App, client: Client, user_agent: String) -> Result<HeaderValue, Problem> {
    let settings = app.settings.now();
    let name: UserName = settings.account.parse().map_err(|error| Problem::internal(&error))?;
    let user = match app.store.user_by_name(&name).await? {
        Some(user) => user,
        None => add(app, name).await?,
    };
    let user = app.sign_ins.admitted(user).await?.ok_or_else(|| {
        let detail = format!("The account {} of this server may not sign in.", settings.account);
        Problem::new(StatusCode::FORBIDDEN, "sign-in-refused", detail)
    })?;
    begin(app, &user, client, user_agent).await
}

/// The only user of a server without sign-in runs it.
async fn add(app: &App, name: UserName) -> Result<User, Problem> {
    let new = NewUser {
        display_name: name.to_string(),
        name,
        role: Role::Administrator,
        password_hash: None,
        groups: Vec::new(),
        account: app.settings.now().accounts.clone().into(),
    };
    let id = UserId::from_random(crate::random());
    Ok(app.store.user_add(&new, id, &Actor::system("auth-none"), app.clock.now()).await?)
}

fn begin_try(app: &App, client: Client, name: &str) -> Result<(), Problem> {
    let mut throttle = app.throttle.lock().unwrap_or_else(PoisonError::into_inner);
    let pause = app.settings.now().sign_in_pause;
    throttle.begin(client.address, name, pause, app.clock.now()).map_err(|wait| {
        let detail = format!("Too many tries. Wait {}, then try again.", span(wait.seconds.cast_signed()));
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", detail).after(wait.seconds)
    })
}

/// The user when the password is theirs and they may sign in. Somebody unknown costs a hash too.
async fn check(app: &App, user: Option<User>, tried: SecretString) -> Result<Option<User>, Problem> {
    let known = match &user {
        Some(user) => app.store.password_hash(&user.id).await?,
        None => None,
    };
    let _turn = app.hashing.acquire().await.map_err(|e| Problem::internal(&e))?;
    let right = tokio::task::spawn_blocking(move || password::verify(&tried, known.as_deref()))
        .await
        .map_err(|e| Problem::internal(&e))?;
    match user.filter(|_| right) {
        Some(user) => Ok(app.sign_ins.admitted(user).await?),
        None => Ok(None),
    }
}

/// A new sign-in with a new secret, whatever the browser had before.
async fn begin(app: &App, user: &User, client: Client, user_agent: String) -> Result<HeaderValue, Problem> {
    let secret = Secret::of_sign_in().map_err(|e| Problem::internal(&e))?;
    let now = app.clock.now();
    let limit = app.settings.now().sign_in_limit;
    let sign_in = NewSignIn {
        id: SignInId::from_random(crate::random()),
        user: user.id.clone(),
        secret_hash: secret.hash,
        address: client.address.to_string(),
        user_agent,
        expires_at: now.checked_add(limit).map_err(|e| Problem::internal(&e))?,
    };
    let actor = Actor::user(user, Some(client.address.to_string()));
    app.store.sign_in_add(&sign_in, &actor, now).await?;
    Ok(cookie(app, client, secret.text.expose_secret(), limit))
}

/// Ends the sign-in, or takes back the token, that asks.
pub(crate) async fn sign_out(app: &App, caller: &Caller) -> Result<(), Problem> {
    let by = &caller.known().by;
    let (user, now) = (&caller.user().id, app.clock.now());
    match by {
        By::SignIn(id) => app.store.sign_in_revoke(user, id, &caller.actor(), now).await?,
        By::Token(id, _) => app.store.token_revoke(user, id, &caller.actor(), now).await?,
    };
    app.sign_ins.end(|known| known.by == *by);
    Ok(())
}

/// Below a root path the cookie is for that path alone: other programs may share the host.
fn cookie(app: &App, client: Client, secret: &str, lasts: Duration) -> HeaderValue {
    let web = &app.settings.now().web;
    let max_age = CookieTime::seconds(i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
    let cookie = Cookie::build((client.cookie_name(), secret))
        .path(web.root.join(if web.root.is_empty() { "/" } else { "" }))
        .http_only(true)
        // Browsers take no cookie for everywhere over plain HTTP.
        .same_site(if web.cookie_everywhere && client.secure { SameSite::None } else { SameSite::Lax })
        .secure(client.secure)
        .max_age(max_age);
    // Names and secrets are ours: letters, digits, “-” and “_”.
    HeaderValue::try_from(cookie.build().to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// Takes the cookie away.
pub(crate) fn no_cookie(app: &App, client: Client) -> HeaderValue {
    cookie(app, client, "", Duration::ZERO)
}

/// What the browser calls itself, cut to what can be shown.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
}
