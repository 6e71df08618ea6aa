//! Addresses: `www-*` of `rserver.conf`.

use super::Settings;
use crate::{Configuration, Diagnostic};
use std::net::{IpAddr, SocketAddr};

const FILE: &str = "rserver.conf";

/// Takes over what the file sets. Unset options leave alone what is there: defaults of Carrel's own, which differ from the
/// original's where those would be unsafe (it listens on every address).
pub(super) fn apply(settings: &mut Settings, files: &Configuration) -> Vec<Diagnostic> {
    let address = files.get(FILE, "www-address");
    let port = files.get(FILE, "www-port");
    if address.at.is_some()
        && let Some(address) = address.text().and_then(|text| text.parse::<IpAddr>().ok())
    {
        settings.listen = SocketAddr::new(address, settings.listen.port());
    }
    if port.at.is_some()
        && let Some(port) = port.whole().and_then(|port| u16::try_from(port).ok())
    {
        settings.listen.set_port(port);
    }
    Vec::new()
}
