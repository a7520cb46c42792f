package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What was converted is told until somebody dismisses it. */
public class UpgradeReportTest extends MesosTestCase {

    /** Puts the cloud of an old file into the host, as if it had been read at start. */
    private MesosCloud upgraded(String file) throws Exception {
        MesosCloud cloud = OldFile.of(file).load();
        hudson.clouds.add(cloud);
        await("the upgrade is reported", () -> !UpgradeReport.isEmpty());
        return cloud;
    }

    private Path folder() {
        return hudson.getRootDir().toPath().resolve("mesos");
    }

    public void testWhatWasConvertedIsReportedWithCloudAndTemplate() throws Exception {
        upgraded("cloud-0.18.xml");
        List<UpgradeReport.Entry> entries = UpgradeReport.entries();
        assertTrue(entries.toString(), entries.stream()
                .anyMatch(entry -> entry.cloud().equals("MesosCloud")
                        && entry.template().equals("farm big")
                        && entry.text().contains("-XX:+UseConcMarkSweepGC")));
        assertTrue(entries.toString(), entries.stream()
                .anyMatch(entry -> entry.text().contains("300000") && entry.text().contains("300 seconds")));
        assertTrue(entries.toString(), entries.stream()
                .anyMatch(entry -> entry.finding().look() && entry.text().contains("1.1 times")));
    }

    public void testTemplatesWithTheSameConversionShareALine() throws Exception {
        upgraded("cloud-large.xml");
        long lines = UpgradeReport.entries().stream()
                .filter(entry -> entry.finding().message().equals("Upgrade.jvmArgs"))
                .count();
        assertEquals(1, lines);
    }

    public void testNothingIsReportedTwice() throws Exception {
        upgraded("cloud-1.x.xml");
        List<UpgradeReport.Entry> before = UpgradeReport.entries();
        UpgradeReport.add("MesosCloud", before.stream().map(UpgradeReport.Entry::finding).toList());
        assertEquals(before, UpgradeReport.entries());
    }

    public void testTheConvertedCloudIsSaved() throws Exception {
        MesosCloud cloud = upgraded("cloud-2.0.xml");
        Path config = hudson.getRootDir().toPath().resolve("config.xml");
        await("the configuration is saved", () -> {
            try {
                return Files.exists(config) && Files.readString(config).contains(cloud.getCloudID());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertTrue(Files.readString(config).contains("<configVersion>3</configVersion>"));
    }

    public void testAReportThatCannotBeReadIsNone() throws Exception {
        Files.createDirectories(folder());
        Files.writeString(folder().resolve("upgrade-report.json"), "{\"v\":1,\"entries\":[{\"clo");
        assertEquals(List.of(), UpgradeReport.entries());
        UpgradeReport.add("MesosCloud", List.of(Finding.toLookAt(null, "memory")));
        assertEquals(1, UpgradeReport.entries().size());
    }

    public void testThePageShowsTheReportUntilItIsDismissed() throws Exception {
        upgraded("cloud-0.14.xml");
        assertTrue(new UpgradeMonitor().isActivated());
        String page = ask("GET", "mesos/upgrade/").body();
        assertTrue(page, page.contains("docker:jdk8 team/a"));
        assertTrue(page, page.contains("-XX:MaxPermSize=128m"));
        assertTrue(ask("GET", "mesos/").body().contains("upgrade/"));
        assertEquals(405, ask("GET", "mesos/upgrade/dismiss").status());
        assertFalse(UpgradeReport.isEmpty());
        assertEquals(200, ask("POST", "mesos/upgrade/dismiss").status());
        assertTrue(UpgradeReport.isEmpty());
        assertFalse(new UpgradeMonitor().isActivated());
        assertEquals(200, ask("GET", "mesos/upgrade/").status());
    }

    public void testOnlyAdministratorsSeeAndDismissIt() throws Exception {
        upgraded("cloud-0.14.xml");
        hudson.setSecurityRealm(createDummySecurityRealm());
        hudson.setAuthorizationStrategy(new FullControlOnceLoggedInAuthorizationStrategy());
        assertFalse(ask("GET", "mesos/upgrade/").body().contains("MaxPermSize"));
        ask("POST", "mesos/upgrade/dismiss");
        assertFalse(UpgradeReport.isEmpty());
    }

    public void testTheOldFileIsKeptOnceAndForItsOwnerOnly() throws Exception {
        Path home = Files.createTempDirectory("old-home");
        Files.writeString(
                home.resolve("config.xml"),
                "<hudson><clouds>" + OldFile.of("cloud-0.8.xml").xml + "</clouds></hudson>",
                StandardCharsets.UTF_8);
        Upgrade.keepConfig(home);
        try (Stream<Path> files = Files.list(home.resolve("mesos"))) {
            Path copy = files.findFirst().orElseThrow();
            assertEquals(Files.readString(home.resolve("config.xml")), Files.readString(copy));
            assertEquals(2, Files.getPosixFilePermissions(copy).size());
        }
    }

    public void testAFileOfThisVersionIsNotKept() throws Exception {
        Path home = Files.createTempDirectory("new-home");
        Files.writeString(
                home.resolve("config.xml"),
                Hudson.XSTREAM.toXML(cloud(template("mesos", 1, 1))),
                StandardCharsets.UTF_8);
        Upgrade.keepConfig(home);
        assertFalse(Files.exists(home.resolve("mesos")));
    }
}
