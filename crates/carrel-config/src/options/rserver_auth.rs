//! `rserver.conf`: who may sign in, and how.

use super::{
    NOT_BUILT, OWN_USERS,
    Role::{self, NoEffect, Used},
    Row, row,
};
use crate::value::{
    Kind::{Flag, Path, Text, Url, Words},
    WHOLE,
};

const NO_NUMBERS: Role = NoEffect("users of Carrel have no user number; only accounts of the system have");

/// Also of the file `login.html`.
pub(super) const LOGIN_HTML: &str = "HTML that the sign-in page shows below its form: text, links, pictures of this server. Scripts and styles in it do nothing.";

pub(super) const PASSWORDS: &[Row] = &[
    row(
        "auth-none",
        Flag,
        "0",
        "Lets in whoever reaches the server as its own account, without signing in. Only at an address of this host.",
        Used,
    ),
    row("auth-validate-users", Flag, "", "Asks that users are known to the system; on for root.", OWN_USERS),
    row(
        "auth-stay-signed-in-days",
        WHOLE,
        "30",
        "How long a sign-in lasts when `auth-timeout-minutes` is 0.",
        Used,
    )
    .unit("days"),
    row(
        "auth-timeout-minutes",
        WHOLE,
        "60",
        "Signs people out after this long without a request; a day when it is not set. Requests of open tabs count.",
        Used,
    )
    .unit("minutes"),
    row(
        "auth-active-timeout-minutes",
        WHOLE,
        "",
        "Signs people out after this long, used or not; 30 days when it is not set. Sign-ins that exist keep their end.",
        Used,
    )
    .unit("minutes"),
    row("auth-encrypt-password", Flag, "1", "Encrypts the password in the page.", NoEffect("HTTPS does this")),
    row("auth-login-page-html", Path, "/etc/rstudio/login.html", LOGIN_HTML, Used),
    row("auth-required-user-group", Words, "", "Groups whose members may sign in, and nobody else.", Used),
    row("auth-minimum-user-id", Text, "auto", "The lowest user number that may sign in.", NO_NUMBERS),
    row("auth-pam-require-password-prompt", Flag, "1", "Asks PAM for a prompt.", OWN_USERS),
    row("auth-pam-sessions-enabled", Flag, "", "Opens a PAM session for each session.", OWN_USERS),
    row("auth-pam-sessions-use-password", Flag, "0", "Hands the password to PAM sessions.", OWN_USERS),
    row("auth-pam-sessions-profile", Text, "su", "The PAM profile of sessions.", OWN_USERS),
    row("auth-pam-sessions-close", Flag, "0", "Closes PAM sessions when the session ends.", OWN_USERS),
    row("auth-sign-in-throttle-seconds", WHOLE, "5", "How long a refused name has to wait at least; it waits longer the more tries fail.", Used).unit("seconds"),
    row(
        "auth-cookies-force-secure",
        Flag,
        "0",
        "Sends cookies over HTTPS only, also when nothing says that the connection is one.",
        Used,
    ),
    row("auth-revocation-list-dir", Path, "", "The folder of ended sign-ins.", NoEffect("they are in the database")),
    row("auth-user-rewrite-rule", Text, "", "Rewrites the name that the identity provider gives.", OWN_USERS)
        .since("2024.12"),
];

pub(super) const SINGLE_SIGN_ON: &[Row] = &[
    row("auth-proxy", Flag, "0", "Takes the user's name from a header that a proxy sets.", OWN_USERS),
    row("auth-proxy-user-header", Text, "X-RStudio-Username", "The header.", OWN_USERS),
    row("auth-proxy-user-header-rewrite", Text, "", "Rewrites the header's value.", OWN_USERS),
    row("auth-proxy-sign-in-url", Text, "", "Where the proxy signs people in.", OWN_USERS),
    row("auth-proxy-sign-out-url", Text, "", "Where the proxy signs people out.", OWN_USERS),
    row("auth-proxy-sign-in-delay", WHOLE, "", "How long to wait before going there.", OWN_USERS).unit("seconds"),
    row("auth-proxy-require-hmac", Flag, "", "Asks that the header is signed.", OWN_USERS),
    row("auth-openid", Flag, "0", "Signs people in by OpenID Connect.", OWN_USERS),
    row("auth-openid-issuer", Url, "", "The identity provider.", OWN_USERS),
    row("auth-openid-username-claim", Text, "preferred_username", "The claim that holds the user's name.", OWN_USERS),
    row("auth-openid-scopes", Text, "openid profile email", "The scopes to ask for.", OWN_USERS),
    row("auth-openid-base-uri", Url, "", "This server as the identity provider knows it.", OWN_USERS),
    row("auth-openid-enable-pkce", Flag, "", "Guards the exchange with PKCE.", OWN_USERS),
    row("auth-openid-aws-role-claim", Text, "", "The claim that holds roles at AWS.", NOT_BUILT).since("2026.01"),
    row("auth-openid-aws-session-name-claim", Text, "", "The claim that names sessions at AWS.", NOT_BUILT)
        .since("2026.01"),
    row("auth-openid-*", Text, "", "Details of OpenID Connect.", OWN_USERS),
    row("auth-saml", Flag, "0", "Signs people in by SAML.", OWN_USERS),
    row("auth-saml-metadata-url", Url, "", "The identity provider's metadata.", OWN_USERS),
    row("auth-saml-metadata-path", Path, "", "The same, as a file.", OWN_USERS),
    row("auth-saml-sp-attribute-username", Text, "Username", "The attribute that holds the user's name.", OWN_USERS),
    row("auth-saml-idp-post-binding", Flag, "0", "Sends requests by POST.", OWN_USERS),
    row("auth-saml-idp-entity-id", Text, "", "The identity provider's name.", OWN_USERS),
    row("auth-saml-idp-sso-url", Url, "", "Where it signs people in.", OWN_USERS),
    row("auth-saml-idp-sign-cert-path", Path, "", "The certificate that checks its signature.", OWN_USERS),
    row("auth-saml-sp-name-id-format", Text, "", "The form of names to ask for.", OWN_USERS),
    row("auth-saml-sp-base-uri", Url, "", "This server as the identity provider knows it.", OWN_USERS),
    row("auth-saml-sp-request-lifetime", WHOLE, "", "How long a request is good.", OWN_USERS).unit("seconds"),
    row("auth-saml-sp-signing-key-path", Path, "", "The key that signs requests.", OWN_USERS),
    row("auth-saml-sp-signing-cert-path", Path, "", "Its certificate.", OWN_USERS),
    row("auth-saml-sp-encryption-key-path", Path, "", "The key that decrypts answers.", OWN_USERS),
    row("auth-saml-sp-encryption-cert-path", Path, "", "Its certificate.", OWN_USERS),
    row("auth-saml-*", Text, "", "Details of SAML.", OWN_USERS),
    row(
        "auth-google-accounts",
        Flag,
        "0",
        "Signs people in by Google's older way.",
        Role::NotSupported("that way was closed by Google; OpenID Connect is planned"),
    ),
];
