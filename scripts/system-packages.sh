#!/usr/bin/env bash
# Install Debian or Ubuntu packages as root; otherwise say what the user must run, and fail.
# Usage: scripts/system-packages.sh PACKAGE...
set -euo pipefail

install="apt-get install -y --no-install-recommends $*"

if ! command -v apt-get >/dev/null; then
    echo "Needed here, under the names that Debian uses: $*" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "System packages are missing. Please run:  sudo apt-get update && sudo $install" >&2
    exit 1
fi

echo "Installing system packages: $*" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
$install >/dev/null
