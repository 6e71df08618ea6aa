//! `/api/v1/sign-ins`: where the caller is signed in.

pub(crate) mod end;
pub(crate) mod end_all;
pub(crate) mod list;
