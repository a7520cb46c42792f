package org.jenkinsci.plugins.mesos;

import com.sun.net.httpserver.HttpServer;
import hudson.model.Hudson;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import hudson.util.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.acegisecurity.context.SecurityContextHolder;

/** Principal and secret: where they come from, when they change, and where they must not show. */
public class CloudLoginTest extends MesosTestCase {
    private static final String PASSWORD = "s3cret-of-the-framework";

    private HttpServer master;

    /** The Authorization headers that the master was sent. */
    private final Queue<String> shown = new ConcurrentLinkedQueue<>();

    private static LoginStore.Login login(String password) {
        return new LoginStore.Login("jenkins", Secret.fromString(password));
    }

    private String startMaster() throws Exception {
        master = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        master.createContext("/", exchange -> {
            shown.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        });
        master.setExecutor(Executors.newCachedThreadPool());
        master.start();
        return "127.0.0.1:" + master.getAddress().getPort();
    }

    @Override
    protected void tearDown() throws Exception {
        try {
            super.tearDown();
        } finally {
            if (master != null) {
                master.stop(0);
            }
        }
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder()
                .encodeToString(("jenkins:" + password).getBytes(StandardCharsets.UTF_8));
    }

    private MesosCloud cloudAt(String address, String credentialsId) throws Exception {
        MesosCloud cloud = new MesosCloud("MesosCloud", address);
        cloud.setJenkinsURL(getURL().toString());
        cloud.setCredentialsId(credentialsId);
        // on demand, it would not log in before a build waits
        cloud.setOnDemandRegistration(false);
        cloud.setSlaveInfos(List.of(template("mesos", 1, 1)));
        return cloud;
    }

    public void testTheCredentialIsShownToTheMasterAndAChangedOneToo() throws Exception {
        FakeLogins store = FakeLogins.in(hudson);
        store.logins.put("c1", login(PASSWORD));
        opened(cloudAt(startMaster(), "c1"));
        await("the master saw the login", () -> shown.contains(basic(PASSWORD)));
        assertTrue(store.used.contains("c1"));

        store.logins.put("c1", login("changed"));
        MesosFrameworks.reconcileSoon();
        await("the master saw the changed login", () -> shown.contains(basic("changed")));
    }

