//! What server and agent say to each other: HTTP/1.1 with JSON bodies on the agent's control channel.
//!
//! | request | answer |
//! |---|---|
//! | `GET /status` | [`Status`] |
//! | `POST /start` with a plan | 204; 409 when it has another plan already |
//! | `POST /stop` with [`Stop`] | 202 |
//! | `POST /keep` with [`Keep`] | 204 |
//! | `GET /watch` | JSON lines of [`Status`], one now and one at each change, until the end; an empty line at least every [`HEARTBEAT`] |
//! | `GET /output?follow=false` | the last output of the IDE, at most [`OUTPUT_BYTES`] |
//! | `GET /usage` | usage as in [`Status::usage`] |
//!
//! A second channel is for the browser's requests, which the server has checked: in a pod the agent forwards them to the IDE, on a
//! host it hands connections to the IDE over to the server (`door`).
//!
//! On a host each channel is a Unix socket that accepts only peers with the uid of the server (given at the start) or of the
//! agent itself. In a pod both are connections to one port, by TLS that accepts only the server's key (`trust`).
//!
//! The files that both sides know are those of [`crate::folder::RunFolder`].

use carrel_model::{Activity, Ending, RunId, Step, Usage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The version of this protocol; both sides refuse another major number.
pub const PROTOCOL: u32 = 2;
/// How much output is kept, in bytes.
pub const OUTPUT_BYTES: usize = 1 << 20;
/// How much of the output stands in [`End::last_output`], in bytes.
pub const LAST_OUTPUT_BYTES: usize = 8 << 10;
/// The longest silence of `GET /watch`. An agent that is silent for longer does not run, whatever its socket does.
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// Where the agent is with the IDE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// No plan yet.
    Waiting,
    /// The IDE was started and does not answer yet.
    Starting,
    /// The IDE answers.
    Ready,
    /// The IDE is being stopped.
    Stopping,
    /// The IDE ended; the agent is about to.
    Ended,
}

/// All that the agent knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The run it serves.
    pub run: RunId,
    /// Where it is.
    pub phase: Phase,
    /// The step of the start that is being worked on; all before it are done.
    pub step: Option<Step>,
    /// More about the phase, for people: `started, waiting for an answer`.
    pub detail: Option<String>,
    /// Its use, once the IDE answers.
    pub activity: Option<Activity>,
    /// What it uses now.
    pub usage: Option<Usage>,
    /// How memory and CPU are bounded here: `cgroup`, or `watched` with what that means.
    pub limits: Option<String>,
    /// How it ended.
    pub end: Option<End>,
}

impl Status {
    /// Of a run that is there, with nothing more to tell yet.
    pub fn new(run: RunId, phase: Phase) -> Self {
        Self {
            protocol: PROTOCOL,
            run,
            phase,
            step: None,
            detail: None,
            activity: None,
            usage: None,
            limits: None,
            end: None,
        }
    }
}

/// Ends the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// How long the IDE has to end by itself, in milliseconds; 0 kills at once.
    pub grace_ms: u64,
}

/// Holds the idle clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Until when; `None` lets it go on.
    pub until: Option<Timestamp>,
}

/// The process of an agent, told apart from a later one of the same number by its start time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pid {
    /// Process id.
    pub pid: i32,
    /// Field 22 of `/proc/<pid>/stat`, in clock ticks since boot.
    pub start_ticks: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// Why and how.
    pub ending: Ending,
    /// The last lines of output, at most 8 KiB, for the page that says why.
    pub last_output: String,
}
