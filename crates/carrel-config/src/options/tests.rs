use super::*;
use std::collections::HashSet;

/// Every key that is known of the original, and of Carrel, by file: the keys that have a section as `section/key`, families with a `*`.
const KNOWN: &[(&str, &str)] = &[
    (
        "carrel.conf",
        "site-name public-url trusted-proxy redirect-port proxy-threads data-dir wait-for-database agent agent-image ide-path ides max-sessions \
         suspend-after idle-after start-limit stop-grace",
    ),
    (
        "rserver.conf",
        "verify-installation verify-user verify-test server-working-dir server-user server-daemonize server-pid-file \
         server-set-umask secure-cookie-key-file server-data-dir server-add-header server-db-migrate-path \
         server-nginx-path server-nginx-template-path server-project-sharing server-project-sharing-root-dir \
         server-shared-storage-path server-health-check-enabled server-access-log server-license-type \
         server-license-manager-path server-license-activation server-multiple-sessions server-product-check \
         server-user-home-page use-legacy-homepage www-address www-port www-socket www-root-path www-thread-pool-size \
         www-proxy-localhost www-verify-user-agent www-same-site www-frame-origin www-enable-origin-check \
         www-allow-origin session-use-file-storage session-storage-path rsession-which-r rsession-path rldpath-path \
         rsession-ld-library-path rsession-config-file rsession-proxy-max-wait-secs rsession-exec-command \
         database-config-file auth-none auth-validate-users auth-stay-signed-in-days auth-timeout-minutes \
         auth-active-timeout-minutes auth-encrypt-password auth-login-page-html auth-required-user-group \
         auth-minimum-user-id auth-pam-require-password-prompt auth-pam-sessions-enabled auth-pam-sessions-use-password \
         auth-pam-sessions-profile auth-pam-sessions-close auth-sign-in-throttle-seconds auth-cookies-force-secure \
         auth-revocation-list-dir auth-user-rewrite-rule auth-proxy auth-proxy-user-header \
         auth-proxy-user-header-rewrite auth-proxy-sign-in-url auth-proxy-sign-out-url auth-proxy-sign-in-delay \
         auth-proxy-require-hmac auth-openid auth-openid-issuer auth-openid-username-claim auth-openid-scopes \
         auth-openid-base-uri auth-openid-enable-pkce auth-openid-logout-url auth-openid-aws-role-claim \
         auth-openid-aws-session-name-claim auth-saml auth-saml-metadata-url auth-saml-metadata-path \
         auth-saml-sp-attribute-username auth-saml-idp-post-binding auth-saml-idp-entity-id auth-saml-idp-sso-url \
         auth-saml-idp-sign-cert-path auth-saml-sp-name-id-format auth-saml-sp-base-uri auth-saml-sp-request-lifetime \
         auth-saml-sp-signing-key-path auth-saml-sp-signing-cert-path auth-saml-sp-encryption-key-path \
         auth-saml-sp-encryption-cert-path auth-saml-log-level auth-google-accounts admin-enabled admin-group \
         admin-superuser-group admin-monitor-log-use-server-time-zone force-admin-ui-enabled monitor-interval-seconds \
         monitor-rrd-enabled monitor-rrd-logical-path monitor-graphite-enabled monitor-graphite-host \
         monitor-graphite-port monitor-graphite-client-id monitor-data-path monitor-stderr-enabled metrics-enabled \
         metrics-port metrics-address audit-r-console audit-r-console-user-limit-mb audit-r-console-user-limit-months \
         audit-r-console-compress audit-r-console-format audit-data-path audit-r-sessions audit-r-sessions-limit-mb \
         audit-r-sessions-limit-months audit-r-sessions-format audited-jobs audited-jobs-storage-path \
         load-balancing-enabled ssl-enabled ssl-certificate ssl-certificate-key ssl-protocols ssl-redirect-http \
         ssl-hsts ssl-hsts-max-age ssl-hsts-include-subdomains launcher-sessions-enabled launcher-address \
         launcher-port launcher-default-cluster launcher-sessions-clusters launcher-adhoc-clusters launcher-use-ssl \
         launcher-verify-ssl-certs launcher-sessions-callback-address launcher-sessions-callback-verify-ssl-certs \
         launcher-sessions-container-image launcher-sessions-container-run-as-root \
         launcher-sessions-create-container-user launcher-sessions-create-container-user-mode \
         launcher-sessions-init-container-run-user launcher-sessions-container-forward-groups \
         launcher-sessions-forward-environment launcher-sessions-forward-container-environment \
         launcher-sessions-use-pam-password launcher-sessions-auto-update launcher-sessions-init-container-image-name \
         launcher-sessions-init-container-image-tag launcher-positron-init-container-enabled \
         launcher-positron-init-container-image-name launcher-positron-init-container-image-tag \
         launcher-sessions-proxy-timeout-seconds launcher-sessions-connection-timeout-seconds launcher-sessions-exe \
         user-provisioning-enabled user-provisioning-start-uid group-provisioning-start-gid \
         user-provisioning-register-on-first-login user-homedir-path user-provisioning-token workbench-api-enabled \
         workbench-api-admin-enabled workbench-api-super-admin-enabled chronicle-enabled chronicle-storage-location \
         databricks-enabled",
    ),
    (
        "rsession.conf",
        "session-timeout-minutes session-timeout-suspend session-quit-child-processes-on-exit \
         session-timeout-kill-hours session-disconnected-timeout-minutes session-connections-block-suspend \
         session-external-pointers-block-suspend session-suspend-on-incomplete-statement session-preflight-script \
         session-create-public-folder session-create-profile session-rprofile-on-resume-default \
         session-save-action-default session-default-working-dir session-default-new-project-dir show-help-home \
         session-default-console-term session-default-console-clicolor-force session-first-project-template-path \
         default-rsconnect-server websocket-ping-seconds websocket-connect-timeout websocket-log-level \
         websocket-handshake-timeout package-output-to-package-folder session-port-range session-ephemeral-env-vars \
         session-async-rpc-enabled session-async-rpc-timeout-ms session-handle-offline-enabled \
         session-handle-offline-timeout-ms session-project-user-data-dir session-allow-project-user-data-dir-override \
         open-files allow-vcs allow-vcs-executable-edit allow-r-cran-repos-edit allow-package-installation allow-shell \
         allow-terminal-websockets allow-file-downloads allow-file-uploads allow-remove-public-folder \
         allow-rpubs-publish allow-external-publish allow-publish allow-full-ui allow-launcher-jobs \
         allow-presentation-commands allow-over-limit-sessions allow-pai abort-free-mem-percent r-libs-user \
         r-cran-repos r-cran-repos-file r-cran-repos-url r-auto-reload-source r-restore-workspace r-run-rprofile \
         r-doc-dir-override limit-file-upload-size-mb limit-cpu-time-minutes limit-xfs-disk-quota \
         restrict-directory-view directory-view-allowlist copilot-enabled managed-credentials-in-jobs-enabled",
    ),
    (
        "jupyter.conf",
        "labs-enabled notebooks-enabled jupyter-exe lab-command notebook-command lab-version notebook-version lab-args \
         notebook-args session-cull-minutes session-shutdown-minutes session-cull-connected session-clusters \
         default-session-cluster default-session-container-image session-container-images jupyter-session-path \
         session-no-profile session-preflight-script",
    ),
    (
        "vscode.conf",
        "enabled exe args default-session-container-image session-container-images vscode-session-path \
         session-no-profile user-data-dir allow-file-downloads allow-file-uploads session-timeout-kill-hours \
         session-clusters default-session-cluster",
    ),
    (
        "positron.conf",
        "enabled exe args default-session-container-image session-container-images positron-session-path \
         session-no-profile user-data-dir allow-file-downloads allow-file-uploads session-timeout-kill-hours",
    ),
    (
        "launcher.conf",
        "server/address server/port server/enable-ssl server/certificate-file server/certificate-key-file \
         server/server-user server/authorization-enabled server/admin-group server/thread-pool-size \
         server/request-timeout-seconds server/bootstrap-timeout-seconds server/max-message-size \
         server/enable-debug-logging server/scratch-path server/logging-dir server/secure-cookie-key-file \
         server/heartbeat-interval-seconds server/launcher-instance-id server/unprivileged cluster/name cluster/type \
         cluster/exe cluster/config-file cluster/allowed-groups",
    ),
    (
        "launcher.local.conf",
        "server-user thread-pool-size enable-debug-logging scratch-path logging-dir job-expiry-hours unprivileged",
    ),
    (
        "launcher.kubernetes.conf",
        "server-user thread-pool-size enable-debug-logging scratch-path logging-dir job-expiry-hours profile-config \
         api-url auth-token-path auth-token kubernetes-namespace use-templating resource-profile-config \
         verify-ssl-certs certificate-authority watch-timeout-seconds fetch-limit unprivileged job-id-label",
    ),
    (
        "launcher.local.profiles.conf",
        "default-cpus max-cpus default-mem-mb max-mem-mb resource-profiles allow-custom-resources max-jobs",
    ),
    ("launcher.local.resources.conf", "name cpus mem-mb nvidia-gpus amd-gpus"),
    (
        "launcher.kubernetes.profiles.conf",
        "container-images default-container-image allow-unknown-images placement-constraints default-cpus max-cpus \
         default-cpus-request max-cpus-request default-mem-mb max-mem-mb default-mem-mb-request max-mem-mb-request \
         default-nvidia-gpus max-nvidia-gpus default-amd-gpus max-amd-gpus cpu-request-ratio memory-request-ratio \
         resource-profiles allow-custom-resources job-json-overrides user-script max-jobs",
    ),
    (
        "launcher.kubernetes.resources.conf",
        "name cpus cpus-request mem-mb mem-mb-request nvidia-gpus amd-gpus placement-constraints",
    ),
    (
        "profiles",
        "session-limit session-timeout-minutes session-timeout-kill-hours cpu-affinity max-processes max-memory-mb \
         max-open-files priority r-version r-versions",
    ),
    (
        "database.conf",
        "provider directory connection-uri password host port database username pool-size connection-timeout-seconds",
    ),
    ("audit-database.conf", "provider directory connection-uri password"),
    (
        "logging.conf",
        "log-level logger-type log-dir log-file-mode rotate rotate-days max-size-mb delete-days max-rotations \
         log-message-format include-pid",
    ),
    ("notifications.conf", "StartTime EndTime Message"),
    (
        "load-balancer",
        "balancer timeout verify-ssl-certs balancer-script www-host-name delete-node-on-exit config/balancer",
    ),
    ("launcher-mounts", "MountType MountPath Path Host ClaimName SubPath ReadOnly Cluster JobType Workbench User"),
    ("launcher-env", "JobType Workbench Cluster Environment"),
    ("launcher-ports", "JobType Workbench Port"),
    ("r-versions", "Path Label Module Script Repo Library"),
    ("file-locks", "lock-type use-symlinks refresh-rate timeout-interval enable-logging"),
    ("openid-client-secret", "client-id client-secret"),
    ("databricks.conf", "name url client-id client-secret"),
    ("snowflake.conf", "account client-id client-secret"),
    ("workbench-nss.conf", "server-address"),
    ("crash-handler.conf", "crash-handling-enabled crash-db-path uploads-enabled"),
];

