package org.jenkinsci.plugins.mesos

import org.jenkinsci.plugins.pipeline.modeldefinition.agent.CheckoutScript
import org.jenkinsci.plugins.pipeline.modeldefinition.agent.DeclarativeAgentScript2
import org.jenkinsci.plugins.workflow.cps.CpsScript

class MesosDeclarativeAgentScript extends DeclarativeAgentScript2<MesosDeclarativeAgent> {
    MesosDeclarativeAgentScript(CpsScript script, MesosDeclarativeAgent agent) {
        super(script, agent)
    }

    @Override
    void run(Closure body) {
        if (describable.retries > 1) {
            script.retry(count: describable.retries, conditions: [script.mesosAgent(), script.nonresumable()]) {
                onAgent(body)
            }
        } else {
            onAgent(body)
        }
    }

    private void onAgent(Closure body) {
        script.mesosNode(describable.stepArguments) {
            CheckoutScript.doCheckout2(script, describable, describable.customWorkspace, body)
        }
    }
}
