//! The life of a run, from its plan to its end.

use crate::{
    gate::{Gate, OnUse, Rules},
    program::{
        agent::{Agent, Entrance},
        ask, causes,
        causes::Exit,
        child::{self, Child},
        door,
        limits::Limits,
        meter::Meter,
        prepare::{self, Missing, Prepared},
        probe::Probe,
        used::Use,
        ward::{Outcome, Ward},
    },
    protocol::{End, Phase},
};
use carrel_model::{Cause, Ending, IdleAction, Plan, Step};
use carrel_proxy::{Edits, Target};
use http::HeaderMap;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

/// An agent that gets no plan for this long is not needed: the server that started it would ask again.
const PLAN_LIMIT: Duration = Duration::from_mins(1);
/// In a pod it waits for longer: all servers may be away while they are upgraded.
const PLAN_LIMIT_IN_POD: Duration = Duration::from_mins(5);
/// How long an IDE has to end by itself when nobody said how long.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How long the rest of the output is waited for, once all processes are gone.
const OUTPUT_LIMIT: Duration = Duration::from_secs(1);
/// An IDE that listens within this time is not kept waiting for the next look.
const SOON: Duration = Duration::from_millis(100);
/// A start that shows some progress again and again is given up after so many times its limit.
const LIMITS_IN_ALL: u32 = 10;

/// Lives until the run has ended. `None`: it never began.
pub(crate) async fn live(agent: &Arc<Agent>) -> Option<End> {
    let mut plans = agent.plan.subscribe();
    let mut stops = agent.stop.subscribe();
    let limit = if agent.is_in_pod() { PLAN_LIMIT_IN_POD } else { PLAN_LIMIT };
    let plan = tokio::select! {
        plan = plans.wait_for(Option::is_some) => plan.ok()?.clone()?,
        _ = stops.wait_for(Option::is_some) => return Some(end(agent, agent.asked())),
        // What began a pod waits for how it ended.
        () = sleep(limit) => return agent.is_in_pod().then(|| end(agent, Ending::Failed { cause: causes::no_plan(limit) })),
    };
    let ending = match begin(agent, &plan) {
        Err(missing) => Ending::Failed { cause: causes::missing(&missing, plan.container.as_ref()) },
        Ok(begun) => begun.run(agent).await,
    };
    Some(end(agent, ending))
}

fn end(agent: &Agent, ending: Ending) -> End {
    End { at: agent.clock.now(), ending, last_output: agent.output.last_lines() }
}

/// A run whose IDE was started.
struct Begun {
    plan: Arc<Plan>,
    prepared: Prepared,
    headers: HeaderMap,
    used: Arc<Use>,
    child: Child,
    meter: Meter,
    output: tokio::task::JoinHandle<()>,
}

fn begin(agent: &Arc<Agent>, plan: &Arc<Plan>) -> Result<Begun, Missing> {
    let run = agent.status().run.to_string();
    agent.reached(Step::ImagePresent, None);
    let prepared = Prepared::new(plan, &run, &agent.folder, &prepare::account(plan))?;
    agent.reached(Step::StorageAttached, None);
    let secret = prepared.write(plan, &agent.folder)?;
    let used = Arc::new(Use::new(agent.clock.clone()));
    let headers = open_gate(agent, plan, &prepared, secret, &used).map_err(Missing::Process)?;
    let memory = plan.memory_mb << 20;
    let limits = if agent.is_in_pod() {
        Limits::of_container()
    } else {
        Limits::set(&format!("carrel-{run}"), plan.cpus, memory)
    };
    agent.bounded(limits.describe());
    let (child, pipe) = child::start(&prepared, &plan.bounds, limits.door()).map_err(Missing::Process)?;
    agent.reached(Step::IdeAnswers, Some("started, no answer yet"));
    let output = tokio::spawn(pump(agent.clone(), pipe));
    let meter = Meter::new(limits, memory);
    Ok(Begun { plan: plan.clone(), prepared, headers, used, child, meter, output })
}

async fn pump(agent: Arc<Agent>, pipe: tokio::net::unix::pipe::Receiver) {
    if let Err(error) = agent.output.pump(pipe).await {
        agent.log(&format!("the output cannot be read any more: {error}"));
    }
}

/// Opens the way to the IDE. Returns the headers of the agent's own questions to the IDE.
fn open_gate(
    agent: &Arc<Agent>,
    plan: &Plan,
    prepared: &Prepared,
    secret: String,
    used: &Arc<Use>,
) -> io::Result<HeaderMap> {
    // `{user}` stays: it is who asks, request by request.
    let variables = prepared.variables.without("user").with("secret", secret);
    let rules = Rules::new(plan, |text| variables.fill(text));
    let on_use: OnUse = {
        let used = used.clone();
        Box::new(move || used.now())
    };
    // What a browser says under these names is not the server's word.
    let edits = Edits { strip_request_prefixes: vec!["x-carrel-"], ..Edits::default() };
    let gate = Gate::new(&rules, Target::Unix(agent.folder.ide()), edits, agent.clock.clone(), on_use);
    let gate = gate.map_err(io::Error::other)?;
    let own = gate.own_headers();
    match &agent.entrance {
        Entrance::Sockets(peers) => door::open(agent, &rules, used, *peers)?,
        Entrance::Port(open) => {
            // There is one plan, so there is one gate.
            let _ = open.set(gate);
        }
    }
    Ok(own)
}

