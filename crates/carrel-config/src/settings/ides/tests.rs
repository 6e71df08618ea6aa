use super::*;
use crate::options::file_named;
use carrel_model::IdleRule;
use std::path::Path;

/// The settings that these files make, and what is told.
fn settings(files: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let mut read = Configuration::default();
    for (name, text) in files {
        read.read(file_named(name).unwrap(), Path::new("/etc/rstudio").join(name), text.as_bytes());
    }
    let mut settings = Settings::local("/var/lib/carrel".into(), "/usr/bin/carrel-agent".into(), Vec::new());
    let told = settings.apply(&read);
    (settings, told.iter().map(ToString::to_string).collect())
}

fn of(files: &[(&str, &str)]) -> Settings {
    let (settings, told) = settings(files);
    assert_eq!(told, [""; 0]);
    settings
}

fn ends(rule: &IdleRule) -> (Option<u64>, IdleAction) {
    (rule.ends_after_s, rule.action)
}

#[test]
fn without_files_nothing_is_said_of_any_ide() {
    let settings = of(&[]);
    for ide in ["jupyterlab", "notebook", "vscode", "rstudio"] {
        assert!(settings.ides.of(ide).is_none_or(|one| *one == OneIde::default()), "{ide}");
        assert_eq!(settings.idle_of(ide), IdleRule::default());
    }
    assert_eq!((settings.ides.r, settings.ides.variables.len()), (Rs::default(), 0));
}

#[test]
fn an_ide_is_switched_off_by_a_line_that_is_named_and_not_by_what_is_not_said() {
    let settings = of(&[("jupyter.conf", "labs-enabled=1\nnotebooks-enabled=0\n"), ("vscode.conf", "\nenabled=0\n")]);
    let disabled = |ide| settings.ides.of(ide).unwrap().disabled.clone();
    assert_eq!(disabled("jupyterlab"), None);
    assert_eq!(disabled("notebook").as_deref(), Some("notebooks-enabled of /etc/rstudio/jupyter.conf:2"));
    assert_eq!(disabled("vscode").as_deref(), Some("enabled of /etc/rstudio/vscode.conf:2"));
}

#[test]
fn jupyter_is_started_by_the_program_and_the_command_that_are_named() {
    let settings =
        of(&[("jupyter.conf", "jupyter-exe=/opt/jupyter/bin/jupyter\nnotebook-command=nbclassic --debug\n")]);
    let program = |ide| settings.ides.of(ide).unwrap().program.clone().unwrap();
    assert_eq!(program("jupyterlab").first_arguments, ["lab"]);
    assert_eq!(program("notebook").first_arguments, ["nbclassic", "--debug"]);
    assert_eq!(program("notebook").path, Path::new("/opt/jupyter/bin/jupyter"));
    assert_eq!(settings.ides.of("notebook").unwrap().program_name.as_deref(), Some("jupyter-nbclassic"));
    assert_eq!(settings.ides.of("jupyterlab").unwrap().program_name, None);
}

#[test]
fn arguments_of_the_original_lose_what_would_open_a_session_with_a_warning_each() {
    let (settings, told) = settings(&[("jupyter.conf", "lab-args=--no-browser --ip=0.0.0.0 --debug\n")]);
    assert_eq!(settings.ides.of("jupyterlab").unwrap().arguments.as_deref(), Some(["--debug".to_owned()].as_slice()));
    assert_eq!(told.len(), 2);
    assert_eq!(
        told[1],
        "/etc/rstudio/jupyter.conf:1: warning: --ip is left out: Carrel says to the IDE where it listens and whom it lets \
         in; found “--ip=0.0.0.0” [argument-left-out]"
    );
}

#[test]
fn jupyter_sessions_end_when_the_time_of_kernels_and_that_of_the_server_are_over() {
    let both = of(&[("jupyter.conf", "session-cull-minutes=60\nsession-shutdown-minutes=30\n")]);
    assert_eq!(ends(&both.idle_of("jupyterlab")), (Some(5400), IdleAction::Quit));
    assert_eq!(ends(&both.idle_of("vscode")), ends(&IdleRule::default()));
    let values = &both.ides.of("notebook").unwrap().values;
    assert_eq!((values["cull_seconds"].as_str(), values["cull_connected"].as_str()), ("3600", "True"));
    let one = of(&[("jupyter.conf", "session-cull-minutes=60\nsession-cull-connected=0\n")]);
    assert_eq!(ends(&one.idle_of("notebook")).0, Some(3900), "the default of the other is five minutes");
    assert_eq!(one.ides.of("notebook").unwrap().values["cull_connected"], "False");
    let never = of(&[("jupyter.conf", "session-cull-minutes=0\nsession-shutdown-minutes=30\n")]);
    assert_eq!(ends(&never.idle_of("jupyterlab")), (None, IdleAction::Quit));
    assert!(!never.ides.of("jupyterlab").unwrap().values.contains_key("cull_seconds"));
}

