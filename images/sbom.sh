#!/bin/sh
# Prints what an image is made of, as CycloneDX 1.5: its Debian packages, the Python packages of /opt/jupyter, the npm
# packages of /opt/code-server, and the crates in a file ("name v1.2.3" a line) that may be named.
set -eu

components() {
	dpkg-query --show --showformat='deb/debian\t${Package}\t${Version}\n'
	if [ -x /opt/jupyter/bin/pip ]; then
		/opt/jupyter/bin/pip list --disable-pip-version-check --format=freeze |
			sed -n 's/^\([^=]*\)==\(.*\)$/pypi\t\1\t\2/p'
	fi
	if [ -d /opt/code-server/node_modules ]; then
		# A package's own file stands right in its folder; others of that name are parts of programs.
		find /opt/code-server/node_modules -path '*/node_modules/*/package.json' |
			grep -E '/node_modules/(@[^/]+/)?[^/]+/package.json$' |
			/opt/code-server/bin/node -e '
				const { readFileSync } = require("fs")
				for (const file of readFileSync(0, "utf8").trim().split("\n")) {
					const { name, version } = JSON.parse(readFileSync(file, "utf8"))
					if (name && version) console.log(["npm", name, version].join("\t"))
				}'
	fi
	[ $# -eq 0 ] || sed -n 's/^\([^ ]*\) v\([^ ]*\).*$/cargo\t\1\t\2/p' "$1"
}

components "$@" | sort -u | awk -F '\t' '
	BEGIN { printf "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"components\":[" }
	NF == 3 {
		name = $2; version = $3; purl = $2
		gsub(/@/, "%40", purl)
		encoded = version; gsub(/\+/, "%2B", encoded); gsub(/:/, "%3A", encoded)
		printf "%s\n{\"type\":\"library\",\"name\":\"%s\",\"version\":\"%s\",\"purl\":\"pkg:%s/%s@%s\"}", separator, name, version, $1, purl, encoded
		separator = ","
	}
	END { print "\n]}" }'
