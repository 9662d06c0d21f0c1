#!/bin/sh
# The programs that tests drive and that no Python package brings: a browser, PostgreSQL's server, poppler.
# Installs what is missing where that is possible without asking (as root, with apt-get); elsewhere says what is
# missing and goes on, for the tests that need it skip themselves then (and fail on CI).
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
    || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing on this machine:$missing. The tests that need them will be skipped." >&2
    echo "On Debian and its kin: sudo apt-get install$missing" >&2
    exit 0
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Debian's postgresql makes a cluster and starts it at installation. The tests bring up their own in a folder of
# theirs, so none is made here; the word to that end is taken back afterwards.
drop_in=/etc/postgresql-common/createcluster.d/meguri-tests.conf
case "$missing" in
*postgresql*)
    mkdir -p "${drop_in%/*}"
    trap 'rm -f "$drop_in"' EXIT
    echo "create_main_cluster = false" >"$drop_in"
    ;;
esac
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing
