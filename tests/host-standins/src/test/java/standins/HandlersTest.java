package standins;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.Test;

/** A thread of the host's web server hears of its connection, whether it waits already or not. */
public class HandlersTest {
    /** Waits and wakes as a thread of the host's web server does. */
    public static class Thread395 implements Runnable {
        @Override
        public void run() {
            synchronized (this) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        public void connection() {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    private static final class Mended extends ClassLoader {
        Mended() {
            super(HandlersTest.class.getClassLoader());
        }

        Class<?> thread() throws Exception {
            byte[] file = Handlers.mended(read("HandlersTest$Thread395.class"));
            return defineClass(Thread395.class.getName(), file, 0, file.length);
        }
    }

    @Test(timeout = 60_000)
    public void aConnectionGivenBeforeTheWaitIsNotMissed() throws Exception {
        Class<?> type = new Mended().thread();
        Runnable thread = (Runnable) type.getConstructor().newInstance();
        type.getMethod("connection").invoke(thread);
        thread.run();
    }

    @Test(timeout = 60_000)
    public void aConnectionIsGivenOnce() throws Exception {
        Class<?> type = new Mended().thread();
        Runnable thread = (Runnable) type.getConstructor().newInstance();
        type.getMethod("connection").invoke(thread);
        thread.run();
        CompletableFuture<Void> second = CompletableFuture.runAsync(thread);
        assertThrows(TimeoutException.class, () -> second.get(200, TimeUnit.MILLISECONDS));
        type.getMethod("connection").invoke(thread);
        second.get(50, TimeUnit.SECONDS);
    }

    @Test
    public void aClassThatDoesNotWaitIsRefused() throws Exception {
        byte[] other = read("HandlersTest.class");
        String problem = assertThrows(IllegalArgumentException.class, () -> Handlers.mended(other)).getMessage();
        assertEquals("one wait and one notifyAll expected, not 0", problem);
    }

    private static byte[] read(String name) throws Exception {
        try (InputStream in = HandlersTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
