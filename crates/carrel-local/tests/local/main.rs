//! The local launcher with real agents: the contract of all launchers, and what is special here.

#[cfg(test)]
mod agents;
#[cfg(test)]
mod place;
#[cfg(test)]
mod restarts;

#[cfg(test)]
mod contract {
    carrel_sessions::launcher_contract!(super::place::Local::fresh);
}
