package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jvnet.localizer.LocaleProvider;

/** Manage Jenkins → Mesos Cloud, the two languages, and a connection test that takes its time. */
public class CloudPageTest extends MesosTestCase {

    public void testThePageShowsTheConnectionAndWhatWaits() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        cloud.setDescription("<b>farm</b>");
        MesosFramework framework = opened(cloud);
        String agent = cloud.provision(Label.get("mesos"), 1).iterator().next().displayName;
        await("the request waits", () -> framework.status().waiting().size() == 1);
        await("the refusal is known", () -> framework.status().connection().message() != null);
        String page = page();
        assertTrue(page, page.contains(agent));
        assertTrue(page, page.contains("disconnected"));
        assertTrue(page, page.contains(NOBODY + " refuses connections"));
        assertTrue("escaped", page.contains("&lt;b") && !page.contains("<b>farm"));
        assertTrue(page, page.contains("Offers received"));
        inTheReadersLanguage(() -> {
            String chinese = ask("GET", "mesos/", "Accept-Language", "zh-CN").body();
            assertTrue(chinese, chinese.contains("已断开"));
            assertTrue(chinese, chinese.contains("收到的 offer"));
            assertFalse(chinese, chinese.contains("offersReceived"));
        });
    }

    public void testTimesAreWrittenAsTheReaderWritesThem() throws Exception {
        Date noon = new GregorianCalendar(2026, Calendar.NOVEMBER, 23, 12, 0).getTime();
        LocaleProvider before = LocaleProvider.getProvider();
        try {
            LocaleProvider.setProvider(new LocaleProvider() {
                @Override
                public Locale get() {
                    return Locale.SIMPLIFIED_CHINESE;
                }
            });
            assertTrue(ReadersTime.of(noon), ReadersTime.of(noon).startsWith("2026年11月23日"));
        } finally {
            LocaleProvider.setProvider(before);
        }
    }

    public void testAWrongMasterOfAnIdleCloudIsFoundBeforeABuildWaits() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        assertTrue(cloud.isOnDemandRegistration());
        opened(cloud);
        await("the master was tried", () -> CloudView.of(cloud).getTrouble() != null);
        String page = page();
        assertTrue(page, page.contains("Nothing waits, so the cloud is idle."));
        assertTrue(page, page.contains(NOBODY + " refuses connections"));
        List<String> problems = MesosHealth.problems();
        assertTrue(problems.toString(), problems.get(0).contains(NOBODY));
    }

    public void testATroubleIsForgottenWhenTheSettingsChange() throws Exception {
        CloudHistory history = new CloudHistory();
        history.record(new Event.Connection(1, "disconnected", null, null, "nobody answers"));
        assertEquals("nobody answers", history.trouble().text());
        history.record(new Event.Connection(2, "idle", null, null, null));
        assertEquals("nobody answers", history.trouble().text());
        history.record(new Event.Connection(3, "subscribed", "127.0.0.1:5050", "id", null));
        assertNull(history.trouble());
        history.reached(4, "wrong login");
        history.forgetComplaint();
        assertNull(history.trouble());
    }

    public void testThePageSaysWhyACloudDoesNotRun() throws Exception {
        hudson.clouds.add(new MesosCloud("Empty", ""));
        await("its problem is known", () -> CloudView.of((MesosCloud) hudson.clouds.iterator().next()).getProblem() != null
                || framework() != null && framework().status().connection().message() != null);
        String page = page();
        assertTrue(page, page.contains("Empty"));
        assertTrue(page, page.contains("master"));
    }

    private MesosFramework framework() {
        return MesosFrameworks.all().isEmpty() ? null : MesosFrameworks.all().get(0);
    }

    public void testThePasswordOfZooKeeperIsNotShown() throws Exception {
        MesosCloud cloud = new MesosCloud("MesosCloud", "zk://user:pass-word@127.0.0.1:1/mesos");
        cloud.setJenkinsURL(getURL().toString());
        opened(cloud);
        String page = page();
        assertTrue(page, page.contains("***@127.0.0.1:1"));
        assertFalse(page, page.contains("pass-word"));
    }

    private String page() throws Exception {
        Answer answer = ask("GET", "mesos/");
        assertEquals(answer.body(), 200, answer.status());
        return answer.body();
    }

    public void testTheFormSpeaksChinese() throws Exception {
        hudson.clouds.add(cloud(template("mesos", 1, 1)));
        inTheReadersLanguage(this::assertChinese);
    }

    private void assertChinese() throws IOException {
        String form = ask("GET", "configure", "Accept-Language", "zh-CN,zh;q=0.8").body();
        assertTrue("button", form.contains("测试连接"));
        assertTrue("title", form.contains("每个代理的最多执行器数"));
        String help = "descriptor/" + MesosCloud.class.getName() + "/help/master";
        String text = ask("GET", help, "Accept-Language", "zh-CN,zh;q=0.8").body();
        assertTrue(text, text.contains("主机:端口"));
        String english = ask("GET", help, "Accept-Language", "en").body();
        assertTrue(english, english.contains("the leading master is found through ZooKeeper"));
    }

    public void testASlowConnectionTestDoesNotKeepItsRequestWaiting() throws Exception {
        // accepts, by way of its backlog, and never answers
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            String descriptor = "descriptorByName/" + MesosCloud.class.getName();
            long begin = System.nanoTime();
            String answer = ask(
                            "POST",
                            descriptor + "/testConnection?master=127.0.0.1:" + silent.getLocalPort())
                    .body();
            assertTrue("took " + (System.nanoTime() - begin), System.nanoTime() - begin < 5_000_000_000L);
            Matcher frame = Pattern.compile("src=\"?([^\"]*testConnectionResult\\?id=[0-9a-f-]+)").matcher(answer);
            assertTrue(answer, frame.find());
            String result = frame.group(1).replaceFirst("^/", "");
            Answer running = ask("GET", result);
            assertEquals("1", running.refresh());
            assertTrue(running.body(), running.body().contains("Still trying"));
            await("the test ends", () -> {
                try {
                    Answer done = ask("GET", result);
                    return done.refresh() == null
                            && done.body().contains("no answer within 10 s");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    public void testAnUnknownTestIsNotFound() throws Exception {
        assertEquals(
                404,
                ask("GET", "descriptorByName/" + MesosCloud.class.getName() + "/testConnectionResult?id=no")
                        .status());
    }

    public void testAHostWithoutRootUrlIsToldThatAgentsCannotFindIt() throws IOException {
        MesosCloud cloud = new MesosCloud("MesosCloud", NOBODY);
        assertEquals(hudson.getRootUrl() == null, cloud.agentsJenkinsUrl() == null);
        cloud.setJenkinsURL("http://jenkins.example/base");
        assertEquals("http://jenkins.example/base/", cloud.agentsJenkinsUrl());
    }
}
