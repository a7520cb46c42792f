package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Queue;
import java.util.ArrayList;
import java.util.List;

/**
 * The queue looks at all builds and agents under its lock. It reads twice in one look whether an agent accepts tasks,
 * when it chooses the agent and when it gives it the build, and fails if the answers differ. So an agent refuses builds
 * first, which is read once, and stops to accept tasks when the look that may be under way is over.
 */
final class QueueLooks {
    private static List<Runnable> waiting = new ArrayList<>();

    private QueueLooks() {}

    /** Returns when a look that was under way is over. */
    static void finish() {
        // takes the queue's lock
        Queue.getInstance().maintain();
    }

    /**
     * Runs it, on another thread, when a look that is under way is over. A look of a long queue takes long: one for
     * many.
     */
    static synchronized void afterThis(Runnable work) {
        waiting.add(work);
        if (waiting.size() == 1) {
            Computer.threadPoolForRemoting.submit(QueueLooks::runAll);
        }
    }

    private static void runAll() {
        List<Runnable> all = take();
        try {
            finish();
        } finally {
            // also after a look that failed: it is over
            all.forEach(Computer.threadPoolForRemoting::submit);
        }
    }

    private static synchronized List<Runnable> take() {
        List<Runnable> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }
}