    public void testTheSecretIsInNoFileAndInNoLog() throws Exception {
        StringBuffer logged = new StringBuffer();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.append(new SimpleFormatter().format(record));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger ours = Logger.getLogger("org.jenkinsci.plugins.mesos");
        Level before = ours.getLevel();
        ours.setLevel(Level.ALL);
        ours.addHandler(handler);
        try {
            FakeLogins store = FakeLogins.in(hudson);
            store.logins.put("c1", login(PASSWORD));
            MesosFramework framework = opened(cloudAt(startMaster(), "c1"));
            await("the master saw the login", () -> shown.contains(basic(PASSWORD)));
            await("the refusal is told", () -> logged.indexOf("principal or its secret") >= 0);
            hudson.save();
            framework.close(false);
        } finally {
            ours.removeHandler(handler);
            ours.setLevel(before);
        }
        String encoded = basic(PASSWORD).substring("Basic ".length());
        assertFalse(logged.toString(), logged.indexOf(PASSWORD) >= 0 || logged.indexOf(encoded) >= 0);
        int looked = 0;
        try (Stream<Path> files = Files.walk(hudson.getRootDir().toPath())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = readUnlessGone(file);
                assertFalse(file.toString(), text.contains(PASSWORD) || text.contains(encoded));
                looked += file.endsWith("config.xml") || file.endsWith("state.db") ? 1 : 0;
            }
        }
        assertTrue("config.xml and state.db were looked into", looked >= 2);
    }

    /** A database that closes takes its journal away. */
    private static String readUnlessGone(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    public void testACloudWithoutItsCredentialSaysSoAndOpensOnceItIsThere() throws Exception {
        MesosCloud cloud = cloudAt(NOBODY, "c1");
        hudson.clouds.add(cloud);
        await("the plugin is missed", () -> String.valueOf(MesosFrameworks.problem(cloud.getCloudID()))
                .contains("credentials plugin"));
        assertNull(MesosFrameworks.find(cloud.getCloudID()));

        FakeLogins store = FakeLogins.in(hudson);
        MesosFrameworks.reconcileSoon();
        await("the credential is missed", () -> String.valueOf(MesosFrameworks.problem(cloud.getCloudID()))
                .contains("there is no credential 'c1'"));

        store.logins.put("c1", login(PASSWORD));
        MesosFrameworks.reconcileSoon();
        await("the cloud is open", () -> MesosFrameworks.find(cloud.getCloudID()) != null);
        assertNull(MesosFrameworks.problem(cloud.getCloudID()));
    }

    public void testACloudThatRunsGoesOnWithoutItsCredential() throws Exception {
        FakeLogins store = FakeLogins.in(hudson);
        store.logins.put("c1", login(PASSWORD));
        MesosCloud cloud = cloudAt(NOBODY, "c1");
        MesosFramework framework = opened(cloud);
        store.logins.clear();
        MesosFrameworks.reconcileSoon();
        await("the credential is missed", () -> MesosFrameworks.problem(cloud.getCloudID()) != null);
        assertSame(framework, MesosFrameworks.find(cloud.getCloudID()));
        assertNotNull(framework.status());
    }

    public void testAnOldPrincipalBecomesACredential() throws Exception {
        FakeLogins store = FakeLogins.in(hudson);
        MesosCloud cloud = old();
        hudson.clouds.add(cloud);
        await("it is a credential", () -> "kept".equals(cloud.getCredentialsId()));
        await("it is saved", () -> configXml().contains("<credentialsId>kept</credentialsId>"));
        assertEquals("hunter2", store.logins.get("kept").password().getPlainText());
        assertEquals("jenkins-framework", store.logins.get("kept").principal());
        assertFalse(configXml(), configXml().contains("<principal>") || configXml().contains("<secret>"));
    }

    public void testAnOldPrincipalStaysWhereThereIsNoStore() throws Exception {
        MesosCloud cloud = old();
        opened(cloud);
        hudson.save();
        assertEquals("jenkins-framework", cloud.ownLogin().principal());
        assertTrue(configXml().contains("<principal>jenkins-framework</principal>"));
        assertFalse("the secret is kept encrypted", configXml().contains("hunter2"));
    }

    private static MesosCloud old() {
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML("""
                <org.jenkinsci.plugins.mesos.MesosCloud>
                  <name>MesosCloud</name>
                  <master>127.0.0.1:1</master>
                  <principal>jenkins-framework</principal>
                  <secret>hunter2</secret>
                </org.jenkinsci.plugins.mesos.MesosCloud>""");
        cloud.setJenkinsURL("http://127.0.0.1/");
        return cloud;
    }

    private String configXml() {
        try {
            return Files.readString(hudson.getRootDir().toPath().resolve("config.xml"));
        } catch (NoSuchFileException e) {
            // the old host puts the new file in its place in two steps
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void testTheFormOffersWhatIsStoredAndAlwaysTheChosenOne() {
        MesosCloud.DescriptorImpl descriptor =
                (MesosCloud.DescriptorImpl) hudson.getDescriptorOrDie(MesosCloud.class);
        assertEquals(List.of("", "gone"), values(descriptor.doFillCredentialsIdItems(NOBODY, "gone")));
        assertEquals(FormValidation.Kind.ERROR, descriptor.doCheckCredentialsId("gone", NOBODY).kind);

        FakeLogins.in(hudson).logins.put("c1", login(PASSWORD));
        assertEquals(List.of("", "c1"), values(descriptor.doFillCredentialsIdItems(NOBODY, "c1")));
        assertEquals(List.of("", "c1", "gone"), values(descriptor.doFillCredentialsIdItems(NOBODY, "gone")));
        assertEquals(FormValidation.Kind.OK, descriptor.doCheckCredentialsId("c1", NOBODY).kind);
        assertEquals(FormValidation.Kind.OK, descriptor.doCheckCredentialsId("", NOBODY).kind);
        FormValidation missing = descriptor.doCheckCredentialsId("gone", NOBODY);
        assertEquals(FormValidation.Kind.ERROR, missing.kind);
        assertTrue(missing.getMessage(), missing.getMessage().contains("choose another one"));
    }

    public void testWhoMayNotConfigureLearnsNoIds() {
        FakeLogins.in(hudson).logins.put("c1", login(PASSWORD));
        hudson.setAuthorizationStrategy(new ReadOnly());
        SecurityContextHolder.getContext().setAuthentication(Hudson.ANONYMOUS);
        MesosCloud.DescriptorImpl descriptor =
                (MesosCloud.DescriptorImpl) hudson.getDescriptorOrDie(MesosCloud.class);
        assertEquals(List.of("", "mine"), values(descriptor.doFillCredentialsIdItems(NOBODY, "mine")));
        assertEquals(FormValidation.Kind.OK, descriptor.doCheckCredentialsId("gone", NOBODY).kind);
    }

    private static List<String> values(ListBoxModel items) {
        return items.stream().map(item -> item.value).toList();
    }

    public void testAPasswordDoesNotShowInText() {
        assertFalse(login(PASSWORD).toString().contains(PASSWORD));
    }
}
