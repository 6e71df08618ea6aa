//! `/api/v1`: what the pages, the command line and scripts can do. An endpoint is a file; [`routes`] is the list, and
//! the OpenAPI document is made from it.

pub(crate) mod admin;
pub(crate) mod events;
pub(crate) mod launch_options;
pub(crate) mod me;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod sign_ins;
pub(crate) mod sign_out;
pub(crate) mod tokens;

use crate::app::App;
use std::collections::BTreeSet;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components, RefOr, Schema,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(title = "Carrel", description = "A workbench for data-science teams: sign in, launch sessions, follow them.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(events::UsageNow, sessions::list::Listed, sessions::usage::Window, sign_ins::end_all::Kept)),
    modifiers(&Security),
    security(("cookie" = []), ("token" = [])),
    tags(
        (name = "sign-in", description = "Who you are, and where you are signed in"),
        (name = "sessions", description = "Your sessions"),
        (name = "tokens", description = "Tokens for programs"),
        (name = "administration", description = "The server itself; for administrators"),
    )
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let cookie = ApiKeyValue::with_description(
            crate::client::PLAIN_COOKIE,
            "Set by signing in; `__Host-carrel` over HTTPS. Requests that change something have to come from this origin.",
        );
        let token =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token of `/api/v1/tokens`.")).build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// All endpoints with their description.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(me::me))
        .routes(routes!(sign_ins::list::list, sign_ins::end_all::end_all))
        .routes(routes!(sign_ins::end::end))
        .routes(routes!(tokens::list::list, tokens::create::create))
        .routes(routes!(tokens::revoke::revoke))
        .routes(routes!(sessions::list::list, sessions::launch::launch))
        .routes(routes!(sessions::show::show, sessions::rename::rename, sessions::stop::stop))
        .routes(routes!(sessions::suspend::suspend))
        .routes(routes!(sessions::resume::resume))
        .routes(routes!(sessions::keep::keep))
        .routes(routes!(sessions::events::events))
        .routes(routes!(sessions::logs::logs))
        .routes(routes!(sessions::usage::usage))
        .routes(routes!(launch_options::launch_options))
        .routes(routes!(events::events))
        .routes(routes!(admin::configuration::configuration))
        .routes(routes!(admin::reload::reload))
        .routes(routes!(admin::what_if::what_if))
}

/// The OpenAPI document of this server, as it stands in `openapi.json`.
pub fn openapi() -> String {
    let mut document = routes().into_openapi();
    answers_are_whole(&mut document);
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Answers have all their fields, null or not; only requests may leave some out. The derive macro cannot know which
/// of the two a type is, so it is said here: every type that no request has is whole.
fn answers_are_whole(document: &mut utoipa::openapi::OpenApi) {
    let bodies = document.paths.paths.values().flat_map(|item| [&item.post, &item.patch]).flatten();
    let asked: BTreeSet<String> = bodies
        .filter_map(|operation| match &operation.request_body {
            Some(RefOr::T(body)) => Some(body.content.values()),
            _ => None,
        })
        .flatten()
        .filter_map(|content| match content {
            RefOr::T(content) => content.schema.as_ref(),
            RefOr::Ref(_) => None,
        })
        .flat_map(types_in)
        .collect();
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(schema) = schema
            && !asked.contains(name)
        {
            require_all(schema);
        }
    }
}

/// The types that a body is of.
fn types_in(schema: &RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(str::to_owned).into_iter().collect(),
        // A body that may be missing.
        RefOr::T(Schema::OneOf(one)) => one.items.iter().flat_map(types_in).collect(),
        RefOr::T(_) => Vec::new(),
    }
}

fn require_all(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => object.required = object.properties.keys().cloned().collect(),
        Schema::AllOf(all) => {
            for part in &mut all.items {
                if let RefOr::T(part) = part {
                    require_all(part);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_openapi_document_is_the_one_of_the_code() {
        let committed = include_str!("../openapi.json");
        assert!(
            committed == super::openapi(),
            "openapi.json is stale: cargo run -p carrel-server --example openapi > crates/carrel-server/openapi.json"
        );
    }
}