impl Begun {
    async fn run(mut self, agent: &Arc<Agent>) -> Ending {
        let ready = self.answers(agent.clone());
        let (busy, busy_because) = watch::channel(None);
        let probe = Probe::new(&self.plan, agent.folder.ide(), self.headers.clone());
        // A rule of seconds, as in tests, wants to be looked at more often.
        let every = Duration::from_secs((self.plan.idle.idle_after_s / 4).clamp(1, 10));
        let ward = Ward::new(agent, self.plan.idle.clone(), &self.used, busy_because);
        let outcome = ward.run(&mut self.child, &mut self.meter, ready, probe.run(busy, every)).await;
        agent.log(&format!("{outcome:?}"));
        agent.came_to(Phase::Stopping);
        let Self { child, meter, .. } = &mut self;
        match &outcome {
            Outcome::Exited { .. } => child.kill_rest(|| meter.kill()).await,
            Outcome::OutOfMemory(_) => {
                agent.ask_stop(Duration::ZERO);
                child.kill_rest(|| meter.kill()).await;
            }
            Outcome::Asked | Outcome::Idle(_) | Outcome::NotReady(_) => {
                agent.ask_stop(GRACE);
                child.stop(agent.stop.subscribe(), || meter.kill()).await;
            }
        }
        let ran_out = match &outcome {
            Outcome::Exited { exit, .. } => meter.was_too_much_memory(*exit),
            _ => None,
        };
        meter.close();
        // What was written last matters most.
        let _ = timeout(OUTPUT_LIMIT, &mut self.output).await;
        self.ending(agent, outcome, ran_out)
    }

    fn ending(&self, agent: &Agent, outcome: Outcome, ran_out: Option<u64>) -> Ending {
        let said = agent.output.last_lines();
        let failed = |cause| Ending::Failed { cause };
        match outcome {
            Outcome::Asked => agent.asked(),
            Outcome::Idle(IdleAction::Suspend) => Ending::IdleSuspend,
            Outcome::Idle(IdleAction::Quit) => Ending::IdleQuit,
            Outcome::OutOfMemory(used) => failed(causes::out_of_memory(used, self.plan.memory_mb << 20)),
            Outcome::Exited { exit: Exit::Code(0), was_ready: true } => Ending::Quit,
            Outcome::Exited { exit, was_ready } => failed(if let Some(used) = ran_out {
                causes::out_of_memory(used, self.plan.memory_mb << 20)
            } else {
                self.full_disk(agent, &said).unwrap_or_else(|| causes::exited(exit, was_ready, &said))
            }),
            Outcome::NotReady(seen) => failed(
                self.full_disk(agent, &said)
                    .unwrap_or_else(|| causes::start_timeout(self.plan.start_limit_s, &seen, &said)),
            ),
        }
    }

    /// Whether want of room is what ended the IDE: it says so, or there is none.
    fn full_disk(&self, agent: &Agent, said: &str) -> Option<Cause> {
        let places = [self.prepared.home.as_path(), &self.prepared.folder, agent.folder.path()];
        let full = causes::full_disk(places);
        let says = ["No space left on device", "ENOSPC", "Disk quota exceeded"].iter().any(|word| said.contains(word));
        (says || full.is_some()).then(|| causes::disk_full(full.unwrap_or(&self.prepared.home)))
    }

    /// Asks until the IDE answers. The error is what was seen last, when nothing moves any more.
    fn answers(&self, agent: Arc<Agent>) -> impl Future<Output = Result<(), String>> + use<> {
        let path = self.prepared.variables.fill(&self.plan.http.ready_path);
        let limit = Duration::from_secs(self.plan.start_limit_s);
        let headers = self.headers.clone();
        async move {
            let began = Instant::now();
            let mut moved = began;
            let mut known = (0, String::new());
            loop {
                let (seen, pause) = match ask::get(&agent.folder.ide(), &path, &headers).await {
                    Ok((status, _)) if status.is_success() || status.is_redirection() => return Ok(()),
                    Ok((status, _)) => (format!("{path} answers {status}"), 50),
                    Err(error) if is_absent(&error) => ("it does not listen".into(), absent_pause(began.elapsed())),
                    Err(error) => (format!("it listens and does not answer ({error})"), 50),
                };
                let now = (agent.output.total(), seen);
                if now != known {
                    (known, moved) = (now, Instant::now());
                }
                if moved.elapsed() >= limit || began.elapsed() >= limit * LIMITS_IN_ALL {
                    return Err(known.1);
                }
                sleep(Duration::from_millis(pause)).await;
            }
        }
    }
}

/// How long to wait, in milliseconds, before the next look for an IDE that does not listen after this time.
fn absent_pause(waited: Duration) -> u64 {
    if waited > GRACE {
        100
    } else if waited > SOON {
        10
    } else {
        1
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}
