package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.equal;
import static org.jenkinsci.plugins.mesos.Expect.eventually;
import static org.jenkinsci.plugins.mesos.Expect.json;
import static org.jenkinsci.plugins.mesos.Expect.list;
import static org.jenkinsci.plugins.mesos.Expect.map;
import static org.jenkinsci.plugins.mesos.Expect.nativeFailure;
import static org.jenkinsci.plugins.mesos.Expect.that;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Each native of the contract, right and wrong, without a Mesos master. */
final class BridgeScenarios {

    /** Port 1 of this machine: nobody listens, the connection is refused at once. */
    private static final String NOBODY = "127.0.0.1:1";

    static {
        try {
            NativeLibrary.load("");
        } catch (NativeLibraryException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static byte[] config(String master) {
        return json("{'v':1,'cloudId':'test','name':'TestCloud','master':'" + master + "','jenkinsUrl':'http://127.0.0.1:8080/',"
                + "'templates':[{'label':'mesos','cpus':'0.1','mem':'512'}]}");
    }

    static String folder() throws Exception {
        return Files.createTempDirectory("cloud").toString();
    }

    static long open() throws Exception {
        long handle = NativeBridge.open(config(NOBODY), folder());
        that(handle > 0, handle);
        return handle;
    }

    static byte[] request(String name) {
        return json("{'v':1,'name':'" + name + "','label':'mesos','executors':1,"
                + "'launch':{'protocol':'jnlp','jenkinsUrl':'http://127.0.0.1:8080/','secretPath':null,'tunnel':null,'webSocket':false}}");
    }

    /** Polls until an event is such; those before it and after it in its batch are lost. */
    static Map<String, Object> event(long handle, Predicate<Map<String, Object>> wanted) throws Exception {
        List<Object> seen = new ArrayList<>();
        return eventually(() -> "events seen: " + seen, () -> {
            Map<String, Object> batch = NativeJson.read(NativeBridge.poll(handle, 500));
            equal(1L, batch.get("v"));
            equal(false, batch.get("closed"));
            seen.addAll(list(batch.get("events")));
            for (Map<String, Object> event : list(batch.get("events"))) {
                that((Long) event.get("at") > 1_600_000_000_000L, event);
                if (wanted.test(event)) {
                    return event;
                }
            }
            return null;
        });
    }

    static void versionTellsTheContract() {
        Map<String, Object> version = NativeJson.read(NativeBridge.version());
        equal(1L, version.get("v"));
        equal(1L, version.get("contract"));
        contains((String) version.get("version"), ".");
    }

    static void validateFindsTheWrongField() {
        Map<String, Object> answer = NativeJson.read(NativeBridge.validate(json("{'v':1,'master':'" + NOBODY + "',"
                + "'jenkinsUrl':'http://127.0.0.1:8080/','templates':[{'label':'good'},{'label':'bad','cpus':'-1','mem':'abc'}]}")));
        List<Map<String, Object>> problems = list(answer.get("problems"));
        for (String field : List.of("cpus", "mem")) {
            Map<String, Object> problem = problems.stream().filter(p -> field.equals(p.get("field"))).findFirst()
                    .orElseThrow(() -> new AssertionError(field + " not in " + problems));
            equal("error", problem.get("severity"));
            equal(1L, problem.get("template"));
        }
        equal(1, list(answer.get("totals")).size());
        equal(0L, list(answer.get("totals")).get(0).get("template"));
    }

    static void anUnreachableMasterIsToldInEventsAndStatus() throws Exception {
        long handle = open();
        Map<String, Object> event =
                event(handle, e -> "connection".equals(e.get("type")) && e.get("message") != null);
        contains((String) event.get("message"), NOBODY);
        Map<String, Object> status = NativeJson.read(NativeBridge.status(handle));
        Map<String, Object> connection = map(status.get("connection"));
        that(!"subscribed".equals(connection.get("state")), connection);
        that(connection.get("sinceMillis") instanceof Long, connection);
        NativeBridge.close(handle, false);
    }

    static void aReleasedRequestThatWasNeverPlacedIsWithdrawnOnce() throws Exception {
        long handle = open();
        NativeBridge.submit(handle, request("mesos-jenkins-1-mesos"));
        eventually(() -> "the request in the status", () -> list(NativeJson.read(NativeBridge.status(handle)).get("waiting"))
                .stream().filter(w -> "mesos-jenkins-1-mesos".equals(w.get("name"))).findFirst().orElse(null));
        byte[] release = json("{'v':1,'names':['mesos-jenkins-1-mesos','never-heard-of'],'reason':'test'}");
        NativeBridge.release(handle, release);
        NativeBridge.release(handle, release);
        Map<String, Object> ended = event(handle, e -> "ended".equals(e.get("type")));
        equal("mesos-jenkins-1-mesos", ended.get("name"));
        equal("WITHDRAWN", ended.get("state"));
        equal(true, ended.get("requested"));
        // Another request's end comes after all that the second release could have caused.
        NativeBridge.submit(handle, request("mesos-jenkins-2-mesos"));
        NativeBridge.release(handle, json("{'v':1,'names':['mesos-jenkins-2-mesos'],'reason':'test'}"));
        List<Object> names = new ArrayList<>();
        eventually(() -> names, () -> {
            for (Map<String, Object> event : list(NativeJson.read(NativeBridge.poll(handle, 500)).get("events"))) {
                if ("ended".equals(event.get("type"))) {
                    names.add(event.get("name"));
                }
            }
            return names.contains("mesos-jenkins-2-mesos") ? names : null;
        });
        equal(List.of("mesos-jenkins-2-mesos"), names);
        NativeBridge.close(handle, false);
    }

    static void aPlanCutsTheDemandIntoAgents() throws Exception {
        long handle = open();
        List<Map<String, Object>> agents =
                list(NativeJson.read(NativeBridge.plan(handle, json("{'v':1,'label':'mesos','excess':3}"))).get("agents"));
        equal(2, agents.size());
        equal(2L, agents.get(0).get("executors"));
        equal(1L, agents.get(1).get("executors"));
        that(!agents.get(0).get("name").equals(agents.get(1).get("name")), agents);
        contains(nativeFailure(() -> NativeBridge.plan(handle, json("{'v':1,'label':'other','excess':3}"))), "other");
        NativeBridge.close(handle, false);
    }

    static void aReviewGivesEachWaitingBuildOneExecutor() throws Exception {
        long handle = open();
        String kinds = "'kinds':[{'template':'mesos','image':null,'serves':[0]}]";
        Map<String, Object> first = NativeJson.read(NativeBridge.review(
                handle, json("{'v':1,'waiting':[{'kind':0,'fresh':false,'builds':3}]," + kinds + "}")));
        List<Map<String, Object>> agents = list(first.get("request"));
        equal(2, agents.size());
        equal(2L, agents.get(0).get("executors"));
        equal(List.of(), list(first.get("withdraw")));
        String there = "'agents':[{'name':'a','kind':0,'state':'requested','executors':2},"
                + "{'name':'b','kind':0,'state':'requested','executors':1}]";
        Map<String, Object> second = NativeJson.read(NativeBridge.review(
                handle, json("{'v':1,'waiting':[{'kind':0,'builds':2}]," + kinds + "," + there + "}")));
        equal(List.of(), list(second.get("request")));
        equal(List.of("b"), list(second.get("withdraw")));
        contains(nativeFailure(() -> NativeBridge.review(handle, json("{'v':1,'waiting':[{'kind':1,'builds':2}]}"))), "kind 1");
        NativeBridge.close(handle, false);
    }

    static void capacityIsAnsweredAtOnceEvenIfNothingIsKnown() throws Exception {
        long handle = open();
        Map<String, Object> capacity =
                NativeJson.read(NativeBridge.capacity(handle, json("{'v':1,'cpus':2,'mem':512,'disk':0}")));
        equal(false, capacity.get("known"));
        equal(0L, capacity.get("agentsThatFit"));
        NativeBridge.close(handle, false);
    }

    static void rolesAreAnsweredAtOnceEvenIfNothingIsKnown() throws Exception {
        long handle = open();
        long start = System.nanoTime();
        Map<String, Object> roles = NativeJson.read(NativeBridge.roles(handle));
        long millis = (System.nanoTime() - start) / 1_000_000;
        that(millis < 1000, millis + " ms");
        equal(1L, roles.get("v"));
        equal(false, roles.get("known"));
        equal(List.of(), list(roles.get("roles")));
        NativeBridge.close(handle, false);
    }

    static void aCaFileThatIsNoneIsToldByEachThatNeedsIt() throws Exception {
        String wrong = "{'v':1,'cloudId':'test','master':'https://127.0.0.1:1','caFile':'/no/such/ca.pem',"
                + "'templates':[{'label':'mesos'}]}";
        String relative = wrong.replace("/no/such/ca.pem", "ca.pem");
        List<Map<String, Object>> problems = list(NativeJson.read(NativeBridge.validate(json(relative))).get("problems"));
        that(problems.stream().anyMatch(problem -> "caFile".equals(problem.get("field"))), problems);
        Map<String, Object> report = NativeJson.read(NativeBridge.testConnection(json(wrong)));
        equal(false, report.get("ok"));
        contains((String) report.get("message"), "/no/such/ca.pem");
        long handle = NativeBridge.open(json(wrong), folder());
        Map<String, Object> event =
                event(handle, e -> "connection".equals(e.get("type")) && e.get("message") != null);
        contains((String) event.get("message"), "/no/such/ca.pem");
        NativeBridge.close(handle, false);
    }

    static void reconfigureChangesThePlan() throws Exception {
        long handle = open();
        NativeBridge.reconfigure(handle,
                json("{'v':1,'cloudId':'test','master':'" + NOBODY + "','templates':[{'label':'other','maxExecutors':5}]}"));
        List<Map<String, Object>> agents = eventually(() -> "a plan by the new configuration", () -> {
            try {
                return list(NativeJson.read(NativeBridge.plan(handle, json("{'v':1,'label':'other','excess':5}"))).get("agents"));
            } catch (NativeException e) {
                return null;
            }
        });
        equal(5L, agents.get(0).get("executors"));
        NativeBridge.close(handle, false);
    }

    static void testConnectionToNobodySaysWhatIsWrong() {
        Map<String, Object> report = NativeJson.read(NativeBridge.testConnection(config(NOBODY)));
        equal(false, report.get("ok"));
        contains((String) report.get("message"), NOBODY);
    }

    static void aStaleHandleIsAnErrorInEachNative() throws Exception {
        long stale = open();
        NativeBridge.close(stale, false);
        contains(nativeFailure(() -> NativeBridge.status(stale)), "is closed");
        contains(nativeFailure(() -> NativeBridge.close(stale, true)), "is closed");
        pollUntilClosed(stale);
        for (long handle : new long[] {stale, 0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE, stale + 1}) {
            List<Expect.Action> calls = List.of(
                    () -> NativeBridge.reconfigure(handle, config(NOBODY)),
                    () -> NativeBridge.plan(handle, json("{'v':1,'label':'mesos','excess':1}")),
                    () -> NativeBridge.submit(handle, request("mesos-jenkins-3-mesos")),
                    () -> NativeBridge.release(handle, json("{'v':1,'names':[],'reason':''}")),
                    () -> NativeBridge.review(handle, json("{'v':1}")),
                    () -> NativeBridge.capacity(handle, json("{'v':1,'cpus':1,'mem':1,'disk':0}")),
                    () -> NativeBridge.roles(handle),
                    () -> NativeBridge.poll(handle, 0),
                    () -> NativeBridge.status(handle),
                    () -> NativeBridge.close(handle, false));
            for (Expect.Action call : calls) {
                contains(nativeFailure(call), "cloud handle " + handle + " is closed");
            }
        }
    }

    static void nullArgumentsAreErrors() throws Exception {
        long handle = open();
        List<Expect.Action> calls = List.of(
                () -> NativeBridge.open(null, folder()),
                () -> NativeBridge.open(config(NOBODY), null),
                () -> NativeBridge.reconfigure(handle, null),
                () -> NativeBridge.plan(handle, null),
                () -> NativeBridge.submit(handle, null),
                () -> NativeBridge.release(handle, null),
                () -> NativeBridge.review(handle, null),
                () -> NativeBridge.capacity(handle, null),
                () -> NativeBridge.validate(null),
                () -> NativeBridge.testConnection(null),
                () -> NativeBridge.logLevel(null));
        for (Expect.Action call : calls) {
            contains(nativeFailure(call), "is null");
        }
        NativeBridge.close(handle, false);
    }

    static void malformedMessagesAreErrorsThatNameTheArgument() throws Exception {
        long handle = open();
        for (String wrong : List.of("", "{", "[]", "null", "{'v':1,", "{'v':2}", "{}", "\u0000", "{'v':1}}", "'v'")) {
            byte[] bytes = json(wrong);
            contains(nativeFailure(() -> NativeBridge.validate(bytes)), "config");
            contains(nativeFailure(() -> NativeBridge.testConnection(bytes)), "config");
            contains(nativeFailure(() -> NativeBridge.open(bytes, folder())), "config");
            contains(nativeFailure(() -> NativeBridge.reconfigure(handle, bytes)), "config");
            contains(nativeFailure(() -> NativeBridge.plan(handle, bytes)), "demand");
            contains(nativeFailure(() -> NativeBridge.submit(handle, bytes)), "request");
            contains(nativeFailure(() -> NativeBridge.release(handle, bytes)), "release");
            contains(nativeFailure(() -> NativeBridge.review(handle, bytes)), "situation");
            contains(nativeFailure(() -> NativeBridge.capacity(handle, bytes)), "need");
        }
        contains(nativeFailure(() -> NativeBridge.validate(new byte[] {'{', (byte) 0xff, '}'})), "config");
        NativeBridge.close(handle, false);
    }

    static void aRelativeStateFolderIsRefused() throws Exception {
        contains(nativeFailure(() -> NativeBridge.open(config(NOBODY), "mesos")), "not absolute");
    }

    static void anUnknownLogLevelIsRefused() throws Exception {
        contains(nativeFailure(() -> NativeBridge.logLevel("loud 🐢")), "loud 🐢", "trace");
    }

    static void aLargeMessageIsTaken() {
        String words = "-Dx=y ".repeat(500_000);
        Map<String, Object> answer = NativeJson.read(NativeBridge.validate(json("{'v':1,'master':'" + NOBODY
                + "','templates':[{'label':'mesos','jvmArgs':'" + words + "'}]}")));
        equal(1, list(answer.get("totals")).size());
    }

    static void closeWakesAWaitingPoll() throws Exception {
        long handle = open();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Thread poller = new Thread(() -> {
            try {
                pollUntilClosed(handle);
                closed.complete(null);
            } catch (Throwable e) {
                closed.completeExceptionally(e);
            }
        });
        poller.start();
        eventually(() -> "the poller inside the native call", () -> {
            StackTraceElement[] stack = poller.getStackTrace();
            return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getMethodName().equals("poll") ? stack : null;
        });
        NativeBridge.close(handle, false);
        closed.get(Expect.PATIENCE_SECONDS, TimeUnit.SECONDS);
        contains(nativeFailure(() -> NativeBridge.poll(handle, 0)), "is closed");
    }

    static void closeReturnsAtOnceAlsoWhenTheFrameworkIsToBeTornDown() throws Exception {
        long handle = open();
        long start = System.nanoTime();
        NativeBridge.close(handle, true);
        long millis = (System.nanoTime() - start) / 1_000_000;
        that(millis < 1000, millis + " ms");
        pollUntilClosed(handle);
    }

    private static void pollUntilClosed(long handle) {
        while (!Boolean.TRUE.equals(NativeJson.read(NativeBridge.poll(handle, 60_000)).get("closed"))) {}
    }
}
