#!/bin/sh
# The ENTRYPOINT of two of the images: leaves a note of what it was given, then is that program.
# In a Mesos task the note lies in the sandbox.
printf '%s\n' "$*" > "${MESOS_SANDBOX:-/tmp}/entrypoint.ran" 2> /dev/null
echo "entrypoint: $# words, as $(id -un)"
exec "${@:-/bin/sh}"
