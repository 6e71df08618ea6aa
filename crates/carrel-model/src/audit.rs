//! What is written down of who did what.

use serde::{Deserialize, Serialize};

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditAction {
    /// Signed in.
    SignIn,
    /// Was refused at sign-in.
    SignInRefused,
    /// Signed out, or ended a sign-in.
    SignOut,
    /// Asked for a session.
    SessionLaunch,
    /// Renamed a session.
    SessionRename,
    /// Suspended a session.
    SessionSuspend,
    /// Resumed a session or started it again.
    SessionResume,
    /// Quit a session.
    SessionQuit,
    /// Force Quit a session.
    SessionForceQuit,
    /// Asked that an idle session be kept.
    SessionKeep,
    /// Made a token.
    TokenCreate,
    /// Took a token back.
    TokenRevoke,
    /// Made a user.
    UserAdd,
    /// Locked a user.
    UserLock,
    /// Unlocked a user.
    UserUnlock,
    /// Set a password.
    UserPassword,
    /// Changed the groups of a user.
    UserGroups,
    /// Had the configuration files read again.
    ConfigurationReload,
}

impl AuditAction {
    /// The word of it, as in the store: `session-launch`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignInRefused => "sign-in-refused",
            Self::SignOut => "sign-out",
            Self::SessionLaunch => "session-launch",
            Self::SessionRename => "session-rename",
            Self::SessionSuspend => "session-suspend",
            Self::SessionResume => "session-resume",
            Self::SessionQuit => "session-quit",
            Self::SessionForceQuit => "session-force-quit",
            Self::SessionKeep => "session-keep",
            Self::TokenCreate => "token-create",
            Self::TokenRevoke => "token-revoke",
            Self::UserAdd => "user-add",
            Self::UserLock => "user-lock",
            Self::UserUnlock => "user-unlock",
            Self::UserPassword => "user-password",
            Self::UserGroups => "user-groups",
            Self::ConfigurationReload => "configuration-reload",
        }
    }
}
