#!/bin/sh
# Takes out of an installed code-server what it does not need to run on this platform. More than a third of it is that.
set -eu
modules=$1/node_modules
editor=$modules/code-server/lib/vscode
case $(uname -m) in x86_64) here=linux-x64 ;; aarch64) here=linux-arm64 ;; *) here=$(uname -m) ;; esac

# Only where it says that there are others: should they be arranged anew one day, nothing is lost.
others() {
	[ -e "$1/$here" ] || return 0
	find "$1" -mindepth 1 -maxdepth 1 ! -name "$here" -exec rm -rf {} +
}
others "$editor/node_modules/@vscode/ripgrep-universal/bin"
others "$editor/node_modules/node-pty/prebuilds"

rm -rf "$editor"/node_modules/@github/copilot* "$editor/extensions/copilot" "$editor/node_modules/@microsoft/mxc-sdk" \
	"$editor/node_modules/node-pty/third_party" "$editor/node_modules/node-pty/deps"
find "$modules" -type d \( -name obj.target -o -name .deps \) -prune -exec rm -rf {} +
find "$modules" -type f \( -name '*.map' -o -name '*.pdb' -o -name '*.o' \) -delete
