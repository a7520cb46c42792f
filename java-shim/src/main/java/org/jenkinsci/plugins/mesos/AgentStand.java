package org.jenkinsci.plugins.mesos;

/**
 * What an agent of ours counts for at one moment. It stands in exactly one place from the request to the end of its
 * task, so that no executor is counted twice, and none is missed on its way from one place to the next.
 *
 * @param executors those that waiting builds can have, now or when it is online
 */
record AgentStand(Place place, int executors) {
    enum Place {
        /** Waits for an offer, and can be withdrawn for want of builds. */
        REQUESTED,
        /** Is on its way, and is left to come. */
        COMING,
        /** Is online. */
        FREE,
        /** All its executors have builds. */
        BUSY,
        /** Was online, and is not connected now; or has not come back since Jenkins was started. */
        AWAY,
        /** Takes no build any more. */
        LEAVING
    }

    /** The contract's name. */
    String state() {
        return switch (place) {
            case REQUESTED -> "requested";
            case COMING -> "accepted";
            default -> "present";
        };
    }

    /**
     * What is known of an agent when it is counted.
     *
     * @param released it is being withdrawn or ended
     * @param online it has been online, as far as it was told
     * @param overdue it ought to have come back by now
     * @param withdrawable it waits for an offer, and was asked for since builds wait
     * @param executors in all
     * @param work what its computer has; null: it has none
     */
    record Known(
            boolean released, boolean online, boolean overdue, boolean withdrawable, int executors, Work work) {}

    /**
     * What a computer of ours has.
     *
     * @param connected whether it can be given builds over its connection
     * @param accepting whether it takes builds
     * @param free executors without a build that it would still give to one
     * @param busy executors with a build
     */
    record Work(boolean connected, boolean accepting, int free, int busy) {}

    static AgentStand of(Known agent) {
        Work work = agent.work;
        if (agent.released) {
            return new AgentStand(Place.LEAVING, 0);
        }
        if (agent.online) {
            return there(work);
        }
        if (agent.overdue) {
            return new AgentStand(Place.AWAY, 0);
        }
        // a build may be given to it before its coming is told
        int left = agent.executors - (work == null ? 0 : work.busy);
        if (left <= 0) {
            return new AgentStand(Place.BUSY, 0);
        }
        return new AgentStand(agent.withdrawable ? Place.REQUESTED : Place.COMING, left);
    }

    private static AgentStand there(Work work) {
        if (work == null || !work.connected) {
            return new AgentStand(Place.AWAY, 0);
        }
        if (!work.accepting) {
            return new AgentStand(Place.LEAVING, 0);
        }
        return work.free > 0 ? new AgentStand(Place.FREE, work.free) : new AgentStand(Place.BUSY, 0);
    }
}
