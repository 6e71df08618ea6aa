{{/*
Which files there are: each of these answers a map of name to text, as JSON (toYaml would cut off the end of the last line).
crates/carrel-config/src/chart/files.rs does the same in Rust.
*/}}

{{- define "carrel.files.ini" -}}
{{- $files := dict -}}
{{- range $name, $file := . -}}{{- $_ := set $files $name (include "carrel.ini" $file) -}}{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/* What is mounted at /mnt/configmap/rstudio. */}}
{{- define "carrel.files.server" -}}
{{- $files := dict -}}
{{- range $name, $file := include "carrel.server" . | fromJson -}}
{{- $_ := set $files $name (include "carrel.ini" $file) -}}
{{- end -}}
{{- range $name, $file := include "carrel.profilesFiles" . | fromJson -}}
{{- $_ := set $files $name (include "carrel.profiles" $file) -}}
{{- end -}}
{{- range $name, $file := include "carrel.dcfFiles" . | fromJson -}}
{{- $_ := set $files $name (include "carrel.dcf" $file) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/* The values of the server's ini files, with what the chart puts below and above them. */}}
{{- define "carrel.server" -}}
{{- $files := dict "rserver.conf" (include "carrel.rserver" . | fromJson) "launcher.kubernetes.conf" (dict "kubernetes-namespace" (include "carrel.launcherNamespace" .)) -}}
{{- if .Values.launcher.useTemplates -}}
{{- $_ := set (index $files "launcher.kubernetes.conf") "use-templating" 1.0 -}}
{{- end -}}
{{- if not .Values.pod.runAsRoot -}}
{{- $_ := set $files "launcher.conf" (dict "server" (dict "secure-cookie-key-file" "/mnt/secret-configmap/rstudio/secure-cookie-key")) -}}
{{- end -}}
{{- with .Values.components -}}
{{- if and .enabled .positron.version -}}
{{- $exe := printf "/usr/lib/rstudio-server/bin/positron-server/%v/bin/positron-server" .positron.version -}}
{{- $_ := set $files "positron.conf" (dict "exe" $exe) -}}
{{- end -}}
{{- end -}}
{{- include "carrel.merge" (dict "below" $files "over" (deepCopy (.Values.config.server | default dict))) -}}
{{- with .Values.chronicle.localConfig -}}
{{- include "carrel.merge" (dict "below" $files "over" (dict "chronicle-local.gcfg" (deepCopy .))) -}}
{{- end -}}
{{- include "carrel.metrics" (dict "values" .Values "rserver" (index $files "rserver.conf")) -}}
{{- toJson $files -}}
{{- end -}}

{{/* What stands below the values of rserver.conf. */}}
{{- define "carrel.rserver" -}}
{{- $rserver := dict -}}
{{- $address := printf "http://%s.%s.svc.cluster.local:80" (include "carrel.fullname" .) .Release.Namespace -}}
{{- $_ := set $rserver "launcher-sessions-callback-address" $address -}}
{{- with .Values.pod.serviceAccountUser -}}{{- $_ := set $rserver "server-user" . -}}{{- end -}}
{{- if .Values.license.server -}}{{- $_ := set $rserver "server-license-type" "remote" -}}{{- end -}}
{{- $components := .Values.components -}}
{{- if and .Values.launcher.enabled $components.enabled -}}
{{- $init := $components.sessionInit.image -}}
{{- $_ := set $rserver "launcher-sessions-auto-update" 1 -}}
{{/* The agent lies in the server's image, unless another one is named. */}}
{{- $name := $init.repository | default .Values.image.repository -}}
{{- $tag := ternary (include "carrel.version" .) (include "carrel.imageTag" .) (not (empty $init.repository)) -}}
{{- $_ := set $rserver "launcher-sessions-init-container-image-name" $name -}}
{{- $_ := set $rserver "launcher-sessions-init-container-image-tag" ($init.tag | default $tag) -}}
{{- with $components.positron.version -}}
{{- $_ := set $rserver "launcher-positron-init-container-enabled" 1 -}}
{{- $_ := set $rserver "launcher-positron-init-container-image-name" $components.positron.image.repository -}}
{{- $_ := set $rserver "launcher-positron-init-container-image-tag" ($components.positron.image.tag | default .) -}}
{{- end -}}
{{- end -}}
{{- if .Values.pod.runAsRoot -}}
{{- $_ := set $rserver "auth-pam-sessions-enabled" 1 -}}
{{- else -}}
{{- $_ := set $rserver "auth-pam-sessions-enabled" 0 -}}
{{- $_ := set $rserver "user-provisioning-enabled" 1 -}}
{{- if $components.enabled -}}
{{- $_ := set $rserver "launcher-sessions-create-container-user" 1 -}}
{{- $_ := set $rserver "launcher-sessions-create-container-user-mode" "nss" -}}
{{- $_ := set $rserver "launcher-sessions-init-container-run-user" "server-user" -}}
{{- else -}}
{{- $_ := set $rserver "launcher-sessions-create-container-user" 0 -}}
{{- end -}}
{{- end -}}
{{- toJson $rserver -}}
{{- end -}}

