package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.WebWindow;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jvnet.hudson.test.HudsonTestCase;
import org.jvnet.localizer.LocaleProvider;
import org.kohsuke.stapler.Stapler;
import org.kohsuke.stapler.StaplerRequest;

/** A host in this JVM, with the plugin and the native library in it, and no Mesos that it could reach. */
public abstract class MesosTestCase extends HudsonTestCase {
    /** Nobody listens on this port. */
    static final String NOBODY = "127.0.0.1:1";

    private final List<WebClient> browsers = new ArrayList<>();

    @Override
    public WebClient createWebClient() {
        WebClient browser = super.createWebClient();
        browsers.add(browser);
        return browser;
    }

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        hudson.setNumExecutors(0);
        // the old host heeds the number only when nodes change
        hudson.setNodes(hudson.getNodes());
        hudson.setCrumbIssuer(null);
        Demand.set(false);
    }

    @Override
    protected void tearDown() throws Exception {
        MesosFrameworks.stop();
        await("no agent is being launched", () -> Stream.of(hudson.getComputers())
                .noneMatch(computer -> computer.isConnecting()));
        for (WebClient browser : browsers) {
            leave(browser);
        }
        super.tearDown();
    }

    /**
     * Ends the scripts of all pages, then leaves them as the harness does after this. A script that still runs puts parts
     * into the page that comes, or takes some away, and the browser stumbles over that.
     */
    private static void leave(WebClient browser) throws Exception {
        await("no script runs", () -> {
            List<WebWindow> windows = List.copyOf(browser.getWebWindows());
            windows.forEach(window -> window.getJobManager().removeAllJobs());
            return windows.stream().allMatch(window -> window.getJobManager().getJobCount() == 0);
        });
        browser.getPage("about:blank");
    }

    MesosCloud cloud(MesosSlaveInfo... templates) throws IOException {
        MesosCloud cloud = new MesosCloud("MesosCloud", NOBODY);
        cloud.setJenkinsURL(getURL().toString());
        cloud.setSlaveInfos(List.of(templates));
        return cloud;
    }

    static MesosSlaveInfo template(String label, int minExecutors, int maxExecutors) {
        MesosSlaveInfo template = new MesosSlaveInfo(label);
        template.setMinExecutors(String.valueOf(minExecutors));
        template.setMaxExecutors(String.valueOf(maxExecutors));
        return template;
    }

    /** Adds a cloud and waits until its framework runs. */
    MesosFramework opened(MesosCloud cloud) throws Exception {
        hudson.clouds.add(cloud);
        await("the cloud is open", () -> MesosFrameworks.find(cloud.getCloudID()) != null);
        return MesosFrameworks.find(cloud.getCloudID());
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue("waited in vain until " + what, System.nanoTime() < end);
            Thread.sleep(20);
        }
    }

    /** A part of a test. */
    interface Part {
        void run() throws Exception;
    }

    /** With pages in the language that a request asks for: the harness leaves out what the war does at its start. */
    static void inTheReadersLanguage(Part part) throws Exception {
        LocaleProvider before = LocaleProvider.getProvider();
        LocaleProvider.setProvider(new LocaleProvider() {
            @Override
            public Locale get() {
                StaplerRequest request = Stapler.getCurrentRequest();
                return request == null ? Locale.getDefault() : request.getLocale();
            }
        });
        try {
            part.run();
        } finally {
            LocaleProvider.setProvider(before);
        }
    }

    /** An answer of the host. */
    record Answer(int status, String body, String refresh) {}

    /** Without a browser: no script runs and no page loads itself again. */
    Answer ask(String method, String path, String... headers) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(getURL(), path).openConnection();
        connection.setRequestMethod(method);
        for (int i = 0; i < headers.length; i += 2) {
            connection.setRequestProperty(headers[i], headers[i + 1]);
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            String body = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(status, body, connection.getHeaderField("Refresh"));
        }
    }
}
