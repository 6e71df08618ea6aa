//! The R of a session, as it is asked for on the command line.

use crate::server::Server;

#[test]
fn an_r_of_the_profile_is_launched_with_and_shown_and_another_is_refused() {
    let server = Server::start_with(|host| {
        host.ide("console", "#!/bin/sh\necho 1.0\n");
        host.write("r-versions", "/opt/R/4.4.1\n/opt/R/4.3.1\n/opt/R/4.2.0\n");
        host.write("profiles", "[*]\nr-versions=/opt/R/4.4.1, /opt/R/4.2.0\n");
    });
    server.add_administrator();
    let launch = |path: &str| {
        server.carrel(&["session", "launch", "--ide", "console", "--name", "old", "--json", "--r-version", path])
    };
    let (code, text) = launch("/opt/R/4.3.1");
    assert_eq!(code, 1, "{text}");
    let why = "The R “/opt/R/4.3.1” is not offered by the profile of everybody (profiles:2); /opt/R/4.4.1, /opt/R/4.2.0 \
               may be had.";
    assert!(text.contains(why), "{text}");
    let (code, text) = launch("/opt/R/4.2.0");
    assert!(code == 0 && text.contains("\"r_version\": \"/opt/R/4.2.0\""), "{text}");
    let (code, text) = server.carrel(&["session", "show", "old"]);
    assert!(code == 0 && text.contains("R          /opt/R/4.2.0\n"), "{text}");
}
