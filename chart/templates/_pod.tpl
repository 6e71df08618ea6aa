{{/* Environment, volumes and mounts of the server's pod. */}}

{{- define "carrel.env" -}}
- name: XDG_CONFIG_DIRS
  value: {{ prepend .Values.xdgConfigDirsExtra .Values.xdgConfigDirs | join ":" | quote }}
- name: CARREL_LISTEN
  value: {{ printf "0.0.0.0:%s" (include "carrel.wwwPort" .) | quote }}
- name: CARREL_DATA_DIR
  value: {{ include "carrel.dataDir" . | quote }}
- name: HOME
  value: /tmp
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- with include "carrel.publicUrl" . }}
- name: CARREL_PUBLIC_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.trustedProxies }}
- name: CARREL_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .Values.launcher.enabled }}
- name: RSW_LAUNCHER
  value: "true"
- name: RSTUDIO_LAUNCHER_NAMESPACE
  value: {{ include "carrel.launcherNamespace" . | quote }}
{{- if not .Values.launcher.kubernetesHealthCheck.enabled }}
- name: RSTUDIO_LAUNCHER_STARTUP_HEALTH_CHECK
  value: disabled
{{- end }}
{{- end }}
{{- include "carrel.env.testUser" . }}
{{- include "carrel.env.license" . }}
{{- if or .Values.loadBalancer.forceEnabled (gt (int .Values.replicas) 1) }}
- name: RSW_LOAD_BALANCING
  value: "true"
{{- end }}
{{- if .Values.diagnostics.enabled }}
- name: DIAGNOSTIC_DIR
  value: {{ .Values.diagnostics.directory | quote }}
- name: DIAGNOSTIC_ONLY
  value: "true"
- name: DIAGNOSTIC_ENABLE
  value: "true"
{{- end }}
{{- with .Values.pod.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The password comes out of a Secret: no pod spec shows it. */}}
{{- define "carrel.env.testUser" }}
{{- if .Values.userCreate }}
- name: RSW_TESTUSER
  value: {{ .Values.userName | quote }}
- name: RSW_TESTUSER_UID
  value: {{ toString .Values.userUid | quote }}
- name: RSW_TESTUSER_PASSWD
  valueFrom:
    secretKeyRef:
      name: {{ include "carrel.existingSecret" .Values.userPassword | default (printf "%s-test-user" (include "carrel.fullname" .)) }}
      key: password
{{- else }}
- name: RSW_TESTUSER
  value: ""
{{- end }}
{{- end -}}

{{- define "carrel.env.license" }}
{{- with .Values.license.key }}
- name: RSW_LICENSE
  valueFrom:
    secretKeyRef:
      name: {{ include "carrel.fullname" $ }}-license
      key: rstudio-workbench
{{- end }}
{{- with .Values.license.server }}
- name: RSW_LICENSE_SERVER
  value: {{ . | quote }}
{{- end }}
{{- if include "carrel.licenseFileSecret" . }}
- name: RSW_LICENSE_FILE_PATH
  value: {{ include "carrel.licenseFilePath" . | quote }}
{{- end }}
{{- end -}}

{{- define "carrel.licenseFileSecret" -}}
{{- with .Values.license.file -}}
{{- if .secret -}}{{- .secret -}}{{- else if .contents -}}{{- include "carrel.fullname" $ }}-license-file{{- end -}}
{{- end -}}
{{- end -}}

{{- define "carrel.licenseFilePath" -}}
{{- with .Values.license.file -}}
{{- $path := trimSuffix "/" .mountPath -}}
{{- if hasSuffix (printf "/%s" .secretKey) $path -}}{{- $path -}}{{- else -}}{{- printf "%s/%s" $path .secretKey -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "carrel.volumeMounts" -}}
- name: data
  mountPath: {{ ternary .Values.sharedStorage.path "/var/lib/carrel" (eq (include "carrel.dataOnStorage" .) "yes") }}
  {{- if include "carrel.dataOnStorage" . }}
  {{- with .Values.sharedStorage.subPath }}
  subPath: {{ . }}
  {{- end }}
  {{- end }}
{{- if and (not (include "carrel.dataOnStorage" .)) (or .Values.sharedStorage.create .Values.sharedStorage.mount) }}
- name: rstudio-shared-storage
  mountPath: {{ .Values.sharedStorage.path }}
  {{- with .Values.sharedStorage.subPath }}
  subPath: {{ . }}
  {{- end }}
{{- end }}
- name: tmp
  mountPath: /tmp
- name: rstudio-config
  mountPath: /mnt/configmap/rstudio/
