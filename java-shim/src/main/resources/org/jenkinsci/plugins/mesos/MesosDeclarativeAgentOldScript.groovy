package org.jenkinsci.plugins.mesos

import org.jenkinsci.plugins.pipeline.modeldefinition.agent.CheckoutScript
import org.jenkinsci.plugins.pipeline.modeldefinition.agent.DeclarativeAgentScript
import org.jenkinsci.plugins.workflow.cps.CpsScript

// MesosDeclarativeAgentScript for versions of the plugin that want a closure instead.
class MesosDeclarativeAgentOldScript extends DeclarativeAgentScript<MesosDeclarativeAgent> {
    MesosDeclarativeAgentOldScript(CpsScript script, MesosDeclarativeAgent agent) {
        super(script, agent)
    }

    @Override
    Closure run(Closure body) {
        return {
            if (describable.retries > 1) {
                script.retry(count: describable.retries, conditions: [script.mesosAgent(), script.nonresumable()]) {
                    onAgent(body)
                }
            } else {
                onAgent(body)
            }
        }
    }

    private void onAgent(Closure body) {
        script.mesosNode(describable.stepArguments) {
            CheckoutScript.doCheckout(script, describable, describable.customWorkspace, body).call()
        }
    }
}
