{{/* What the chart does not render with, and what to write instead. The schema says what it can; this says the rest. */}}
{{- define "carrel.refuse" -}}
{{- if hasKey .Values.image "tagPrefix" -}}
{{- fail "image.tagPrefix was taken out of the chart: write image.os, or the whole of image.tag" -}}
{{- end -}}
{{- if hasKey .Values.session.image "tagPrefix" -}}
{{- fail "session.image.tagPrefix was taken out of the chart: write session.image.os, .rVersion and .pythonVersion, or the whole of session.image.tag" -}}
{{- end -}}
{{- if hasKey .Values "serviceAccountName" -}}
{{- fail "serviceAccountName was taken out of the chart: write rbac.serviceAccount.name" -}}
{{- end -}}
{{- if and .Values.affinity .Values.pod.affinity -}}
{{- fail "affinity and pod.affinity are the same field of the pod: set one of them" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not (include "carrel.databaseIsPostgres" .)) -}}
{{- fail (printf "replicas: %d needs PostgreSQL, since a SQLite file belongs to one server: set provider: postgresql with its address in config.secret.database\\.conf, or config.database.conf.existingSecret; or set replicas: 1" (int .Values.replicas)) -}}
{{- end -}}
{{- include "carrel.refuse.database" . -}}
{{- include "carrel.refuse.provisioning" . -}}
{{- include "carrel.refuse.overrides" . -}}
{{- if and .Values.sealedSecret.enabled (not (include "carrel.cookieKeySecret" .)) (not (include "carrel.cookieKeyValue" .)) -}}
{{- fail "sealedSecret.enabled makes no keys of its own, and servers prove themselves to sessions by the cookie key: set secureCookieKey.value to an encrypted key, or secureCookieKey.existingSecret" -}}
{{- end -}}
{{- if and .Values.userCreate (not (include "carrel.existingSecret" .Values.userPassword)) (not (include "carrel.secretValue" .Values.userPassword)) -}}
{{- fail "userCreate needs a password: set userPassword.value, or userPassword.existingSecret to a Secret with the key password" -}}
{{- end -}}
{{- end -}}

{{- define "carrel.refuse.database" -}}
{{- $database := .Values.config.database.conf -}}
{{- $places := list -}}
{{- with index (.Values.config.secret | default dict) "database.conf" -}}{{- $places = append $places "config.secret.database\\.conf" -}}{{- end -}}
{{- with $database.existingSecret -}}{{- $places = append $places "config.database.conf.existingSecret" -}}{{- end -}}
{{- range .Values.config.existingSecrets -}}
{{- range .items -}}{{- if eq (toString .path) "database.conf" -}}{{- $places = append $places "config.existingSecrets" -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if and $database.value $database.existingSecret -}}{{- $places = append $places "config.database.conf.value" -}}{{- end -}}
{{- if gt (len $places) 1 -}}
{{- fail (printf "the file database.conf comes from several places: keep one of %s" (join ", " $places)) -}}
{{- end -}}
{{- end -}}

{{/* Signing in by sssd or PAM needs a container that is not there yet: better nothing is changed than nobody can sign in. */}}
{{- define "carrel.refuse.provisioning" -}}
{{- if and .Values.config.sssd.enabled (include "carrel.sssdFiles" . | fromJson) -}}
{{- fail "config.sssd.conf (or config.userProvisioning) asks for sssd, which this version does not run: people of LDAP could not sign in. Add people by `carrel user add` or userCreate; or set config.sssd.enabled: false to go on without them" -}}
{{- end -}}
{{- end -}}

{{/* The files of sssd, from where they are now or were before: a map, as JSON. */}}
{{- define "carrel.sssdFiles" -}}
{{- include "carrel.files.ini" (.Values.config.sssd.conf | default .Values.config.userProvisioning | default dict) -}}
{{- end -}}

{{- define "carrel.refuse.overrides" -}}
{{- range $name, $file := .Values.config.profiles -}}
{{- if kindIs "slice" $file -}}
{{- fail (printf "config.profiles.%s is a list: write a map of sections, as \"*\": {…}" (replace "." "\\." $name)) -}}
{{- end -}}
{{- if kindIs "map" $file -}}
{{- range $section, $keys := $file -}}
{{- if kindIs "map" $keys -}}
{{- $path := printf "config.profiles.%s.%s.job-json-overrides" (replace "." "\\." $name) $section -}}
{{- with index $keys "job-json-overrides" -}}
{{- if $.Values.launcher.useTemplates -}}
{{- fail (printf "%s does not go together with launcher.useTemplates: set launcher.useTemplates: false, or say it in launcher.templateValues" $path) -}}
{{- end -}}
{{- if kindIs "slice" . -}}
{{- range . -}}
{{- if not (and (kindIs "map" .) (or (hasKey . "file") (and (hasKey . "name") (hasKey . "json"))) (hasKey . "target")) -}}
{{- fail (printf "%s: each item needs name, target and json (or target and file); found %s" $path (toJson .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
