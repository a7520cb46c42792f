package org.jenkinsci.plugins.mesos;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Brings the records of the native library into {@code java.util.logging}, under {@code
 * org.jenkinsci.plugins.mesos.native} and its children, and lets the library record as much as these loggers show.
 */
public final class NativeLog {

    /** The logger above all of the library's. */
    public static final String LOGGER = "org.jenkinsci.plugins.mesos.native";

    /** How long one native call waits, and so how late a changed level is seen and how long {@link #stop} takes. */
    private static final long WAIT_MILLIS = 500;

    private static NativeLog running;

    /** Held strongly: java.util.logging forgets a logger, and its level, that nobody holds. */
    private final Map<String, Logger> loggers = new ConcurrentHashMap<>();

    private final Thread thread = new Thread(this::run, "mesos native log");
    private final CountDownLatch stopping = new CountDownLatch(1);

    private NativeLog() {
        logger(LOGGER);
        thread.setDaemon(true);
        thread.setContextClassLoader(NativeLog.class.getClassLoader());
    }

    /** Starts the thread unless it runs. The library must be loaded. */
    static synchronized void start() {
        if (running == null) {
            running = new NativeLog();
            running.thread.start();
        }
    }

    /**
     * Publishes what is still there and ends the thread, for the stop of the plugin; {@link #resume} starts it again.
     */
    public static void stop() {
        NativeLog log;
        synchronized (NativeLog.class) {
            log = running;
            running = null;
        }
        if (log == null) {
            return;
        }
        log.stopping.countDown();
        boolean interrupted = false;
        try {
            log.thread.join(4 * WAIT_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts the thread again after {@link #stop}; does nothing where the library is not loaded. */
    public static void resume() {
        if (NativeLibrary.isLoaded()) {
            start();
        }
    }

    private void run() {
        String current = null;
        while (true) {
            // Read before the poll, so that what came in until stop() was called is still published.
            boolean last = stopping.getCount() == 0;
            try {
                String wanted = nativeLevel(mostVerbose());
                if (!wanted.equals(current)) {
                    NativeBridge.logLevel(wanted);
                    current = wanted;
                }
                publish(NativeBridge.logs(last ? 0 : WAIT_MILLIS));
            } catch (NativeException | IllegalArgumentException e) {
                logger(LOGGER).log(Level.WARNING, "cannot read the native library's log", e);
                pause();
            }
            if (last) {
                return;
            }
        }
    }

    /** Keeps a lasting failure from filling the log. */
    private void pause() {
        try {
            stopping.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread to any purpose: it ends by `stopping`.
        }
    }

    private void publish(byte[] bytes) {
        Map<String, Object> batch = NativeJson.read(bytes);
        if (batch.get("dropped") instanceof Long dropped && dropped > 0) {
            logger(LOGGER).log(Level.WARNING, "{0} log records of the native library were dropped: too many at once",
                    dropped);
        }
        if (batch.get("records") instanceof List<?> records) {
            for (Object record : records) {
                if (record instanceof Map<?, ?> fields) {
                    publish(fields);
                }
            }
        }
    }

    private void publish(Map<?, ?> fields) {
        Logger logger = logger(String.valueOf(fields.get("logger")));
        Level level = javaLevel(String.valueOf(fields.get("level")));
        if (!logger.isLoggable(level)) {
            return;
        }
        LogRecord record = new LogRecord(level, String.valueOf(fields.get("message")));
        record.setLoggerName(logger.getName());
        if (fields.get("at") instanceof Long millis) {
            record.setInstant(Instant.ofEpochMilli(millis));
        }
        // Otherwise the formatters would name this class as the source of every record.
        record.setSourceClassName(logger.getName());
        record.setSourceMethodName(null);
        logger.log(record);
    }

    private Logger logger(String name) {
        return loggers.computeIfAbsent(name, Logger::getLogger);
    }

    /**
     * The lowest level that any of our loggers shows: an administrator may open just one area, such as {@code
     * …native.session}.
     */
    private Level mostVerbose() {
        Level lowest = effective(logger(LOGGER));
        LogManager manager = LogManager.getLogManager();
        for (String name : Collections.list(manager.getLoggerNames())) {
            Logger logger = name.startsWith(LOGGER + '.') ? manager.getLogger(name) : null;
            Level own = logger == null ? null : logger.getLevel();
            if (own != null && own.intValue() < lowest.intValue()) {
                lowest = own;
            }
        }
        return lowest;
    }

    private static Level effective(Logger logger) {
        for (Logger each = logger; each != null; each = each.getParent()) {
            if (each.getLevel() != null) {
                return each.getLevel();
            }
        }
        return Level.INFO;
    }

    private static String nativeLevel(Level level) {
        int value = level.intValue();
        if (value <= Level.FINER.intValue()) {
            return "trace";
        } else if (value <= Level.FINE.intValue()) {
            return "debug";
        } else if (value <= Level.INFO.intValue()) {
            return "info";
        } else if (value <= Level.WARNING.intValue()) {
            return "warn";
        }
        return value <= Level.SEVERE.intValue() ? "error" : "off";
    }

    private static Level javaLevel(String level) {
        return switch (level) {
            case "error" -> Level.SEVERE;
            case "warn" -> Level.WARNING;
            case "info" -> Level.INFO;
            case "debug" -> Level.FINE;
            default -> Level.FINER;
        };
    }
}
