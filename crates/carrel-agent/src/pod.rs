//! What the launcher of pods and the agent in one both know: names, paths, and the texts that Kubernetes carries.

use crate::protocol::End;

/// The port of the agent in its pod.
pub const PORT: u16 = 8700;
/// Names the server's public key in the pod's environment. It is no secret.
pub const SERVER_KEY_VARIABLE: &str = "CARREL_SERVER_KEY";
/// Begins the name of each variable that is for the agent alone; the IDE gets none of them but
/// [`RUN_VARIABLE`](crate::process::RUN_VARIABLE).
pub const OWN_VARIABLES: &str = "CARREL_";
/// Where the folder of the run is: an `emptyDir` of its own.
pub const RUN_DIR: &str = "/run/carrel";
/// Where `carrel-agent install` puts things: an `emptyDir` that the IDE's container mounts, too.
pub const INSTALL_DIR: &str = "/carrel";
/// The name of the agent's program in [`INSTALL_DIR`].
pub const PROGRAM: &str = "carrel-agent";
/// The accounts in [`INSTALL_DIR`], to be mounted over `/etc/passwd` by `subPath`.
pub const PASSWD: &str = "etc/passwd";
/// The groups in [`INSTALL_DIR`], to be mounted over `/etc/group` by `subPath`.
pub const GROUP: &str = "etc/group";
/// Where `carrel-agent install` looks for the volume with the home folders, unless it is told otherwise.
pub const HOMES_DIR: &str = "/homes";
/// Where the kubelet looks for how a container ended (`terminationMessagePath`).
pub const TERMINATION_LOG: &str = "/dev/termination-log";
/// The longest termination message that the kubelet keeps, in bytes.
pub const TERMINATION_BYTES: usize = 4096;

/// Begins each line of the container's log that is the agent's and not the IDE's.
pub const AGENT_LINE: &str = "carrel-agent ";
/// Begins the line that says where the agent listens.
pub const LISTENS_LINE: &str = "carrel-agent listens on ";

/// Whether a line of the container's log is the agent's.
pub fn is_agents(line: &[u8]) -> bool {
    line.starts_with(AGENT_LINE.as_bytes())
}

/// How a run ended as a termination message: JSON of [`End`], with as much of the last output as there is room for.
pub fn termination_message(end: &End) -> String {
    let json = |last_output: &str| {
        serde_json::to_string(&End { last_output: last_output.into(), ..end.clone() }).unwrap_or_default()
    };
    let escaped = |line: &str| serde_json::to_string(line).map_or(0, |text| text.len() - 2);
    let mut room = TERMINATION_BYTES.saturating_sub(json("").len());
    let mut begin = end.last_output.len();
    for line in end.last_output.split_inclusive('\n').rev() {
        let Some(left) = room.checked_sub(escaped(line)) else { break };
        room = left;
        begin -= line.len();
    }
    json(&end.last_output[begin..])
}

/// Reads a termination message.
pub fn read_termination(message: &str) -> Option<End> {
    serde_json::from_str(message).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carrel_model::Ending;
    use jiff::Timestamp;

    fn end(last_output: String) -> End {
        End { at: Timestamp::UNIX_EPOCH, ending: Ending::Quit, last_output }
    }

    #[test]
    fn a_short_end_is_told_whole() {
        let end = end("it is over\n".into());
        assert_eq!(read_termination(&termination_message(&end)), Some(end));
    }

    #[test]
    fn a_long_end_keeps_the_last_lines_that_there_is_room_for() {
        for line in ["x", "\u{1b}[31m\"ü\"\u{0}", "𝕩\t\\"] {
            let text = (0..2000).map(|number| format!("{number} {line}\n")).collect::<Vec<_>>().concat();
            let message = termination_message(&end(text.clone()));
            assert!(message.len() <= TERMINATION_BYTES && message.len() > TERMINATION_BYTES / 3, "{}", message.len());
            let read = read_termination(&message).unwrap().last_output;
            assert!(text.ends_with(&format!("\n{read}")) && read.ends_with(&format!("1999 {line}\n")), "{read}");
        }
    }

    #[test]
    fn one_endless_line_is_left_out() {
        let message = termination_message(&end("x".repeat(9000)));
        assert_eq!(read_termination(&message).unwrap(), end(String::new()));
    }

    #[test]
    fn lines_of_the_agent_are_told_from_the_ides() {
        assert!(is_agents(LISTENS_LINE.as_bytes()));
        assert!(!is_agents(b"carrel-agents are many") && !is_agents(b""));
    }
}
