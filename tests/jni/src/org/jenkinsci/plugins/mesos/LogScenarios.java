package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.equal;
import static org.jenkinsci.plugins.mesos.Expect.eventually;
import static org.jenkinsci.plugins.mesos.Expect.that;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Records of the library in java.util.logging. */
final class LogScenarios {

    private static final Logger LOGGER = Logger.getLogger("org.jenkinsci.plugins.mesos.native");

    /** What a log recorder of the host would show. */
    private static final class Recorder extends Handler {
        final List<LogRecord> records = new CopyOnWriteArrayList<>();

        Recorder() {
            setLevel(Level.ALL);
        }

        @Override
        public void publish(LogRecord record) {
            records.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        LogRecord first(Level level) {
            return records.stream().filter(record -> record.getLevel() == level).findFirst().orElse(null);
        }

        @Override
        public String toString() {
            return records.stream().map(r -> r.getLevel() + " " + r.getLoggerName() + " " + r.getMessage()).toList()
                    .toString();
        }
    }

    static void recordsReachTheLoggerTreeAndFollowItsLevel() throws Exception {
        NativeLibrary.load("");
        Recorder recorder = new Recorder();
        LOGGER.addHandler(recorder);
        LOGGER.setUseParentHandlers(false);
        try {
            long start = System.currentTimeMillis();
            long handle = BridgeScenarios.open();
            LogRecord record = eventually(() -> "a record, got " + recorder,
                    () -> recorder.records.stream().findFirst().orElse(null));
            that(record.getLoggerName().startsWith("org.jenkinsci.plugins.mesos.native."), record.getLoggerName());
            that(Math.abs(record.getMillis() - start) < 60_000, record.getMillis());
            that(record.getLevel().intValue() >= Level.INFO.intValue(), recorder);

            LOGGER.setLevel(Level.FINE);
            eventually(() -> "a FINE record, got " + recorder, () -> {
                // Each turn makes the library do something worth a debug record.
                NativeBridge.release(handle, Expect.json("{'v':1,'names':['never-heard-of'],'reason':'test'}"));
                return recorder.first(Level.FINE);
            });
            NativeBridge.close(handle, false);
        } finally {
            LOGGER.setLevel(null);
            LOGGER.removeHandler(recorder);
            LOGGER.setUseParentHandlers(true);
        }
    }

    static void theThreadStopsAndCanBeResumed() throws Exception {
        NativeLibrary.load("");
        NativeLog.stop();
        equal(0L, threads());
        NativeLog.stop();
        NativeLog.resume();
        NativeLog.resume();
        equal(1L, threads());
    }

    /** Threads of this class loader's log; other scenarios have their own. */
    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("mesos native log"))
                .filter(thread -> thread.getContextClassLoader() == LogScenarios.class.getClassLoader())
                .count();
    }
}
