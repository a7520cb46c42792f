package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.html.HtmlForm;
import com.gargoylesoftware.htmlunit.html.HtmlPage;
import hudson.model.Hudson;
import org.acegisecurity.context.SecurityContextHolder;

/** The button with which a person asks for an agent. */
public class ProvisionByHandTest extends MesosTestCase {

    public void testTheButtonAsksForOneAgentThatIsToStay() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 2), template("other", 1, 2)));
        HtmlPage page = createWebClient().goTo("computer/");
        HtmlForm form = provisionForm(page);
        assertNotNull("no button on " + page.asText(), form);
        form.getSelectByName("template").getOptionByText("other").setSelected(true);
        submit(form);
        assertEquals(1, framework.agents().size());
        MesosAgent agent = framework.agents().get(0);
        assertEquals("other", agent.template);
        assertEquals(1, agent.executors);
        assertFalse("it would be withdrawn for want of builds", agent.isWithoutDelay());
    }

    private static HtmlForm provisionForm(HtmlPage page) {
        return page.getForms().stream()
                .filter(each -> each.getActionAttribute().endsWith("/cloud/MesosCloud/provision"))
                .findFirst()
                .orElse(null);
    }

    public void testWhatCannotBeAskedForIsSaid() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 2)));
        Answer answer = ask("POST", "cloud/MesosCloud/provision?template=none");
        assertEquals(answer.body(), 400, answer.status());
        assertTrue(answer.body(), answer.body().contains("has no template 'none'"));
        hudson.doQuietDown();
        answer = ask("POST", "cloud/MesosCloud/provision?template=mesos");
        assertTrue(answer.body(), answer.body().contains("going to shut down"));
        assertEquals(0, framework.agents().size());
    }

    public void testWhoMayNotProvisionSeesNoButton() throws Exception {
        opened(cloud(template("mesos", 1, 2)));
        hudson.setAuthorizationStrategy(new ReadOnly());
        SecurityContextHolder.getContext().setAuthentication(Hudson.ANONYMOUS);
        assertNull(provisionForm(createWebClient().goTo("computer/")));
    }
}
