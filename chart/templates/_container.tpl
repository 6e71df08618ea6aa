{{/*
Pods roll when one of these changes, so they are made of the values alone: never of keys that were made by chance, or of what
lookup finds.
*/}}
{{- define "carrel.podAnnotations" -}}
checksum/config-general: {{ printf "%s%s%s" (include "carrel.files.server" .) (include "carrel.templateFiles" .) (toJson (list .Values.jobJsonOverridesFiles (include "carrel.overrides" .) .Values.config.startupCustom .Values.config.startupUserProvisioning .Values.config.pam)) | sha256sum }}
checksum/config-secret: {{ printf "%s%s" (include "carrel.files.secret" .) (toJson (list .Values.launcherPem .Values.launcherPub .Values.secureCookieKey (.Values.global | default dict).secureCookieKey (ternary .Values.userPassword "" (eq true .Values.userCreate)) .Values.license)) | sha256sum }}
checksum/config-session: {{ printf "%s%s" (include "carrel.files.ini" (.Values.config.session | default dict)) (include "carrel.files.ini" (.Values.config.sessionSecret | default dict)) | sha256sum }}
{{- if and .Values.prometheus.enabled .Values.prometheus.legacy }}
checksum/config-graphite: {{ toJson .Values.prometheusExporter.mappingYaml | sha256sum }}
{{- end }}
{{- if .Values.prometheus.enabled }}
prometheus.io/scrape: "true"
prometheus.io/path: "/metrics"
prometheus.io/port: {{ include "carrel.metricsPort" . | quote }}
{{- end }}
{{- range $key, $value := .Values.pod.annotations }}
{{ $key }}: {{ toString $value | quote }}
{{- end }}
{{- end -}}

{{- define "carrel.metricsPort" -}}
{{- if .Values.prometheus.legacy -}}9108{{- else -}}{{ .Values.prometheus.port }}{{- end -}}
{{- end -}}

{{- define "carrel.container" -}}
- name: rstudio
  image: {{ include "carrel.image" . | quote }}
  imagePullPolicy: {{ .Values.image.imagePullPolicy }}
  # So `kubectl describe` says why it ended.
  terminationMessagePolicy: FallbackToLogsOnError
  {{- with .Values.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "carrel.env" . | nindent 4 }}
  ports:
    - name: http
      containerPort: {{ .Values.pod.port }}
    {{- if and .Values.prometheus.enabled (not .Values.prometheus.legacy) }}
    - name: metrics
      containerPort: {{ .Values.prometheus.port }}
    {{- end }}
  securityContext:
    {{- include "carrel.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    {{- include "carrel.volumeMounts" . | nindent 4 }}
  lifecycle:
    {{- include "carrel.lifecycle" . | nindent 4 }}
  {{- if not .Values.diagnostics.enabled }}
  {{- range $name := list "livenessProbe" "startupProbe" "readinessProbe" }}
  {{- $probe := index $.Values $name | default dict }}
  {{- if $probe.enabled }}
  {{- $probe = deepCopy (omit $probe "enabled") }}
  {{- if and $probe.httpGet (include "carrel.https" $) }}
  {{- $_ := set $probe "httpGet" (merge $probe.httpGet (dict "scheme" "HTTPS")) }}
  {{- end }}
  {{ $name }}:
    {{- toYaml $probe | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- end }}
  {{- with include "carrel.resources" . | fromYaml }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/*
A pod that is to end goes on answering until load balancers have heard of it: only then is the server told to stop.
*/}}
{{- define "carrel.lifecycle" -}}
{{- $lifecycle := deepCopy (.Values.pod.lifecycle | default dict) -}}
{{- if not (hasKey $lifecycle "preStop") -}}
{{- $sleep := ternary (dict "sleep" (dict "seconds" 5)) (dict "exec" (dict "command" (list "sleep" "5"))) (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $_ := set $lifecycle "preStop" $sleep -}}
{{- end -}}
{{- toYaml $lifecycle -}}
{{- end -}}

{{- define "carrel.resources" -}}
{{- $resources := dict -}}
{{- range $kind := list "requests" "limits" -}}
{{- $asked := index $.Values.resources $kind -}}
{{- if $asked.enabled -}}
{{- $amounts := dict -}}
{{- range $key, $name := dict "memory" "memory" "cpu" "cpu" "ephemeralStorage" "ephemeral-storage" -}}
{{- with index $asked $key -}}{{- $_ := set $amounts $name (toString .) -}}{{- end -}}
{{- end -}}
{{- $_ := set $resources $kind $amounts -}}
{{- end -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* Turns the Graphite lines of the server into metrics for Prometheus, as the original did until chart 0.7. */}}
{{- define "carrel.exporter" -}}
{{- $exporter := .Values.prometheusExporter -}}
- name: exporter
  image: {{ printf "%s:%v" $exporter.image.repository $exporter.image.tag | quote }}
  imagePullPolicy: {{ $exporter.image.imagePullPolicy }}
  {{- if $exporter.mappingYaml }}
  args:
    - --graphite.mapping-config=/mnt/graphite/graphite-mapping.yaml
  {{- end }}
  ports:
    - name: metrics
      containerPort: 9108
  securityContext:
    {{- toYaml (merge (deepCopy $exporter.securityContext) (dict "runAsNonRoot" true "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")))) | nindent 4 }}
  {{- with $exporter.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $exporter.mappingYaml }}
  volumeMounts:
    - name: graphite-exporter-config
      mountPath: /mnt/graphite
  {{- end }}
{{- end -}}

{{/* The files of ConfigMap -templates: a map, as JSON. */}}
{{- define "carrel.templateFiles" -}}
{{- $files := dict -}}
{{- if and .Values.launcher.enabled .Values.launcher.useTemplates -}}
{{- if .Values.launcher.includeTemplateValues -}}
{{- $text := printf "{{- define \"rstudio-library.templates.data\" -}}%s{{ end }}\n" (include "carrel.templateValues" .) -}}
{{- $_ := set $files "rstudio-library-templates-data.tpl" $text -}}
{{- end -}}
{{- range $name, $text := .Values.launcher.extraTemplates -}}
{{- $_ := set $files $name (include "carrel.verbatim" (toString $text)) -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}