{{/* Metrics go on with Prometheus, whatever rserver.conf says: the original takes 0 for nothing and writes 1 over it. */}}
{{- define "carrel.metrics" -}}
{{- $prometheus := .values.prometheus -}}
{{- $rserver := .rserver -}}
{{- if and $prometheus.enabled (kindIs "map" $rserver) -}}
{{- if $prometheus.legacy -}}
{{- $graphite := dict "monitor-graphite-enabled" 1 "monitor-graphite-host" "127.0.0.1" "monitor-graphite-port" 9109 "monitor-graphite-client-id" "rstudio" -}}
{{- range $key, $value := $graphite -}}
{{- if not (hasKey $rserver $key) -}}{{- $_ := set $rserver $key $value -}}{{- end -}}
{{- end -}}
{{- else -}}
{{- if hasKey $rserver "monitor-graphite-enabled" -}}{{- $_ := set $rserver "monitor-graphite-enabled" "0" -}}{{- end -}}
{{- range $key, $value := dict "metrics-enabled" 1 "metrics-port" $prometheus.port -}}
{{- if not (index $rserver $key) -}}{{- $_ := set $rserver $key $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The values of config.profiles, with the image of sessions and their volumes below; nothing when the server's own file takes their place. */}}
{{- define "carrel.profilesFiles" -}}
{{- $files := dict -}}
{{- $name := "launcher.kubernetes.profiles.conf" -}}
{{- if not (hasKey (.Values.config.server | default dict) $name) -}}
{{- $image := include "carrel.sessionImage" . -}}
{{- $everybody := dict "default-container-image" $image "container-images" (list $image) "allow-unknown-images" 1 -}}
{{- $files = dict $name (dict "*" $everybody) -}}
{{- include "carrel.merge" (dict "below" $files "over" (deepCopy (.Values.config.profiles | default dict))) -}}
{{- $overrides := include "carrel.sessionOverrides" . | fromJsonArray -}}
{{- $file := index $files $name -}}
{{- if and $overrides (kindIs "map" $file) -}}
{{- $section := index $file "*" -}}
{{- if kindIs "map" $section -}}
{{- $own := index $section "job-json-overrides" -}}
{{- if or (not $own) (kindIs "slice" $own) -}}
{{- $_ := set $section "job-json-overrides" (concat $overrides ($own | default list)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/* The values of config.serverDcf, with the volume of the homes among the mounts unless something is mounted there already. */}}
{{- define "carrel.dcfFiles" -}}
{{- $files := deepCopy (.Values.config.serverDcf | default dict) -}}
{{- $home := .Values.homeStorage -}}
{{- if not (hasKey $files "launcher-mounts") -}}{{- $_ := set $files "launcher-mounts" list -}}{{- end -}}
{{- if and (or $home.create $home.mount) .Values.session.defaultHomeMount -}}
{{- $claim := include "carrel.homeClaim" . -}}
{{- $path := toString $home.path -}}
{{- $entry := dict "MountType" "KubernetesPersistentVolumeClaim" "MountPath" $home.path "ClaimName" $claim -}}
{{- with $home.subPath -}}{{- $_ := set $entry "SubPath" . -}}{{- end -}}
{{- $mounts := index $files "launcher-mounts" -}}
{{- if or (kindIs "slice" $mounts) (kindIs "map" $mounts) -}}
{{- $taken := false -}}
{{- range $mounts -}}
{{- if kindIs "map" . -}}
{{- $there := toString (index . "MountPath" | default "") -}}
{{- $near := and (hasPrefix "/" $there) (or (hasPrefix $there $path) (hasPrefix $path $there)) -}}
{{- if or $near (eq (toString (index . "ClaimName")) $claim) -}}{{- $taken = true -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $taken -}}
{{- if kindIs "slice" $mounts -}}
{{- $_ := set $files "launcher-mounts" (append $mounts $entry) -}}
{{- else -}}
{{- $_ := set $mounts "launcher-mounts" $entry -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/* What is mounted at /mnt/secret-configmap/rstudio of the values themselves: no key that is made by chance. */}}
{{- define "carrel.files.secret" -}}
{{- $files := dict -}}
{{- range $name, $file := .Values.config.secret -}}
{{- if $file -}}{{- $_ := set $files $name (include "carrel.ini" $file) -}}{{- end -}}
{{- end -}}
{{- with .Values.config.database.conf.value -}}
{{- if not (hasKey $files "database.conf") -}}{{- $_ := set $files "database.conf" (include "carrel.ini" .) -}}{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/*
A ConfigMap of a dict of root, name, namespace and data. The data stand first: helm cuts empty lines off the end of a document,
and here they belong to a file.
*/}}
{{- define "carrel.configMap" -}}
apiVersion: v1
kind: ConfigMap
data:
  {{- toYaml .data | nindent 2 }}
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "carrel.labels" .root | nindent 4 }}
{{- end -}}