/// Files without keys of their own.
const KNOWN_FILES: &str = "repos.conf rstudio-prefs.json env-vars secure-cookie-key login.html themes fonts keybindings \
     snippets templates dictionaries nginx.http.conf nginx.server.conf nginx.site.conf ip-rules health-check \
     google-accounts launcher.slurm.conf launcher.slurm.profiles.conf launcher.slurm.resources.conf launcher.pem \
     launcher.pub vscode.extensions.conf positron.extensions.conf vscode-user-settings.json positron-user-settings.json \
     pip.conf odbc.ini chronicle-local.gcfg";

/// What is said of an option in one line, for those whose type and default an installation leans on.
fn said(file: &str, section: &str, key: &str) -> String {
    let row = file_named(file).unwrap().option(section, key).unwrap();
    format!("{}; default {}; {}", row.kind.allowed(), row.default, row.unit)
}

#[test]
fn every_key_of_the_original_has_its_row_and_no_row_is_unknown() {
    let mut rows = HashSet::new();
    for (name, keys) in KNOWN {
        let file = file_named(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        for known in keys.split_whitespace() {
            let (section, key) = known.split_once('/').unwrap_or(("", known));
            let row = file.option(section, key).unwrap_or_else(|| panic!("{name}: {known} has no row"));
            rows.insert((*name, row.section, row.key));
        }
    }
    for file in files() {
        assert!(KNOWN.iter().any(|(name, _)| *name == file.name) || KNOWN_FILES.contains(file.name), "{}", file.name);
        // The files below share rows with another one that names them all.
        let shares = ["audit-database.conf", "databricks.conf", "snowflake.conf", "launcher-ports", "load-balancer"];
        for row in file.options().filter(|_| !shares.contains(&file.name)) {
            assert!(rows.contains(&(file.name, row.section, row.key)), "{}: {} is not known", file.name, row.key);
        }
    }
}

#[test]
fn every_file_of_the_original_is_known() {
    for name in KNOWN_FILES.split_whitespace() {
        assert!(file_named(name).is_some(), "{name}");
    }
}

#[test]
fn types_defaults_and_units_are_those_of_the_original() {
    let expected = [
        ("rserver.conf", "", "www-port", "a whole number from 1 to 65535; default 8787; "),
        ("rserver.conf", "", "auth-timeout-minutes", "a whole number; default 60; minutes"),
        ("rserver.conf", "", "www-same-site", "one of none, lax; default ; "),
        ("rserver.conf", "", "metrics-port", "a whole number from 1 to 65535; default 8989; "),
        ("rserver.conf", "", "auth-saml-anything", "a text; default ; "),
        ("rsession.conf", "", "session-timeout-minutes", "a whole number; default 120; minutes"),
        ("jupyter.conf", "", "session-cull-minutes", "a whole number; default 120; minutes"),
        ("vscode.conf", "", "session-timeout-kill-hours", "a whole number; default 0; hours"),
        ("launcher.conf", "server", "port", "a whole number from 1 to 65535; default 5559; "),
        ("launcher.conf", "cluster", "type", "one of Local, Kubernetes, Slurm, Plugin; default ; "),
        ("launcher.kubernetes.conf", "", "kubernetes-namespace", "a text; default rstudio; "),
        ("launcher.kubernetes.profiles.conf", "*", "default-cpus", "a number; default ; CPUs"),
        ("launcher.kubernetes.profiles.conf", "*", "cpu-request-ratio", "a number from 0 to 1; default ; "),
        ("database.conf", "", "provider", "one of sqlite, postgresql; default sqlite; "),
    ];
    for (file, section, key, line) in expected {
        assert_eq!(said(file, section, key), line, "{file}: {key}");
    }
}

#[test]
fn a_row_is_declared_once_with_a_sentence_and_a_default_of_its_type() {
    for file in files() {
        let mut seen = HashSet::new();
        assert!(file.meaning.ends_with(['.', '`']), "{}: {}", file.name, file.meaning);
        for row in file.options() {
            let name = format!("{}: {}", file.name, row.key);
            assert!(seen.insert((row.section, row.key)), "{name} is declared twice");
            assert!(row.meaning.ends_with(['.', '`']), "{name}: {}", row.meaning);
            assert!(row.kind.parse(row.default).is_ok(), "{name}: default {}", row.default);
            let reason = match row.role {
                Role::Used | Role::Planned("") => "none is needed",
                Role::Planned(reason) | Role::NoEffect(reason) | Role::NotSupported(reason) => reason,
            };
            assert!(!reason.is_empty() && !reason.ends_with('.'), "{name}: {reason}");
        }
    }
}

#[test]
fn a_section_of_one_kind_has_no_keys_of_another() {
    let launcher = file_named("launcher.conf").unwrap();
    assert!(launcher.option("cluster", "port").is_none());
    assert!(launcher.option("", "port").is_none());
    assert!(file_named("launcher-mounts").unwrap().option("1", "mounttype").is_some());
    assert!(file_named("rserver.conf").unwrap().option("", "WWW-PORT").is_none());
}
