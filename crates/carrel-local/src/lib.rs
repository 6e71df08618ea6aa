//! Launcher: processes on this host.
