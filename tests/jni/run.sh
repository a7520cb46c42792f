#!/usr/bin/env bash
# The native library in a real JVM under -Xcheck:jni, as a host loads it. Needs a JDK and the packaged library
# (`cargo xtask package`, or LIBRARY=<file with trailer>); no network, no Maven. Exit code 0 only if every scenario passed
# and the JVM had nothing to say about the library.
set -euo pipefail
cd "$(dirname "$0")/../.."

library=${LIBRARY:-target/native/linux-x86_64/libmesos_jenkins.so}
shim=java-shim/src/main/java/org/jenkinsci/plugins/mesos
out=target/jni
if [ ! -f "$library" ]; then
  echo "tests/jni: $library is missing: run \`cargo xtask package\` first" >&2
  exit 1
fi
rm -rf "$out"
mkdir -p "$out"/{shim,scenarios,harness,tmp,plugin/native/linux-x86_64,faulty/native/linux-x86_64}

# The check on the JVM's words must itself be able to fail.
warnings() {
  awk '/(WARNING|FATAL ERROR) in native method/ { block = 12 }
       block > 0 { block--; if (/org\.jenkinsci\.plugins\.mesos|libmesos_jenkins/) { print; found = 1 } }
       END { exit !found }' "$1"
}
printf 'WARNING in native method: JNI call made without checking exceptions\n\tat a.B.c(Native Method)\n' >"$out/other.txt"
printf 'WARNING in native method: x\n\tat org.jenkinsci.plugins.mesos.NativeBridge.poll(Native Method)\n' >"$out/ours.txt"
if warnings "$out/other.txt" >/dev/null || ! warnings "$out/ours.txt" >/dev/null; then
  echo "tests/jni: the search for warnings is broken" >&2
  exit 1
fi

cargo build --quiet -p mesos-jni --features fault-injection
faulty="$out/faulty/native/linux-x86_64/libmesos_jenkins.so"
cp "${CARGO_TARGET_DIR:-target}/debug/libmesos_jenkins.so" "$faulty"
printf 'MJNATIV1%s' "$(sha256sum "$faulty" | cut -c1-64)" >>"$faulty"
cp "$library" "$out/plugin/native/linux-x86_64/libmesos_jenkins.so"

# Exactly the classes of the bridge: that they need nothing else of the plugin is part of the test.
javac --release 17 -Xlint:all -Werror -d "$out/shim" "$shim"/{LibraryTrailer,Native{Bridge,Exception,Json,Library,LibraryException,Log}}.java
javac --release 17 -Xlint:all -Werror -cp "$out/shim" -d "$out/scenarios" tests/jni/src/org/jenkinsci/plugins/mesos/*.java
javac --release 17 -Xlint:all -Werror -d "$out/harness" tests/jni/src/harness/*.java
jar --create --file "$out/plugin.jar" -C "$out/shim" . -C "$out/plugin" .
jar --create --file "$out/faulty.jar" -C "$out/shim" . -C "$out/faulty" .

code=0
timeout --kill-after=10 600 java -Xcheck:jni -Xmx512m -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath="$out" \
  -XX:ErrorFile="$out/hs_err.log" -Djava.io.tmpdir="$PWD/$out/tmp" -cp "$out/harness" \
  harness.JniTests "$out/plugin.jar" "$out/faulty.jar" "$out/scenarios/" 2>&1 | tee "$out/output.txt" || code=$?
if [ "$code" -ne 0 ]; then
  echo "tests/jni: exit code $code" >&2
  exit "$code"
fi
if warnings "$out/output.txt"; then
  echo "tests/jni: -Xcheck:jni warns about the library, see $out/output.txt" >&2
  exit 1
fi
