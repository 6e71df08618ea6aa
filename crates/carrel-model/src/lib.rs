//! The words of Carrel: users, sessions, states, specs. Pure: no I/O, no async.
//!
//! A session is one interactive IDE of one user. It lives in the store; its process or pod comes and goes, and each
//! coming is a *generation*. The life of a session is [`State`], and [`State::next`] is the only way through it.

pub mod account;
pub mod audit;
pub mod bounds;
pub mod container;
pub mod id;
pub mod idle;
pub mod name;
pub mod plan;
pub mod report;
pub mod session;
pub mod size;
pub mod state;
pub mod time;
pub mod told;
pub mod user;

pub use account::{AccountRules, IdError, IdKind};
pub use audit::AuditAction;
pub use bounds::Bounds;
pub use container::{Account, Container, Gpu};
pub use id::{ID_CHARS, RunId, SessionId, SignInId, TokenId, UserId};
pub use idle::{Activity, IdleAction, IdleRule};
pub use name::{GroupName, IdeId, NameError, SessionName, UserName};
pub use plan::Plan;
pub use report::{Address, Ending, Usage};
pub use session::{Session, Spec};
pub use size::{Capacity, Size};
pub use state::{Cause, Event, State, Step, StepTime, Who};
pub use time::Clock;
pub use told::{Told, told};
pub use user::{Role, User};