#[test]
fn rsession_conf_says_how_long_sessions_without_a_time_of_their_own_may_be_without_use() {
    let files = [("rsession.conf", "session-timeout-minutes=30\n"), ("vscode.conf", "session-timeout-kill-hours=8\n")];
    let settings = of(&files);
    assert_eq!(ends(&settings.idle_of("rstudio")), (Some(1800), IdleAction::Suspend));
    assert_eq!(ends(&settings.idle_of("jupyterlab")), (Some(1800), IdleAction::Suspend));
    assert_eq!(ends(&settings.idle_of("vscode")), (Some(28800), IdleAction::Quit));
    let never =
        of(&[("rsession.conf", "session-timeout-minutes=0\n"), ("vscode.conf", "session-timeout-kill-hours=0\n")]);
    assert_eq!((never.idle_of("rstudio").ends_after_s, never.idle_of("vscode").ends_after_s), (None, None));
    let killed = of(&[("rsession.conf", "session-timeout-minutes=0\nsession-timeout-kill-hours=2\n")]);
    assert_eq!(ends(&killed.idle_of("rstudio")), (Some(7200), IdleAction::Quit));
    let quit = of(&[("rsession.conf", "session-timeout-suspend=0\n")]);
    assert_eq!(ends(&quit.idle_of("rstudio")), (Some(7200), IdleAction::Quit));
}

#[test]
fn rstudio_is_handed_the_lines_of_rsession_conf_but_those_that_carrel_does() {
    let text = "session-timeout-minutes=30\nallow-vcs=false\nlimit-file-upload-size-mb=1e+02\nsession-default-working-dir=~/work\n";
    let values = &of(&[("rsession.conf", text), ("rstudio-prefs.json", "{\"save_workspace\": \"never\"}")]).ides;
    let values = &values.of("rstudio").unwrap().values;
    assert_eq!(values["rsession_conf"], "allow-vcs=0\nlimit-file-upload-size-mb=100\n");
    assert_eq!(values["working_dir"], "{home}/work");
    assert_eq!(values["prefs"], "{\"save_workspace\": \"never\"}\n");
}

#[test]
fn repositories_come_from_the_nearest_place_that_names_them() {
    let repos = |files: &[(&str, &str)]| of(files).ides.r.usual.repos;
    let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
    let conf = ("repos.conf", "CRAN=https://cran.example.org\nOurs=https://ours.example.org\n");
    assert_eq!(repos(&[conf]), [pair("CRAN", "https://cran.example.org"), pair("Ours", "https://ours.example.org")]);
    let one = ("rsession.conf", "r-cran-repos=https://one.example.org\n");
    assert_eq!(repos(&[one]), [pair("CRAN", "https://one.example.org")]);
    assert_eq!(repos(&[one, conf])[0].1, "https://cran.example.org");
    let version = ("r-versions", "Path: /opt/R/4.3.1\nRepo: https://of-r.example.org\n");
    assert_eq!(repos(&[conf, version]), [pair("CRAN", "https://of-r.example.org")]);
    let other = ("rserver.conf", "rsession-which-r=/opt/R/4.4.0/bin/R\n");
    assert_eq!(repos(&[conf, version, other])[0].1, "https://cran.example.org", "another R is used");
}

#[test]
fn a_file_of_repositories_may_be_named_and_is_missed_when_it_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ours.conf");
    std::fs::write(&path, "# ours\nCRAN=https://ours.example.org\n").unwrap();
    let line = format!("r-cran-repos-file={}\n", path.display());
    assert_eq!(of(&[("rsession.conf", &line)]).ides.r.usual.repos[0].1, "https://ours.example.org");
    let (settings, told) = settings(&[("rsession.conf", "r-cran-repos-file=/no/such.conf\n")]);
    assert_eq!(settings.ides.r.usual.repos, []);
    assert!(told[0].starts_with("/etc/rstudio/rsession.conf:1: error: the file of package repositories"), "{told:?}");
}

