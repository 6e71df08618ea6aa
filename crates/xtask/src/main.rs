//! The commands of the project: up, test, gen, bench.

fn main() {}
