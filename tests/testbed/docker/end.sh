#!/bin/bash
# Ends an engine in whatever state it is, and takes away what it made outside of its folder: mounts, rules of the
# firewall, bridges. Run by the guard of the engine's run, so it needs nothing of the process that started the engine.
#
#   usage: end.sh RUN PROGRAMS
run=${1%/}
PATH=$2:$PATH
processes() { # WORD: the numbers of the processes that have it in their command line
    grep -lzsF -e "$1" /proc/[0-9]*/cmdline 2> /dev/null | cut -d/ -f3
}
finish() { [ -z "$*" ] || kill -9 "$@" 2> /dev/null; }

# First those that would start anything anew: the engine, and what dockerd starts containers with.
for file in "$run/dockerd.pid" "$run/exec/containerd/containerd.pid" "$run"/registry*/pid; do
    # A number is used again some time: only what runs with this run's paths is meant.
    pid=$(cat "$file" 2> /dev/null) && grep -qsF "$run/" "/proc/$pid/cmdline" && finish "$pid"
done
# Containers are children of their shims, and outlive them.
shims=$(processes "$run/exec/containerd/")
for shim in $shims; do
    finish $(cat /proc/"$shim"/task/*/children 2> /dev/null)
done
finish $shims

# The innermost mount first. It is busy as long as a killed process of the container is being taken apart.
for round in 1 2 3 4 5 6 7 8 9 10; do
    mounts=$(awk -v at="$run/" 'index($2, at) == 1 { print $2 }' /proc/self/mounts | sort -r)
    [ -n "$mounts" ] || break
    for mount in $mounts; do umount "$mount" 2> /dev/null; done
    sleep 0.1
done
for mount in $mounts; do umount -l "$mount"; done

if [ -s "$run/before" ]; then
    ours='docker0|br-[0-9a-f]{12}|DOCKER|172\.(1[7-9]|2[0-9]|3[01])\.'
    chains="DOCKER DOCKER-USER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2"
    if iptables -w -S > /dev/null 2>&1; then
        for table in nat filter; do
            iptables -w -t $table -S | grep -E "^-A (PREROUTING|INPUT|OUTPUT|POSTROUTING|FORWARD) .*($ours)" |
                while read -r word rule; do eval "iptables -w -t $table -D $rule" 2> /dev/null; done
            for chain in $chains; do iptables -w -t $table -F $chain 2> /dev/null; done
            for chain in $chains; do iptables -w -t $table -X $chain 2> /dev/null; done
        done
        policy=$(sed -n 's/^policy //p' "$run/before")
        [ -z "$policy" ] || iptables -w -P FORWARD "$policy"
    fi
    ip -o link show type bridge 2> /dev/null | cut -d: -f2 | grep -Ex ' (docker0|br-[0-9a-f]{12})' |
        while read -r bridge; do ip link delete "$bridge"; done
    sed -n 's/^forward //p' "$run/before" > /proc/sys/net/ipv4/ip_forward
    rm -f "$run/before"
fi
# What the engine makes wherever it is told to be; only empty ones go.
rmdir /var/run/docker/plugins /var/run/docker /opt/containerd/bin /opt/containerd/lib /opt/containerd 2> /dev/null
rm -rf "$run/exec" "$run/docker.sock" "$run/dockerd.pid"
exit 0
