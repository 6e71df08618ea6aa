//! Carrel, a workbench for data-science teams.

fn main() {}
