#!/bin/sh
# Ends what agents that run images have made outside of their folders: processes in control groups, and mounts. Run by the
# guard of the cluster's run, before it kills what carries the run's mark: a process in an image may carry none.
#
#   usage: end.sh RUN GROUP
run=${1%/} group=$2
groups() { find /sys/fs/cgroup/*/"$group" -depth -type d 2> /dev/null; }

# First those that would start anything anew.
for file in "$run"/agent*/pid; do
    pid=$(cat "$file" 2> /dev/null) && grep -qsF "$run/" "/proc/$pid/cmdline" && kill -9 "$pid"
done
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    # A frozen process does not die.
    for state in /sys/fs/cgroup/freezer/"$group"/*/freezer.state; do
        [ -w "$state" ] && echo THAWED > "$state"
    done
    processes=$(find /sys/fs/cgroup/*/"$group" -name cgroup.procs -exec cat {} + 2> /dev/null | sort -u)
    [ -n "$processes" ] || break
    kill -9 $processes 2> /dev/null
    sleep 0.1
done
# The innermost mount first.
for mount in $(awk -v at="$run/" 'index($2, at) == 1 { print $2 }' /proc/self/mounts | sort -r); do
    umount "$mount" 2> /dev/null || umount -l "$mount"
done
for folder in $(groups); do rmdir "$folder" 2> /dev/null; done
exit 0
