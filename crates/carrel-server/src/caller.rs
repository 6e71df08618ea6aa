//! Who asks: the first argument of a handler. A handler that takes [`Caller`] cannot be reached by anybody who is not
//! signed in, one that takes [`Own`] only with a session of the caller's. Forgetting the check does not compile.

use crate::{
    app::App,
    body::Path,
    client::Client,
    problem::Problem,
    sign_ins::{By, Hash, Known},
};
use axum::extract::FromRequestParts;
use carrel_auth::secret::{sign_in_hash, token_hash};
use carrel_model::{Role, Session, SessionId, SignInId, User};
use carrel_store::{Actor, Scope};
use http::{HeaderMap, StatusCode, header, request::Parts};
use std::sync::Arc;

/// Somebody signed in, by cookie or by token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    known: Arc<Known>,
    client: Client,
}

impl Caller {
    pub(crate) fn user(&self) -> &User {
        &self.known.user
    }

    /// The sign-in that asks; none for a token.
    pub(crate) fn sign_in(&self) -> Option<&SignInId> {
        match &self.known.by {
            By::SignIn(id) => Some(id),
            By::Token(..) => None,
        }
    }

    /// Where the request came from.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    pub(crate) fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// Who stands in the audit.
    pub(crate) fn actor(&self) -> Actor {
        Actor::user(self.user(), Some(self.client.address.to_string()))
    }

    /// The caller as the life of sessions wants it.
    pub(crate) fn of_sessions(&self) -> carrel_sessions::Caller {
        carrel_sessions::Caller { user: self.user().clone(), actor: self.actor() }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = Client::of(parts);
        let hash = shown(parts, client)?.ok_or_else(Problem::not_signed_in)?;
        let known = app.sign_ins.who(&hash).await?.ok_or_else(Problem::not_signed_in)?;
        if matches!(known.by, By::Token(_, Scope::Read)) && !parts.method.is_safe() {
            let detail = "This token may only read. Make one that may change things, or sign in.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "token-may-only-read", detail));
        }
        Ok(Self { known, client })
    }
}

/// An administrator, or who may more.
#[derive(Debug, Clone)]
pub(crate) struct Administrator(pub Caller);

impl FromRequestParts<App> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.user().role >= Role::Administrator {
            return Ok(Self(caller));
        }
        let detail = "This is for administrators. Ask one of yours.";
        Err(Problem::new(StatusCode::FORBIDDEN, "not-an-administrator", detail))
    }
}

/// The hash of the secret that a request shows: a token in `Authorization`, else our cookie. With a token the cookie
/// counts nothing, so that a request which no browser can be made to send is never mixed with one that it can.
pub(crate) fn shown(parts: &Parts, client: Client) -> Result<Option<Hash>, Problem> {
    match bearer(&parts.headers)? {
        Some(token) => Ok(token_hash(token)),
        None => Ok(cookie_secret(parts, client)?.and_then(sign_in_hash)),
    }
}

/// Our cookie. Two of the same name are refused: one of them was set by somebody else.
pub(crate) fn cookie_secret(parts: &Parts, client: Client) -> Result<Option<&str>, Problem> {
    carrel_proxy::cookie(parts, client.cookie_name()).map_err(|_| {
        let detail = "The request has our cookie twice, so that one of them was set by another page. \
                      Clear the cookies of this site and sign in again.";
        Problem::bad_request("cookie-twice", detail)
    })
}

/// The token of the request, when it has one.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Some(token.trim()))
        .ok_or_else(|| {
            let detail = "The header Authorization has to be “Bearer” and a token.";
            Problem::new(StatusCode::UNAUTHORIZED, "bad-authorization", detail)
        })
}

/// The caller and the session that the path names, which is theirs. Another's is answered like one that never was.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub caller: Caller,
    pub session: Session,
}

impl FromRequestParts<App> for Own {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let Path(path) = Path::<SessionPath>::from_request_parts(parts, app).await?;
        let session = app.store.session(&path.id).await?;
        let session = session.filter(|s| s.owner == caller.user().id).ok_or_else(Problem::no_session)?;
        Ok(Self { caller, session })
    }
}

/// `{id}` of a path, whatever else the path holds.
#[derive(Debug, serde::Deserialize)]
struct SessionPath {
    id: SessionId,
}
