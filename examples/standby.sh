#!/bin/sh
# Keeps a standby current: copies all clients and users of one deployment to another.
#
#   examples/standby.sh '--stack latchgate --region eu-central-1' '--stack latchgate --region eu-west-1'
#
# Each argument has the options by which `latchgate` finds a deployment. Run it on a schedule; see
# docs/operations/recovery.md. It prints what it changed, and fails if anything could not be copied.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 HOME STANDBY, where each has latchgate's options, like '--stack latchgate --region eu-west-1'" >&2
    exit 2
fi
home=$1
standby=$2

# Only you can read the files: they have password hashes. The copy goes through files, because a pipe ends the same way
# after a failed export as after a complete one, and the import disables users who are missing in it.
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# Options are several words.
# shellcheck disable=SC2086
latchgate_home() { latchgate $home --output json --yes "$@"; }
# shellcheck disable=SC2086
latchgate_standby() { latchgate $standby --output json --yes "$@"; }

# Once users sign in there, it is the standby that is right, and a copy would take its changes back.
sessions=$(latchgate_standby sessions list --limit 1)
if [ "$sessions" != "[]" ]; then
    echo "$0: nothing was copied: users are signed in at the standby, so it is in use. See docs/operations/recovery.md" >&2
    exit 1
fi

latchgate_home clients export --file "$folder/clients.jsonl"
latchgate_home users export --with-hashes --file "$folder/users.jsonl"
for kind in clients users; do
    if ! latchgate_standby "$kind" import "$folder/$kind.jsonl" --update --disable-missing; then
        echo "$0: the copy of $kind is not whole, for the reasons above. What has to be mended is at home" >&2
        exit 1
    fi
done
