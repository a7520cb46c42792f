package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Computer;
import hudson.util.FormValidation;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.HttpResponses;
import org.kohsuke.stapler.StaplerRequest;
import org.kohsuke.stapler.StaplerResponse;

/**
 * Test Connection. A probe may take up to 10 s, so it runs on a thread of its own: the request waits for a second at
 * most and then answers with a frame that loads itself again until the report is there.
 */
final class ConnectionTest {
    private static final long WAIT_MILLIS = 1000;

    /** More than anybody looks at; the oldest gives way. */
    private static final int KEPT = 16;

    private static final Map<String, ConnectionTest> TESTS = new LinkedHashMap<>();

    private final String id = UUID.randomUUID().toString();
    private final CompletableFuture<ConnectionReport> report = new CompletableFuture<>();

    private ConnectionTest() {}

    static ConnectionTest start(MesosCloud cloud) {
        ConnectionTest test = new ConnectionTest();
        synchronized (TESTS) {
            TESTS.put(test.id, test);
            if (TESTS.size() > KEPT) {
                TESTS.remove(TESTS.keySet().iterator().next());
            }
        }
        // read here: the background thread has no request to find the root URL by
        Map<String, Object> config = cloud.toConfig();
        Computer.threadPoolForRemoting.submit(() -> test.report.complete(probe(cloud, config)));
        return test;
    }

    private static ConnectionReport probe(MesosCloud cloud, Map<String, Object> config) {
        try {
            NativeLibrary.load(cloud.getNativeLibraryPath());
            CloudLogin.addTo(config, cloud);
            return probe(NativeJson.write(config));
        } catch (CloudLogin.MissingException | NativeLibraryException e) {
            return ConnectionReport.failed(e.getMessage());
        }
    }

    /**
     * With a library that is loaded; takes up to 10 s.
     *
     * @param config the contract's Config with the login
     */
    static ConnectionReport probe(byte[] config) {
        try {
            return ConnectionReport.parse(NativeBridge.testConnection(config));
        } catch (NativeException | IllegalArgumentException e) {
            return ConnectionReport.failed(e.getMessage());
        } catch (LinkageError e) {
            return ConnectionReport.failed(Messages.ConnectionTest_linkage(e));
        }
    }

    /** The report if it is there within a second, else a frame showing {@code resultUrl}. */
    FormValidation answer(String resultUrl) {
        try {
            ConnectionReport done = report.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
            return done.ok() ? FormValidation.okWithMarkup(markup(done)) : FormValidation.error(done.message());
        } catch (TimeoutException e) {
            return FormValidation.okWithMarkup("<iframe class=\"mesos-connection-test\" width=\"100%\" height=\"140\""
                    + " frameborder=\"0\" src=\"" + Util.escape(resultUrl) + "?id=" + id + "\"></iframe>");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FormValidation.error(Messages.ConnectionTest_interrupted());
        } catch (ExecutionException e) {
            return FormValidation.error(e.getCause(), Messages.ConnectionTest_interrupted());
        }
    }

    /** The state of a test as a page; it loads itself again while the test runs. */
    static HttpResponse page(String id) {
        ConnectionTest test;
        synchronized (TESTS) {
            test = TESTS.get(id);
        }
        if (test == null) {
            return HttpResponses.notFound();
        }
        ConnectionReport done = test.report.getNow(null);
        String markup = done == null ? Util.escape(Messages.ConnectionTest_running()) : markup(done);
        String colour = done == null ? "#555" : done.ok() ? "#070" : "#c00";
        // no lambda: today's interface has a second method, for today's servlet API, that leads here
        return new HttpResponse() {
            @Override
            public void generateResponse(StaplerRequest request, StaplerResponse response, Object node)
                    throws IOException {
                response.setContentType("text/html;charset=UTF-8");
                response.setHeader("Cache-Control", "no-store");
                if (done == null) {
                    response.setHeader("Refresh", "1");
                }
                write(response.getWriter(), colour, markup);
            }
        };
    }

    private static String markup(ConnectionReport done) {
        return done.lines().stream().map(Util::escape).collect(Collectors.joining("<br/>"));
    }

    private static void write(PrintWriter out, String colour, String markup) throws IOException {
        out.print("<!DOCTYPE html><html><body style=\"margin:0;font-family:sans-serif;font-size:small\">"
                + "<div style=\"color:" + colour + "\">" + markup + "</div></body></html>");
        if (out.checkError()) {
            throw new IOException("the browser went away");
        }
    }
}
