//! Command lines of the files: cut into arguments, without those that would take an IDE out of its session.

use crate::{At, Diagnostic, Level};

/// What Jupyter's arguments may not say. A name that ends in `=` takes a value; one that ends in `*` stands for all that
/// begin so.
const JUPYTER: &[&str] = &[
    "--allow-root",
    "--certfile=",
    "--client-ca=",
    "--ip=",
    "--keyfile=",
    "--no-browser",
    "--notebook-dir=",
    "--port-retries=",
    "--port=",
    "--sock-mode=",
    "--sock=",
    "--IdentityProvider.*",
    "--KernelManager.transport=",
    "--NotebookApp.*",
    "--PasswordIdentityProvider.*",
    "--ServerApp.allow_origin*",
    "--ServerApp.allow_remote_access=",
    "--ServerApp.allow_root=",
    "--ServerApp.base_url=",
    "--ServerApp.certfile=",
    "--ServerApp.disable_check_xsrf=",
    "--ServerApp.identity_provider_class=",
    "--ServerApp.ip=",
    "--ServerApp.keyfile=",
    "--ServerApp.open_browser=",
    "--ServerApp.password*",
    "--ServerApp.port*",
    "--ServerApp.root_dir=",
    "--ServerApp.sock=",
    "--ServerApp.sock_mode=",
    "--ServerApp.token=",
    "--ServerApp.trust_xheaders=",
];

/// What code-server's arguments may not say.
const CODE_SERVER: &[&str] = &[
    "--abs-proxy-base-path=",
    "--auth=",
    "--bind-addr=",
    "--cert*",
    "--config=",
    "--cookie-suffix=",
    "--hashed-password=",
    "--host=",
    "--idle-timeout-seconds=",
    "--install-extension=",
    "--open",
    "--password=",
    "--port=",
    "--session-socket=",
    "--skip-auth-preflight",
    "--socket-fd=",
    "--socket-mode=",
    "--socket=",
    "--trusted-origins=",
    "--user-data-dir=",
];

/// What the files' arguments for this IDE may not say: Carrel says it, or it would open the session to others.
pub fn refused_of(ide: &str) -> &'static [&'static str] {
    match ide {
        "jupyterlab" | "notebook" => JUPYTER,
        "vscode" => CODE_SERVER,
        _ => &[],
    }
}

/// The arguments of `line` that may be handed to the IDE. Those that may not are told about.
pub(super) fn of(ide: &str, line: &str, at: &At, told: &mut Vec<Diagnostic>) -> Vec<String> {
    let Some(words) = split(line) else {
        let text = "a quotation mark is not closed";
        told.push(Diagnostic::new(at.clone(), Level::Error, "wrong-value", text).found(line));
        return Vec::new();
    };
    let mut kept = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        let Some(refused) = refused_of(ide).iter().find(|refused| is_meant(refused, name)) else {
            kept.push(word);
            continue;
        };
        if !word.contains('=') && refused.ends_with('=') {
            words.next_if(|value| !value.starts_with('-'));
        }
        let text = format!("{name} is left out: Carrel says to the IDE where it listens and whom it lets in");
        told.push(Diagnostic::new(at.clone(), Level::Warning, "argument-left-out", text).found(&word));
    }
    kept
}

fn is_meant(refused: &str, name: &str) -> bool {
    match refused.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => refused.trim_end_matches('=') == name,
    }
}

/// Words as a shell cuts them: at white space, but not within quotation marks. `None` when one is not closed.
fn split(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn kept(ide: &str, line: &str) -> (Vec<String>, Vec<String>) {
        let mut told = Vec::new();
        let at = At { file: Path::new("jupyter.conf").into(), line: 4 };
        let kept = of(ide, line, &at, &mut told);
        (kept, told.iter().filter_map(|one| one.found.clone()).collect())
    }

    #[test]
    fn words_are_cut_as_a_shell_cuts_them() {
        assert_eq!(split(r#" a  "b c" d='e f'"g" '' "#).unwrap(), ["a", "b c", "d=e fg", ""]);
        assert_eq!(split("a 'b"), None);
    }

    #[test]
    fn arguments_that_would_open_a_session_are_left_out_with_their_values() {
        let original = "--no-browser --allow-root --ip=0.0.0.0 --port 8888 --ContentsManager.allow_hidden=True";
        let (kept_of, told) = kept("jupyterlab", original);
        assert_eq!(kept_of, ["--ContentsManager.allow_hidden=True"]);
        assert_eq!(told, ["--no-browser", "--allow-root", "--ip=0.0.0.0", "--port"]);
        assert_eq!(kept("notebook", "--IdentityProvider.token='' --debug").0, ["--debug"]);
        assert_eq!(kept("vscode", "--host=0.0.0.0 --auth none --verbose --cert").0, ["--verbose"]);
    }
}