#[test]
fn the_first_version_of_r_is_the_one_of_sessions_unless_another_is_named() {
    let versions = ("r-versions", "Label: none\n\nPath: /opt/R/4.3.1\nLibrary: /opt/lib\n\nPath: /opt/R/4.2.0\n");
    let r = of(&[versions, ("rsession.conf", "r-libs-user=~/R/$USER\n")]).ides.r;
    assert_eq!(r.usual.program.as_deref(), Some(Path::new("/opt/R/4.3.1/bin/R")));
    let libraries = (r.usual.site_library.as_deref(), r.user_library.as_deref());
    assert_eq!(libraries, (Some("/opt/lib"), Some("{home}/R/{account}")));
    let r = of(&[versions, ("rserver.conf", "rsession-which-r=/usr/bin/R\n")]).ides.r;
    assert_eq!((r.usual.program.as_deref(), &r.usual.site_library), (Some(Path::new("/usr/bin/R")), &None));
    let paths: Vec<&str> = r.offered().map(|r| r.path.as_str()).collect();
    assert_eq!(paths, ["/usr/bin/R", "/opt/R/4.3.1", "/opt/R/4.2.0"]);
    let r = of(&[versions, ("rserver.conf", "rsession-which-r=/opt/R/4.2.0/bin/R\n")]).ides.r;
    assert_eq!(r.offered().map(|r| r.path.as_str()).collect::<Vec<_>>(), ["/opt/R/4.2.0", "/opt/R/4.3.1"]);
}

#[test]
fn each_version_of_r_has_the_name_the_repositories_and_the_library_of_its_block() {
    let versions =
        "Path: /opt/R/4.3.1/\nLabel: Proven\nRepo: https://old.example.org\n\nPath: /opt/R/4.4.0\nLibrary: /l\n";
    let (settings, told) = settings(&[("r-versions", versions), ("repos.conf", "CRAN=https://new.example.org\n")]);
    assert_eq!(told, [""; 0]);
    let shown = |r: &R| (r.name.clone(), r.repos_conf().unwrap(), r.site_library.clone());
    let (old, new) = ("CRAN=https://old.example.org\n".to_owned(), "CRAN=https://new.example.org\n".to_owned());
    let rs: Vec<_> = settings.ides.r.offered().map(shown).collect();
    assert_eq!(rs, [("Proven".into(), old, None), ("/opt/R/4.4.0".into(), new, Some("/l".into()))]);
    let called = ["/opt/R/4.4.0", "/opt/R/4.4.0/", "/opt/R/4.4.0/bin/R", "/opt/R/4.4", "", "Proven"];
    let found = called.map(|called| settings.ides.r.get(called).is_some());
    assert_eq!(found, [true, true, true, false, false, false]);
}

#[test]
fn an_r_that_only_a_profile_names_is_taken_up_where_it_is_there_and_told_where_it_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("4.4.0");
    std::fs::create_dir_all(there.join("bin")).unwrap();
    std::fs::write(there.join("bin/R"), "").unwrap();
    let profile = format!("[*]\nr-version={0}\n[ada]\nr-versions={0}, /opt/R/4.3.0\n", there.display());
    let files = [("r-versions", "/opt/R/4.3.1\n"), ("profiles", profile.as_str())];
    let wrong =
        |told: Vec<String>| told.into_iter().map(|one| one.replace(there.to_str().unwrap(), "X")).collect::<Vec<_>>();
    let not_there = |line: u32, key: &str, path: &str| {
        format!(
            "/etc/rstudio/profiles:{line}: warning: {key} names an R that is not there: it is left out; found “{path}”"
        )
    };
    let (none, told) = settings(&files);
    let told = wrong(told);
    assert_eq!(none.ides.r.get(there.to_str().unwrap()), None, "nobody may run it");
    assert!(told[0].starts_with(&not_there(2, "r-version", "X")), "{told:?}");
    assert!(told[0].contains("/opt/R/4.3.1") && told.len() == 3, "{told:?}");
    assert!(told[2].starts_with(&not_there(4, "r-versions", "/opt/R/4.3.0")), "{told:?}");
    assert!(told[2].contains("did you mean “/opt/R/4.3.1”?"), "{told:?}");

    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(there.join("bin/R"), mode).unwrap();
    let (one, told) = settings(&files);
    assert_eq!(told.len(), 1, "{told:?}");
    let found = one.ides.r.get(there.to_str().unwrap()).unwrap();
    assert_eq!(found.program.as_deref(), Some(there.join("bin/R").as_path()));
    assert_eq!(one.ides.r.offered().count(), 1, "whoever has no such profile is not offered it");
    let in_pods = ("launcher.conf", "[cluster]\ntype=Kubernetes\n");
    assert_eq!(settings(&[files[0], files[1], in_pods]).1.len(), 3, "the file says what images have");
    let (believed, told) = settings(&[files[1], in_pods]);
    assert_eq!((told, believed.ides.r.get("/opt/R/4.3.0").is_some()), (vec![], true));
}

