{{/*
Keys and passwords: a value is a text (until chart 0.9 of the original) or a map of existingSecret and value.
*/}}

{{- define "carrel.secretValue" -}}
{{- if kindIs "map" . -}}{{- toString (.value | default "") -}}{{- else if . -}}{{- toString . -}}{{- end -}}
{{- end -}}

{{- define "carrel.existingSecret" -}}
{{- if kindIs "map" . -}}{{- toString (.existingSecret | default "") -}}{{- end -}}
{{- end -}}

{{/* The Secret of others that holds the cookie key; that of all charts of an installation goes first. */}}
{{- define "carrel.cookieKeySecret" -}}
{{- $global := (.Values.global | default dict).secureCookieKey -}}
{{- if include "carrel.existingSecret" $global -}}
{{- include "carrel.existingSecret" $global -}}
{{- else if not (include "carrel.secretValue" $global) -}}
{{- include "carrel.existingSecret" .Values.secureCookieKey -}}
{{- end -}}
{{- end -}}

{{- define "carrel.cookieKeyValue" -}}
{{- if not (include "carrel.cookieKeySecret" .) -}}
{{- $global := (.Values.global | default dict).secureCookieKey -}}
{{- include "carrel.secretValue" $global | default (include "carrel.secretValue" .Values.secureCookieKey) -}}
{{- end -}}
{{- end -}}

{{/* What an earlier release wrote into its Secret under this key, unless new keys are asked for. */}}
{{- define "carrel.kept" -}}
{{- if not .root.Values.dangerRegenerateAutomatedValues -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace (printf "%s-secret" (include "carrel.fullname" .root)) -}}
{{- with ($secret | default dict).data -}}
{{- with index . $.key -}}{{- b64dec . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The keys of the Secret that stand besides the files of the values, as JSON. Without a value they are kept, or made by chance:
nothing that rolls pods may depend on them.
*/}}
{{- define "carrel.keys" -}}
{{- $keys := dict -}}
{{- if not (include "carrel.existingSecret" .Values.launcherPem) -}}
{{- $pem := include "carrel.secretValue" .Values.launcherPem -}}
{{- if and (not $pem) (not .Values.sealedSecret.enabled) -}}
{{- $pem = include "carrel.kept" (dict "root" . "key" "launcher.pem") | default (genPrivateKey "rsa") -}}
{{- end -}}
{{- if $pem -}}{{- $_ := set $keys "launcher.pem" $pem -}}{{- end -}}
{{- end -}}
{{- with .Values.launcherPub -}}{{- $_ := set $keys "launcher.pub" (toString .) -}}{{- end -}}
{{- if not (include "carrel.cookieKeySecret" .) -}}
{{- $key := include "carrel.cookieKeyValue" . -}}
{{- if and (not $key) (not .Values.sealedSecret.enabled) -}}
{{- $key = include "carrel.kept" (dict "root" . "key" "secure-cookie-key") | default uuidv4 -}}
{{- end -}}
{{- if $key -}}{{- $_ := set $keys "secure-cookie-key" $key -}}{{- end -}}
{{- end -}}
{{- toJson $keys -}}
{{- end -}}

{{/* Which keys there are: a function of the values alone. */}}
{{- define "carrel.keyNames" -}}
{{- $names := list -}}
{{- $made := not .Values.sealedSecret.enabled -}}
{{- if and (not (include "carrel.existingSecret" .Values.launcherPem)) (or $made (include "carrel.secretValue" .Values.launcherPem)) -}}
{{- $names = append $names "launcher.pem" -}}
{{- end -}}
{{- if .Values.launcherPub -}}{{- $names = append $names "launcher.pub" -}}{{- end -}}
{{- if and (not (include "carrel.cookieKeySecret" .)) (or $made (include "carrel.cookieKeyValue" .)) -}}
{{- $names = append $names "secure-cookie-key" -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/*
A Secret of the chart's own, or a SealedSecret whose values somebody has encrypted: of a dict of root, name, namespace and
data (name to text).
*/}}
{{- define "carrel.secret" -}}
{{- $sealed := .root.Values.sealedSecret.enabled -}}
{{- if $sealed }}
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
{{- else }}
apiVersion: v1
kind: Secret
{{- end }}
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "carrel.labels" .root | nindent 4 }}
  {{- if $sealed }}
  {{- with .root.Values.sealedSecret.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  encryptedData:
    {{- range $key, $text := .data }}
    {{ $key }}: {{ trimSuffix "\n" $text | quote }}
    {{- end }}
  template:
    metadata:
      name: {{ .name }}
      namespace: {{ .namespace }}
      labels:
        {{- include "carrel.labels" .root | nindent 8 }}
  {{- else }}
type: Opaque
data:
  {{- range $key, $text := .data }}
  {{ $key }}: {{ b64enc $text }}
  {{- end }}
  {{- end }}
{{- end -}}
