//! Stories over HTTP: a whole server on a port of its own, with a store of its own and a launcher that runs nothing.

mod admission;
mod backend;
mod carrel;
mod containers;
mod door;
mod events;
mod everybody;
mod front;
mod graphite;
mod guard;
mod headers;
mod https;
mod ides;
mod input;
mod operation;
mod pages;
mod person;
mod pods;
mod rights;
mod sessions;
mod sign_in;
mod strangers;
mod tokens;
mod tunnels;

use backend::Backend;
use carrel::TestCarrel;
use person::Person;
