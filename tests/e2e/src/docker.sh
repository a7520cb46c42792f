#!/bin/sh
# Stands in for `docker` where only what Mesos books for containers is of interest: a "container" is a sleep. Beside it are
# the numbers of their processes, and what it was asked.
here=$(dirname "$0")
echo "$*" >> "$here/asked"
[ "$1" = -H ] && shift 2
case "$1" in
    --version) echo "Docker version 20.10.0, build 0000000" ;;
    ps) echo "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES" ;;
    run)
        while [ $# -gt 0 ]; do
            [ "$1" = --name ] && echo $$ > "$here/$2.pid"
            shift
        done
        exec sleep 3600
        ;;
    inspect)
        for name; do :; done
        pid=0
        [ -f "$here/$name.pid" ] && pid=$(cat "$here/$name.pid")
        case "$name" in
            mesos-*) [ "$pid" = 0 ] && { echo "Error: No such object: $name" >&2; exit 1; } ;;
        esac
        echo "[{\"Id\": \"$name\", \"Name\": \"/$name\", \"ContainerConfig\": {\"Entrypoint\": null, \"Env\": null}, \"Config\": {\"Entrypoint\": null, \"Env\": null},
            \"State\": {\"Pid\": $pid, \"StartedAt\": \"2020-01-01T00:00:00Z\"},
            \"HostConfig\": {\"NetworkMode\": \"bridge\"}, \"NetworkSettings\": {\"IPAddress\": \"127.0.0.1\"}}]"
        ;;
    stop | kill)
        for name; do :; done
        [ -f "$here/$name.pid" ] && kill "$(cat "$here/$name.pid")"
        exit 0
        ;;
    *) exit 0 ;;
esac
