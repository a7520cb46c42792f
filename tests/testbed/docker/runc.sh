#!/bin/sh
# runc for the engine. Some machines withhold CAP_SYS_RESOURCE (bit 24) even from root. A privileged container asks for
# every capability, and runc fails where one cannot be had: there it is taken out of what the container, or a program that
# is started in it later, is configured to have.
bin=$(dirname "$(readlink -f "$0")")
bound=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
if [ $(((0x$bound >> 24) & 1)) -eq 0 ]; then
    before=
    for word; do
        case $before in
            --bundle) file=$word/config.json ;;
            --process) file=$word ;;
            *) file= ;;
        esac
        if [ -n "$file" ] && [ -w "$file" ]; then
            sed -i -e 's/"CAP_SYS_RESOURCE",//g' -e 's/,"CAP_SYS_RESOURCE"//g' "$file"
        fi
        before=$word
    done
fi
exec "$bin/runc-unpacked" "$@"
