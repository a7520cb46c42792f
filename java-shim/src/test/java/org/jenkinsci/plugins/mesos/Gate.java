package org.jenkinsci.plugins.mesos;

import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.BuildListener;
import hudson.model.FreeStyleProject;
import java.util.concurrent.CountDownLatch;
import org.jvnet.hudson.test.TestBuilder;

/** Holds builds at a step until it is opened. */
final class Gate {
    private final CountDownLatch opened = new CountDownLatch(1);
    private final CountDownLatch reached = new CountDownLatch(1);

    void on(FreeStyleProject job) throws Exception {
        job.getBuildersList().add(new TestBuilder() {
            @Override
            public boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
                    throws InterruptedException {
                reached.countDown();
                opened.await();
                return true;
            }
        });
    }

    void awaitBuild() throws InterruptedException {
        reached.await();
    }

    void open() {
        opened.countDown();
    }
}
