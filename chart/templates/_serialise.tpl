{{/*
Values into the text of files, as the original's chart writes them. crates/carrel-config/src/chart/serialise.rs does the same
in Rust, and the tests compare both. Maps go by the bytes of their keys: that is how Go walks them.
*/}}

{{/* A text as it is, with an end to its last line. */}}
{{- define "carrel.verbatim" -}}
{{- if . -}}{{ trimSuffix "\n" . }}{{ "\n" }}{{- end -}}
{{- end -}}

{{/* `key=value`, sections for maps, repeated keys or sections for lists. */}}
{{- define "carrel.ini" -}}
{{- if kindIs "string" . -}}
{{- include "carrel.verbatim" . -}}
{{- else if kindIs "slice" . -}}
{{- range . -}}
{{- if kindIs "map" . -}}
{{- if and (gt (len .) 1) (not (include "carrel.holdsMaps" .)) -}}
{{- range $key, $value := . -}}{{ printf "%s=%v\n" $key $value }}{{- end -}}{{ "\n" }}
{{- else -}}
{{- include "carrel.iniEntries" . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "map" . -}}
{{- include "carrel.iniEntries" . -}}
{{- end -}}
{{- end -}}

{{- define "carrel.holdsMaps" -}}
{{- range . -}}{{- if kindIs "map" . -}}yes{{- end -}}{{- end -}}
{{- end -}}

{{- define "carrel.iniEntries" -}}
{{- range $key, $value := . -}}
{{- $several := list $value -}}
{{- if kindIs "slice" $value -}}{{- $several = $value -}}{{- end -}}
{{- range $several -}}
{{- if kindIs "map" . -}}
{{- include "carrel.section" (dict "name" $key "section" .) -}}
{{- else -}}
{{ printf "%s=%v\n" $key . }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "carrel.section" -}}
{{ printf "[%s]\n" .name }}
{{- range $key, $value := .section -}}{{ printf "%s=%v\n" $key $value }}{{- end -}}
{{ "\n" }}
{{- end -}}

{{/* Blocks of `Key: value`; a map within one makes lines of `NAME=value` below its key. */}}
{{- define "carrel.dcf" -}}
{{- if kindIs "string" . -}}
{{- include "carrel.verbatim" . -}}
{{- else if kindIs "slice" . -}}
{{- range . -}}{{- include "carrel.dcfBlock" . -}}{{- end -}}
{{- else if kindIs "map" . -}}
{{- range $key, $value := . -}}
{{- if kindIs "map" $value -}}
{{- include "carrel.dcfBlock" $value -}}
{{- else -}}
{{ printf "%s: %v\n" $key $value }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "carrel.dcfBlock" -}}
{{- if kindIs "map" . -}}
{{- range $key, $value := . -}}
{{- if kindIs "map" $value -}}
{{ printf "%s:\n" $key }}
{{- range $name, $inner := $value -}}{{ printf "    %s=%v\n" $name $inner }}{{- end -}}
{{- else -}}
{{ printf "%s: %v\n" $key $value }}
{{- end -}}
{{- end -}}
{{- end -}}
{{ "\n" }}
{{- end -}}

{{/*
Sections of users and groups: lists become words with commas between them, and what `[*]` overrides in pods goes before what
a section overrides itself.
*/}}
{{- define "carrel.profiles" -}}
{{- if kindIs "string" . -}}
{{- include "carrel.verbatim" . -}}
{{- else if kindIs "map" . -}}
{{- $everybody := list -}}
{{- with index . "*" -}}
{{- if and (kindIs "map" .) (kindIs "slice" (index . "job-json-overrides")) -}}
{{- $everybody = index . "job-json-overrides" -}}
{{- end -}}
{{- end -}}
{{- range $name, $section := . -}}
{{- $written := dict -}}
{{- if kindIs "map" $section -}}
{{- range $key, $value := $section -}}
{{- if kindIs "slice" $value -}}
{{- if and (eq $key "job-json-overrides") (ne $name "*") -}}{{- $value = concat $everybody $value -}}{{- end -}}
{{- $words := list -}}
{{- range $value -}}{{- $words = append $words (include "carrel.word" .) -}}{{- end -}}
{{- $value = join "," $words -}}
{{- end -}}
{{- $_ := set $written $key $value -}}
{{- end -}}
{{- end -}}
{{- include "carrel.section" (dict "name" $name "section" $written) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A word of a list: `"target":"file"` for an override. */}}
{{- define "carrel.word" -}}
{{- if kindIs "map" . -}}
{{- printf "\"%v\":\"%v\"" .target (.file | default (printf "/mnt/job-json-overrides-new/%s.json" (toString .name | nospace))) -}}
{{- else -}}
{{- printf "%v" . -}}
{{- end -}}
{{- end -}}

{{/* `# key` and its text: files of PAM. */}}
{{- define "carrel.txt" -}}
{{- if kindIs "map" . -}}
{{- range $key, $value := . -}}{{ printf "# %s\n" $key }}{{ include "carrel.verbatim" (toString $value) }}{{ "\n" }}{{- end -}}
{{- else -}}
{{- include "carrel.verbatim" (toString .) -}}
{{- end -}}
{{- end -}}

{{/*
Puts `over` above `below`, in place: maps key by key, everything else as a whole. (Sprig's mergeOverwrite takes 0, false and
the empty text for nothing, and would keep what they are to replace.)
*/}}
{{- define "carrel.merge" -}}
{{- $below := .below -}}
{{- range $key, $value := .over -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $below $key)) -}}
{{- include "carrel.merge" (dict "below" (get $below $key) "over" $value) -}}
{{- else -}}
{{- $_ := set $below $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