#[test]
fn vs_code_takes_its_program_folder_and_settings_from_its_files() {
    let conf = "exe=/opt/code/bin/code-server\nuser-data-dir=~/.vscode-server/\nallow-file-uploads=0\n";
    let ides = of(&[
        ("vscode.conf", conf),
        ("vscode.extensions.conf", "# ours\nquarto.quarto\nposit.shiny@1.2\n"),
        ("vscode-user-settings.json", "{\"editor.fontSize\": 15}"),
    ])
    .ides;
    let one = ides.of("vscode").unwrap();
    assert_eq!(one.program.as_ref().unwrap().path, Path::new("/opt/code/bin/code-server"));
    assert_eq!(one.values["data_dir"], "{home}/.vscode-server");
    assert_eq!(one.values["user_settings"], "{\"editor.fontSize\":15}");
    assert!(one.values.contains_key("no_uploads") && !one.values.contains_key("no_downloads"));
    assert_eq!(one.extensions, ["quarto.quarto", "posit.shiny@1.2"]);
    let default = "exe=/usr/lib/rstudio-server/bin/pwb-code-server/bin/code-server\nargs=--host=0.0.0.0 --verbose\n";
    let (settings, told) = settings(&[("vscode.conf", default), ("vscode-user-settings.json", "[]")]);
    let one = settings.ides.of("vscode").unwrap();
    assert_eq!((one.program.as_ref(), one.arguments.as_deref()), (None, Some(["--verbose".to_owned()].as_slice())));
    assert!(
        told.len() == 2 && told[1].contains("vscode-user-settings.json: error: settings are an object"),
        "{told:?}"
    );
}

#[test]
fn variables_are_for_the_sessions_that_their_block_names() {
    let text = "Environment: A=1\n    PATH=/opt/x/bin:$PATH\n    CACHE=${HOME}/$USER-$PATHS\nWorkbench: vscode, jupyterlab\n\n\
                JobType: adhoc\nEnvironment: B=2\n\nCluster: Kubernetes\nEnvironment: C=3\n\nWorkbench: any\nEnvironment: D=a=b\n";
    let ides = of(&[("launcher-env", text)]).ides;
    let names = |ide| {
        let blocks = ides.variables.iter().filter(|block| block.whom.holds_for(ide, "local", "ada"));
        blocks.flat_map(|b| &b.variables).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(names("vscode"), ["A=1", "PATH=/opt/x/bin:{path}", "CACHE={home}/{account}-$PATHS", "D=a=b"]);
    assert_eq!(names("rstudio"), ["D=a=b"]);
    assert!(ides.variables[2].whom.holds_for("rstudio", "kubernetes", "ada"), "the case of a cluster is no matter");
}

#[test]
fn mounts_are_kept_with_the_sessions_that_they_are_for() {
    let text = "ClaimName: homes\nMountType: KubernetesPersistentVolumeClaim\nMountPath: /home/${USER}\nReadOnly: true\n\n\
                MountType: NFS\nHost: nas\nPath: /export\nMountPath: /data\nUser: grace\nWorkbench: jupyter notebook\n";
    let cluster = ("launcher.conf", "[cluster]\ntype=Kubernetes\n");
    let ides = of(&[cluster, ("launcher-mounts", text)]).ides;
    let [home, data] = ides.mounts.as_slice() else { panic!("{:?}", ides.mounts) };
    assert_eq!((home.claim.as_str(), home.read_only, data.read_only), ("homes", true, false));
    assert_eq!(home.of_user("ada").mount_path, "/home/ada");
    assert!(home.whom.holds_for("vscode", "Kubernetes", "ada"));
    assert!(
        data.whom.holds_for("notebook", "Kubernetes", "grace") && !data.whom.holds_for("notebook", "Kubernetes", "ada")
    );
    assert!(!data.whom.holds_for("jupyterlab", "Kubernetes", "grace"));
    assert_eq!(data.at.line, 6);
}

#[test]
fn ended_sessions_stay_listed_for_as_long_as_the_file_of_the_host_says() {
    let settings = of(&[("launcher.local.conf", "job-expiry-hours=48\n")]);
    assert_eq!(settings.ides.listed_for, Some(Duration::from_hours(48)));
}
