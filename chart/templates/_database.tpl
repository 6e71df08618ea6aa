{{/* What is known of the database: a Secret of somebody else's is believed to name PostgreSQL. */}}
{{- define "carrel.databaseIsPostgres" -}}
{{- $database := .Values.config.database.conf -}}
{{- if $database.existingSecret -}}yes{{- end -}}
{{- range .Values.config.existingSecrets -}}
{{- range .items -}}{{- if eq (toString .path) "database.conf" -}}yes{{- end -}}{{- end -}}
{{- end -}}
{{- range .Values.pod.env -}}{{- if eq (toString .name) "CARREL_DATABASE" -}}yes{{- end -}}{{- end -}}
{{- $files := include "carrel.files.secret" . | fromJson -}}
{{- $server := index (.Values.config.server | default dict) "database.conf" -}}
{{- $text := index $files "database.conf" | default (include "carrel.ini" $server) -}}
{{- if or .Values.sealedSecret.enabled (regexMatch "(?m)^\\s*provider\\s*=\\s*\"?postgresql\"?\\s*$" $text) -}}
{{- if $text -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where the server keeps its data: SQLite belongs on the shared storage, and nothing else needs to outlive a pod. */}}
{{- define "carrel.dataOnStorage" -}}
{{- if and (not (include "carrel.databaseIsPostgres" .)) (or .Values.sharedStorage.create .Values.sharedStorage.mount) -}}yes{{- end -}}
{{- end -}}

{{- define "carrel.dataDir" -}}
{{- if include "carrel.dataOnStorage" . -}}
{{- printf "%s/carrel" (trimSuffix "/" .Values.sharedStorage.path) -}}
{{- else -}}
/var/lib/carrel/data
{{- end -}}
{{- end -}}

{{/* The port that rserver.conf names, written as a map or as a text. */}}
{{- define "carrel.wwwPort" -}}
{{- $rserver := index (.Values.config.server | default dict) "rserver.conf" -}}
{{- $port := "" -}}
{{- if kindIs "map" $rserver -}}
{{- $port = index $rserver "www-port" | default "" | toString -}}
{{- else if kindIs "string" $rserver -}}
{{- $port = regexFind "(?m)^www-port=[0-9]+" $rserver | trimPrefix "www-port=" -}}
{{- end -}}
{{- $port | default "8787" -}}
{{- end -}}

{{/* Whether the server itself speaks HTTPS, which probes have to know. */}}
{{- define "carrel.https" -}}
{{- $rserver := index (.Values.config.server | default dict) "rserver.conf" -}}
{{- $on := "" -}}
{{- if kindIs "map" $rserver -}}
{{- $on = index $rserver "ssl-enabled" | default "" | toString -}}
{{- else if kindIs "string" $rserver -}}
{{- $on = regexFind "(?m)^ssl-enabled=(1|true)" $rserver | trimPrefix "ssl-enabled=" -}}
{{- end -}}
{{- if has $on (list "1" "true") -}}true{{- end -}}
{{- end -}}

{{/* Where browsers find it, as far as the Ingress says so: one name, by HTTPS. */}}
{{- define "carrel.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{- .Values.publicUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.tls -}}
{{- $hosts := list -}}
{{- range .Values.ingress.hosts -}}{{- with .host -}}{{- if not (hasPrefix "*" .) -}}{{- $hosts = append $hosts . -}}{{- end -}}{{- end -}}{{- end -}}
{{- if eq (len (uniq $hosts)) 1 -}}{{- printf "https://%s" (first $hosts) -}}{{- end -}}
{{- end -}}
{{- end -}}
