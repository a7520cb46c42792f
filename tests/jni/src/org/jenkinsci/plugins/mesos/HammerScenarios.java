package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/** Many threads at once, on handles that others close under their hands. */
final class HammerScenarios {

    private static final int THREADS = 4;
    private static final int STEPS = 3000;
    private static final int OPENS = 15;

    static void fourThreadsOnSharedHandlesSeeAnswersOrClosedHandlesOnly() throws Exception {
        NativeLibrary.load("");
        AtomicLongArray handles = new AtomicLongArray(3);
        for (int i = 0; i < handles.length(); i++) {
            handles.set(i, BridgeScenarios.open());
        }
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int seed = i;
            all.add(threads.submit(() -> hammer(handles, new Random(seed))));
        }
        int answers = 0;
        for (Future<Integer> each : all) {
            answers += each.get(5, TimeUnit.MINUTES);
        }
        threads.shutdown();
        Expect.that(answers > THREADS * STEPS / 2, "only " + answers + " calls had an answer");
        for (int i = 0; i < handles.length(); i++) {
            NativeBridge.close(handles.get(i), false);
        }
    }

    private static int hammer(AtomicLongArray handles, Random random) throws Exception {
        int answers = 0;
        int opens = 0;
        for (int step = 0; step < STEPS; step++) {
            int slot = random.nextInt(handles.length());
            long handle = handles.get(slot);
            String name = "mesos-jenkins-" + Long.toHexString(random.nextLong()) + "-mesos";
            try {
                switch (random.nextInt(9)) {
                    case 0 -> NativeBridge.status(handle);
                    case 1 -> NativeBridge.plan(handle, json("{'v':1,'label':'mesos','excess':2}"));
                    case 2 -> NativeBridge.poll(handle, random.nextInt(3));
                    case 3 -> NativeBridge.validate(BridgeScenarios.config("zk://h:2181/mesos"));
                    case 4 -> {
                        NativeBridge.submit(handle, BridgeScenarios.request(name));
                        NativeBridge.release(handle, json("{'v':1,'names':['" + name + "'],'reason':'hammer'}"));
                    }
                    case 5 -> NativeBridge.release(handle, json("{'v':1,'names':['" + name + "'],'reason':''}"));
                    case 6 -> NativeBridge.reconfigure(handle, BridgeScenarios.config("127.0.0.1:1"));
                    case 7 -> NativeBridge.version();
                    default -> {
                        if (opens < OPENS && random.nextInt(10) == 0) {
                            opens++;
                            long fresh = BridgeScenarios.open();
                            NativeBridge.close(handles.getAndSet(slot, fresh), random.nextBoolean());
                        }
                    }
                }
                answers++;
            } catch (NativeException e) {
                if (!e.getMessage().contains("closed")) {
                    throw e;
                }
            }
        }
        return answers;
    }
}
