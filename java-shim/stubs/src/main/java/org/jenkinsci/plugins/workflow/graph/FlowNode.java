package org.jenkinsci.plugins.workflow.graph;

import hudson.model.Actionable;
import org.jenkinsci.plugins.workflow.flow.FlowExecution;

public abstract class FlowNode extends Actionable {
    public native FlowExecution getExecution();

    public native Iterable<BlockStartNode> iterateEnclosingBlocks();

    public native String getId();
}
