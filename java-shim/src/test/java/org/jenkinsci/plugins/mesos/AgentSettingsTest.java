package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.html.HtmlPage;
import hudson.model.FreeStyleProject;
import hudson.model.Hudson;

/** The page with the settings of an agent. */
public class AgentSettingsTest extends AgentTestCase {

    public void testTheyAreShownAndSavingThemLeavesTheAgentAsItIs() throws Exception {
        MesosSlave node = agent("told").online();
        String before = Hudson.XSTREAM.toXML(node);

        HtmlPage page = createWebClient().goTo("computer/" + node.getNodeName() + "/configure");
        assertTrue(page.asText(), page.asText().contains("template told of the Mesos cloud MesosCloud"));
        submit(page.getFormByName("config"));

        assertSame(node, hudson.getNode(node.getNodeName()));
        assertEquals(before, Hudson.XSTREAM.toXML(node));
        FreeStyleProject job = job("job", "told");
        assertSame(node, assertBuildStatusSuccess(job.scheduleBuild2(0)).getBuiltOn());
    }
}
