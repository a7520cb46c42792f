package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jenkinsci.plugins.mesos.AgentSecrets.Reply;

/** An agent's secret is for the first who asks while the agent is on its way. */
public class AgentSecretsTest extends AgentTestCase {
    private MesosAgent requested() throws Exception {
        MesosFramework framework = MesosFrameworks.all().get(0);
        framework.requestByHand(framework.cloud().getSlaveInfos().get(0));
        return framework.agents().get(0);
    }

    private static List<String> about(String word, MesosAgent agent) {
        return agent.story().stream().filter(line -> line.contains(word)).toList();
    }

    public void testAnAgentOnItsWayGetsItsSecretOnceBeforeThereIsANode() throws Exception {
        MesosAgent agent = requested();
        assertNull(hudson.getNode(agent.name));
        assertNull(agent.secretTrouble());
        assertEquals(Reply.GIVE, AgentSecrets.ask(agent.name, "10.0.0.1"));
        assertEquals(1, about("Secret handed out to 10.0.0.1", agent).size());
        for (int i = 0; i < 3; i++) {
            assertEquals(Reply.GIVEN_BEFORE, AgentSecrets.ask(agent.name, "10.0.0.2"));
        }
        assertEquals("told once", 1, about("refused", agent).size());
        assertEquals(
                "its secret was asked for again from 10.0.0.2 and refused, since it was already handed out to 10.0.0.1",
                agent.secretTrouble());
    }

    public void testOfManyWhoAskAtOnceOneGetsIt() throws Exception {
        String name = requested().name;
        int askers = 16;
        ExecutorService pool = Executors.newFixedThreadPool(askers);
        CountDownLatch ready = new CountDownLatch(askers);
        List<Future<Reply>> asked = new ArrayList<>();
        for (int i = 0; i < askers; i++) {
            asked.add(pool.submit(() -> {
                ready.countDown();
                ready.await();
                return AgentSecrets.ask(name, "10.0.0.1");
            }));
        }
        List<Reply> answers = new ArrayList<>();
        for (Future<Reply> each : asked) {
            answers.add(each.get());
        }
        pool.shutdown();
        assertEquals(1, Collections.frequency(answers, Reply.GIVE));
        assertEquals(askers - 1, Collections.frequency(answers, Reply.GIVEN_BEFORE));
    }

    public void testWhatIsNoAgentOrOneNoLongerWantedHasNoSecret() throws Exception {
        assertEquals(Reply.OVER, AgentSecrets.ask("../../secrets", "10.0.0.1"));
        MesosAgent agent = requested();
        MesosFrameworks.all().get(0).release(agent.name, "not wanted any more");
        assertEquals(Reply.OVER, AgentSecrets.ask(agent.name, "10.0.0.1"));
    }

    public void testAnAgentThatIsOnlineNeedsNoSecret() throws Exception {
        MesosFrameworks.stop();
        assertEquals(Reply.GIVEN_BEFORE, AgentSecrets.ask(agent("told").online().getNodeName(), "10.0.0.1"));
    }

    public void testWhatWasGivenBeforeARestartIsNotGivenAfterItAsLongAsTheAgentIsThere() throws Exception {
        MesosSlave given = agent("told").node();
        MesosSlave starting = agent("told").node();
        for (MesosSlave each : List.of(given, starting)) {
            each.setLauncher(new MesosComputerLauncher());
        }
        MesosFrameworks.stop();
        hudson.addNode(given);
        hudson.addNode(starting);
        SecretsGiven notes = new SecretsGiven(
                MesosFrameworks.stateDir(given.getCloudId()), SecretsGiven.Kind.AGENT);
        assertTrue(notes.first(given.getNodeName()));
        assertTrue(notes.first("gone-by-now"));

        assertEquals(Reply.GIVEN_BEFORE, AgentSecrets.ask(given.getNodeName(), "10.0.0.1"));
        assertEquals(Reply.GIVE, AgentSecrets.ask(starting.getNodeName(), "10.0.0.1"));
        assertEquals(Reply.GIVEN_BEFORE, AgentSecrets.ask(starting.getNodeName(), "10.0.0.1"));

        notes.forgetAllBut(List.of(given.getNodeName()));
        assertFalse(notes.first(given.getNodeName()));
        assertTrue(notes.first("gone-by-now"));
        assertTrue(notes.first(starting.getNodeName()));
        notes.forget(given.getNodeName());
        assertTrue(notes.first(given.getNodeName()));
    }
}
