package org.jenkinsci.plugins.mesos;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What the scenarios check with. */
final class Expect {

    /** Longer than anything that is waited for should take on a busy machine. */
    static final long PATIENCE_SECONDS = 30;

    private Expect() {}

    interface Action {
        void run() throws Exception;
    }

    static void that(boolean condition, Object what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object expected, Object actual) {
        that(expected == null ? actual == null : expected.equals(actual), "expected " + expected + ", got " + actual);
    }

    /** The message must hold all the parts. */
    static void contains(String message, String... parts) {
        for (String part : parts) {
            that(message != null && message.contains(part), "expected «" + part + "» in: " + message);
        }
    }

    /** The action must throw exactly {@code type}; returns the message. */
    static String failure(Class<? extends Exception> type, Action action) throws Exception {
        try {
            action.run();
        } catch (Exception e) {
            if (e.getClass() == type) {
                return e.getMessage();
            }
            throw new AssertionError("expected " + type.getSimpleName(), e);
        }
        throw new AssertionError("expected " + type.getSimpleName() + ", but nothing was thrown");
    }

    static String nativeFailure(Action action) throws Exception {
        return failure(NativeException.class, action);
    }

    /** Asks until the answer is not null. */
    static <T> T eventually(Supplier<Object> what, Callable<T> question) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            T answer = question.call();
            if (answer != null) {
                return answer;
            }
            that(System.nanoTime() < deadline, "waited in vain: " + what.get());
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }
}
