{{/* Names, labels and images. */}}

{{- define "carrel.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "carrel.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What a Deployment is selected by cannot be changed later: these two, and no more. */}}
{{- define "carrel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "carrel.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "carrel.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "carrel.selectorLabels" . }}
app.kubernetes.io/version: {{ include "carrel.version" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: carrel
{{- end -}}

{{- define "carrel.version" -}}
{{- .Values.versionOverride | default .Chart.AppVersion -}}
{{- end -}}

{{- define "carrel.imageTag" -}}
{{- if .Values.image.tag -}}
{{- .Values.image.tag -}}
{{- else if .Values.image.os -}}
{{- printf "%s-%s" (include "carrel.version" .) .Values.image.os -}}
{{- else -}}
{{- include "carrel.version" . -}}
{{- end -}}
{{- end -}}

{{- define "carrel.image" -}}
{{- printf "%s:%s" .Values.image.repository (include "carrel.imageTag" .) -}}
{{- end -}}

{{/* The image that sessions have unless the profiles say otherwise. */}}
{{- define "carrel.sessionImage" -}}
{{- $image := .Values.session.image -}}
{{- $parts := list -}}
{{- with $image.rVersion -}}{{- $parts = append $parts (printf "R%v" .) -}}{{- end -}}
{{- with $image.pythonVersion -}}{{- $parts = append $parts (printf "python%v" .) -}}{{- end -}}
{{- with $image.os -}}{{- $parts = append $parts (toString .) -}}{{- end -}}
{{- printf "%s:%s" $image.repository ($image.tag | default (join "-" $parts) | default (include "carrel.version" .) | toString) -}}
{{- end -}}

{{/* Where sessions run. */}}
{{- define "carrel.launcherNamespace" -}}
{{- .Values.launcher.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "carrel.roleName" -}}
{{- .Values.rbac.serviceAccount.name | default (include "carrel.fullname" .) -}}
{{- end -}}

{{/* Whose rights the server has: the account that is made or named here, or that of the namespace. */}}
{{- define "carrel.serviceAccountName" -}}
{{- if .Values.rbac.serviceAccount.name -}}
{{- .Values.rbac.serviceAccount.name -}}
{{- else if and .Values.rbac.create .Values.rbac.serviceAccount.create -}}
{{- include "carrel.fullname" . -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{- define "carrel.homeClaim" -}}
{{- .Values.homeStorage.name | default (printf "%s-home-storage" (include "carrel.fullname" .)) -}}
{{- end -}}

{{- define "carrel.sharedClaim" -}}
{{- .Values.sharedStorage.name | default (printf "%s-shared-storage" (include "carrel.fullname" .)) -}}
{{- end -}}

{{/* The label that each session's pod carries, and nothing else. */}}
{{- define "carrel.sessionLabel" -}}
carrel.dev/session
{{- end -}}
