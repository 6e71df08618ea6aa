//! The program beside the IDE, and the protocol it speaks with the server.

fn main() {}
