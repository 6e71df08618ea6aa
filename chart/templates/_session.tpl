{{/* What sessions mount of the configuration: a JSON object of volumes and volumeMounts. */}}
{{- define "carrel.sessionVolumes" -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- if .Values.session.defaultConfigMount -}}
{{- $fullname := include "carrel.fullname" . -}}
{{- $modes := .Values.config.defaultMode -}}
{{- $configMap := dict "name" (printf "%s-session" $fullname) "defaultMode" (int $modes.session) -}}
{{- $volumes = append $volumes (dict "name" "session-config" "configMap" $configMap) -}}
{{- $mounts = append $mounts (dict "name" "session-config" "mountPath" "/mnt/session-configmap/rstudio") -}}
{{- if index (.Values.config.session | default dict) "pip.conf" -}}
{{- $mounts = append $mounts (dict "name" "session-config" "mountPath" "/etc/pip.conf" "subPath" "pip.conf") -}}
{{- end -}}
{{- if .Values.config.sessionSecret -}}
{{- $secret := dict "secretName" (printf "%s-session-secret" $fullname) "defaultMode" (int $modes.sessionSecret) -}}
{{- $volumes = append $volumes (dict "name" "session-secret" "secret" $secret) -}}
{{- $mounts = append $mounts (dict "name" "session-secret" "mountPath" .Values.session.defaultSecretMountPath) -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "volumes" $volumes "volumeMounts" $mounts) -}}
{{- end -}}

{{/* The same as job-json-overrides, for those who have turned the templates off: a JSON list. */}}
{{- define "carrel.sessionOverrides" -}}
{{- $overrides := list -}}
{{- if not .Values.launcher.useTemplates -}}
{{- $words := dict "session-config" "Session" "session-secret" "SessionSecret" -}}
{{- $all := include "carrel.sessionVolumes" . | fromJson -}}
{{- range $all.volumes -}}
{{- $name := printf "default%sVolume" (index $words .name) -}}
{{- $overrides = append $overrides (dict "name" $name "target" "/spec/template/spec/volumes/-" "json" .) -}}
{{- end -}}
{{- range $all.volumeMounts -}}
{{- $name := printf "default%sVolumeMount" (ternary "PipConf" (index $words .name) (hasKey . "subPath")) -}}
{{- $overrides = append $overrides (dict "name" $name "target" "/spec/template/spec/containers/0/volumeMounts/-" "json" .) -}}
{{- end -}}
{{- end -}}
{{- toJson $overrides -}}
{{- end -}}

{{/* launcher.templateValues with the volumes of the configuration, as one line of JSON. */}}
{{- define "carrel.templateValues" -}}
{{- $values := deepCopy (.Values.launcher.templateValues | default dict) -}}
{{- $ours := include "carrel.sessionVolumes" . | fromJson -}}
{{- $pod := $values.pod | default dict -}}
{{- range $key := list "volumes" "volumeMounts" -}}
{{- $_ := set $pod $key (concat (index $pod $key | default list) (index $ours $key)) -}}
{{- end -}}
{{- $_ := set $values "pod" $pod -}}
{{- toRawJson $values -}}
{{- end -}}

{{/* The files of `job-json-overrides`, by name: a map, as JSON. */}}
{{- define "carrel.overrides" -}}
{{- $files := dict -}}
{{- if not .Values.launcher.useTemplates -}}
{{- range $file := include "carrel.profilesFiles" . | fromJson -}}
{{- if kindIs "map" $file -}}
{{- range $section := $file -}}
{{- if kindIs "map" $section -}}
{{- range index $section "job-json-overrides" -}}
{{- if and (kindIs "map" .) (hasKey . "json") -}}
{{- $_ := set $files (printf "%s.json" (toString .name | nospace)) (printf "%s\n" (toPrettyJson .json)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}