- name: rstudio-session-config
  mountPath: /mnt/session-configmap/rstudio/
{{- if index (.Values.config.session | default dict) "pip.conf" }}
- name: rstudio-session-config
  mountPath: /etc/pip.conf
  subPath: pip.conf
{{- end }}
- name: rstudio-secret
  mountPath: /mnt/secret-configmap/rstudio/
{{- if and .Values.config.sessionSecret .Values.session.defaultConfigMount }}
- name: rstudio-session-secret
  mountPath: {{ .Values.session.defaultSecretMountPath }}
{{- end }}
{{- if .Values.launcher.enabled }}
{{- range include "carrel.templateNames" . | fromJsonArray }}
- name: rstudio-templates
  mountPath: /var/lib/rstudio-launcher/Kubernetes/{{ . }}
  subPath: {{ . }}
{{- end }}
{{- if .Values.jobJsonOverridesFiles }}
- name: rstudio-overrides-old
  mountPath: /mnt/job-json-overrides
{{- end }}
{{- if include "carrel.overrides" . | fromJson }}
- name: rstudio-overrides-new
  mountPath: /mnt/job-json-overrides-new
{{- end }}
{{- end }}
{{- if .Values.config.startupCustom }}
- name: rstudio-start-custom
  mountPath: /startup/custom
{{- end }}
{{- if .Values.config.startupUserProvisioning }}
- name: rstudio-start-user
  mountPath: /startup/user-provisioning
{{- end }}
{{- range $name, $file := .Values.config.pam }}
- name: rstudio-pam
  mountPath: /etc/pam.d/{{ $name }}
  subPath: {{ $name }}
{{- end }}
{{- if include "carrel.licenseFileSecret" . }}
- name: license-file
  {{- if .Values.license.file.mountSubPath }}
  mountPath: {{ include "carrel.licenseFilePath" . }}
  subPath: {{ .Values.license.file.secretKey }}
  {{- else }}
  mountPath: {{ .Values.license.file.mountPath }}
  {{- end }}
  readOnly: true
{{- end }}
{{- with .Values.pod.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "carrel.volumes" -}}
{{- $fullname := include "carrel.fullname" . -}}
{{- $modes := .Values.config.defaultMode -}}
{{- $onStorage := include "carrel.dataOnStorage" . -}}
{{- $shared := or .Values.sharedStorage.create .Values.sharedStorage.mount -}}
{{- if not $onStorage -}}
- name: data
  emptyDir: {}
{{- end }}
{{- if $shared }}
- name: {{ ternary "data" "rstudio-shared-storage" (eq $onStorage "yes") }}
  persistentVolumeClaim:
    claimName: {{ include "carrel.sharedClaim" . }}
{{- end }}
- name: tmp
  emptyDir: {}
- name: rstudio-config
  configMap:
    name: {{ $fullname }}-config
    defaultMode: {{ int $modes.server }}
- name: rstudio-session-config
  configMap:
    name: {{ $fullname }}-session
    defaultMode: {{ int $modes.session }}
- name: rstudio-secret
  projected:
    defaultMode: {{ int $modes.secret }}
    sources:
      {{- include "carrel.secretSources" . | nindent 6 }}
{{- if and .Values.config.sessionSecret .Values.session.defaultConfigMount }}
- name: rstudio-session-secret
  secret:
    secretName: {{ $fullname }}-session-secret
    defaultMode: {{ int $modes.sessionSecret }}
{{- end }}
{{- if .Values.launcher.enabled }}
{{- if include "carrel.templateNames" . | fromJsonArray }}
- name: rstudio-templates
  configMap:
    name: {{ $fullname }}-templates
    defaultMode: {{ int $modes.server }}
{{- end }}
{{- if .Values.jobJsonOverridesFiles }}
- name: rstudio-overrides-old
  configMap:
    name: {{ $fullname }}-overrides-old
    defaultMode: {{ int $modes.jobJsonOverrides }}
{{- end }}
{{- if include "carrel.overrides" . | fromJson }}
- name: rstudio-overrides-new
  configMap:
    name: {{ $fullname }}-overrides-new
    defaultMode: {{ int $modes.jobJsonOverrides }}
{{- end }}
{{- end }}
{{- if .Values.config.startupCustom }}
- name: rstudio-start-custom
  configMap:
    name: {{ $fullname }}-start-custom
    defaultMode: {{ int $modes.startup }}
{{- end }}
{{- if .Values.config.startupUserProvisioning }}
- name: rstudio-start-user
  configMap:
    name: {{ $fullname }}-start-user
    defaultMode: {{ int $modes.startup }}
{{- end }}
{{- if .Values.config.pam }}
- name: rstudio-pam
  configMap:
    name: {{ $fullname }}-pam
    defaultMode: {{ int $modes.pam }}
{{- end }}
{{- with include "carrel.licenseFileSecret" . }}
- name: license-file
  secret:
    secretName: {{ . }}
{{- end }}
{{- if and .Values.prometheus.enabled .Values.prometheus.legacy .Values.prometheusExporter.enabled .Values.prometheusExporter.mappingYaml }}
- name: graphite-exporter-config
  configMap:
    name: {{ $fullname }}-graphite
{{- end }}
{{- with .Values.pod.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Everything below /mnt/secret-configmap/rstudio: the chart's own Secret, and those of others. */}}
{{- define "carrel.secretSources" -}}
{{- $names := concat (include "carrel.files.secret" . | fromJson | keys | sortAlpha) (include "carrel.keyNames" . | fromJsonArray) -}}
{{- if $names }}
- secret:
    name: {{ include "carrel.fullname" . }}-secret
    items:
      {{- range $names }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- end }}
{{- with .Values.config.database.conf.existingSecret }}
- secret:
    name: {{ . }}
    items:
      - key: database.conf
        path: database.conf
{{- end }}
{{- with include "carrel.existingSecret" .Values.launcherPem }}
- secret:
    name: {{ . }}
    items:
      - key: launcher.pem
        path: launcher.pem
{{- end }}
{{- with include "carrel.cookieKeySecret" . }}
- secret:
    name: {{ . }}
    items:
      - key: secure-cookie-key
        path: secure-cookie-key
{{- end }}
{{- range .Values.config.existingSecrets }}
- secret:
    name: {{ .name }}
    {{- with .items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- end -}}

{{/* The files below the launcher's scratch folder: a JSON list. */}}
{{- define "carrel.templateNames" -}}
{{- $names := list -}}
{{- if .Values.launcher.useTemplates -}}
{{- if .Values.launcher.includeTemplateValues -}}{{- $names = append $names "rstudio-library-templates-data.tpl" -}}{{- end -}}
{{- range $name, $text := .Values.launcher.extraTemplates -}}{{- $names = append $names $name -}}{{- end -}}
{{- end -}}
{{- toJson (uniq $names) -}}
{{- end -}}
