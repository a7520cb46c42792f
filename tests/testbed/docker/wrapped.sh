#!/bin/sh
# A program that finds its libraries where they were unpacked.
root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
export LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
export XTABLES_LIBDIR="$root/usr/lib/x86_64-linux-gnu/xtables"
exec "$root/PROGRAM" "$@"
