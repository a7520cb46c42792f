package org.jenkinsci.plugins.mesos;

import hudson.util.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jenkinsci.plugins.mesos.AgentSecrets.Reply;

/** The login for the registry of an agent's image: who is given it, and how often. */
public class RegistryLoginsTest extends MesosTestCase {
    private static final String ASKER = "10.0.0.1";

    private MesosCloud cloud;

    private MesosFramework framework() throws Exception {
        FakeLogins.in(hudson)
                .logins
                .put("registry", new LoginStore.Login("reader", Secret.fromString("s3cret-of-the-registry")));
        cloud = cloud(locked("locked", "registry"), locked("lost", "none-of-this-id"), template("plain", 1, 1));
        return opened(cloud);
    }

    private static MesosSlaveInfo locked(String label, String credentialsId) {
        MesosSlaveInfo template = template(label, 1, 1);
        MesosSlaveInfo.ContainerInfo container =
                new MesosSlaveInfo.ContainerInfo("registry.example:5000/team/agent:1");
        container.setRegistryCredentialsId(credentialsId);
        template.setContainerInfo(container);
        return template;
    }

    private static MesosAgent requested(MesosFramework framework, int template) {
        framework.requestByHand(framework.cloud().getSlaveInfos().get(template));
        return framework.agents().get(framework.agents().size() - 1);
    }

    private static long told(MesosAgent agent, String words) {
        return agent.story().stream().filter(line -> line.contains(words)).count();
    }

    public void testTheFirstWhoAsksGetsDockersFile() throws Exception {
        MesosAgent agent = requested(framework(), 0);
        RegistryLogins.Answer first = RegistryLogins.ask(agent.name, ASKER);
        assertEquals(Reply.GIVE, first.reply());
        String auth = Base64.getEncoder()
                .encodeToString("reader:s3cret-of-the-registry".getBytes(StandardCharsets.UTF_8));
        assertEquals(
                "{\"auths\":{\"registry.example:5000\":{\"auth\":\"" + auth + "\"}}}",
                new String(first.file(), StandardCharsets.UTF_8));
        RegistryLogins.Answer second = RegistryLogins.ask(agent.name, "10.0.0.2");
        assertEquals(Reply.GIVEN_BEFORE, second.reply());
        assertNull(second.file());
        assertEquals(1, told(agent, "Registry login handed out to " + ASKER));
        assertEquals(0, told(agent, "s3cret"));
    }

    public void testWhoNeedsNoneOrIsNotWantedAnyMoreGetsNone() throws Exception {
        MesosFramework framework = framework();
        assertEquals(Reply.OVER, RegistryLogins.ask("../../secrets", ASKER).reply());
        MesosAgent lost = requested(framework, 1);
        assertEquals(Reply.UNCLEAR, RegistryLogins.ask(lost.name, ASKER).reply());
        assertEquals(1, told(lost, "Its registry credentials are not there"));
        MesosAgent plain = requested(framework, 2);
        assertNull(RegistryLogins.ask(plain.name, ASKER).file());
        MesosAgent released = requested(framework, 0);
        framework.release(released.name, "not wanted any more");
        assertEquals(Reply.OVER, RegistryLogins.ask(released.name, ASKER).reply());
    }

    public void testARestartNeitherForgetsWhoHasItNorWhoWaitsForIt() throws Exception {
        MesosFramework framework = framework();
        // as they are known after a restart: without the settings that they were asked for with
        MesosAgent given = new MesosAgent(node("given"));
        MesosAgent starting = new MesosAgent(node("starting"));
        SecretsGiven notes =
                new SecretsGiven(MesosFrameworks.stateDir(cloud.getCloudID()), SecretsGiven.Kind.REGISTRY);
        assertTrue(notes.first(given.name));
        assertEquals(Reply.GIVEN_BEFORE, RegistryLogins.ask(framework, given, ASKER).reply());
        assertEquals(Reply.GIVE, RegistryLogins.ask(framework, starting, ASKER).reply());
        assertEquals(Reply.GIVEN_BEFORE, RegistryLogins.ask(framework, starting, ASKER).reply());

        AgentSecrets.forgetAllBut(List.of(given.name), cloud.getCloudID());
        assertEquals(Reply.GIVEN_BEFORE, RegistryLogins.ask(framework, given, ASKER).reply());
        assertTrue("an agent that ended meanwhile is forgotten", notes.first(starting.name));
        AgentSecrets.forget(cloud.getCloudID(), given.name);
        assertTrue(notes.first(given.name));
    }

    private MesosSlave node(String name) throws Exception {
        Plan.Agent plan = new Plan.Agent(
                name, "locked", 1, 0.1, 64, createTmpDir().getPath(), 0, "NORMAL", "locked", null, false, 0, 0, 0);
        MesosSlave node = new MesosSlave(cloud, cloud.getSlaveInfos().get(0), plan);
        node.setLauncher(new MesosComputerLauncher());
        return node;
    }
}
