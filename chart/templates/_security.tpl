{{/*
Nothing in this pod is root, whatever pod.runAsRoot says. What values ask for beyond that is left out here, and NOTES.txt says
so.
*/}}

{{- define "carrel.podSecurityContext" -}}
{{- $id := int64 (.Values.pod.serviceAccountUserId | default 999) -}}
{{- $context := dict "runAsNonRoot" true "runAsUser" $id "runAsGroup" $id "fsGroup" $id "fsGroupChangePolicy" "OnRootMismatch" "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- range $key, $value := .Values.pod.securityContext -}}
{{- if not (include "carrel.asksForRoot" (dict "key" $key "value" $value)) -}}{{- $_ := set $context $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- define "carrel.containerSecurityContext" -}}
{{- $context := dict "runAsNonRoot" true "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- range $key, $value := .Values.securityContext -}}
{{- if not (include "carrel.asksForRoot" (dict "key" $key "value" $value)) -}}{{- $_ := set $context $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- define "carrel.asksForRoot" -}}
{{- if has .key (list "privileged" "capabilities" "allowPrivilegeEscalation" "procMount") -}}yes
{{- else if eq .key "runAsNonRoot" -}}{{- if not .value -}}yes{{- end -}}
{{- else if has .key (list "runAsUser") -}}{{- if eq (int64 .value) 0 -}}yes{{- end -}}
{{- else if eq .key "seccompProfile" -}}{{- if eq (toString (index .value "type")) "Unconfined" -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* What was left out, as a sentence for people. */}}
{{- define "carrel.leftOut" -}}
{{- $names := list -}}
{{- range $key, $value := .Values.pod.securityContext -}}
{{- if include "carrel.asksForRoot" (dict "key" $key "value" $value) -}}{{- $names = append $names (printf "pod.securityContext.%s" $key) -}}{{- end -}}
{{- end -}}
{{- range $key, $value := .Values.securityContext -}}
{{- if include "carrel.asksForRoot" (dict "key" $key "value" $value) -}}{{- $names = append $names (printf "securityContext.%s" $key) -}}{{- end -}}
{{- end -}}
{{- join ", " $names -}}
{{- end -}}
