#!/bin/sh
exec /opt/code-server/bin/node /opt/code-server/node_modules/code-server/out/node/entry.js "$@"
