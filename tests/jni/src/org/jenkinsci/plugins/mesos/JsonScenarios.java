package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.equal;
import static org.jenkinsci.plugins.mesos.Expect.failure;
import static org.jenkinsci.plugins.mesos.Expect.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON of the bridge, read and written in Java. */
final class JsonScenarios {

    static void allKindsOfValuesAreRead() {
        Map<String, Object> object = NativeJson.read(json(
                " {'t':true,'f':false,'n':null,'i':-12,'d':0.25,'e':1e3,'a':[1,[],{}],'o':{'x':'y'}} "));
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("t", true);
        expected.put("f", false);
        expected.put("n", null);
        expected.put("i", -12L);
        expected.put("d", 0.25);
        expected.put("e", 1000.0);
        expected.put("a", List.of(1L, List.of(), Map.of()));
        expected.put("o", Map.of("x", "y"));
        equal(expected, object);
    }

    static void textsThatLookLikeJsonStayTexts() {
        for (String text : List.of("[cloud] a]", "{\"a\":1}", "null", "'quoted'", "[]", "tab\t \"\\ \u0001 ü 🐢")) {
            byte[] written = NativeJson.write(Map.of("m", text));
            equal(text, NativeJson.read(written).get("m"));
        }
    }

    static void escapesAreRead() {
        equal("a\"\\/\b\f\n\r\tü🐢",
                NativeJson.read("{\"m\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fc\\ud83d\\udc22\"}".getBytes(StandardCharsets.UTF_8))
                        .get("m"));
    }

    static void objectsAreWrittenInOrder() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("v", 1);
        object.put("list", Arrays.asList("a", null, 0.5, 7L, false));
        object.put("map", new LinkedHashMap<>());
        equal("{\"v\":1,\"list\":[\"a\",null,0.5,7,false],\"map\":{}}",
                new String(NativeJson.write(object), StandardCharsets.UTF_8));
    }

    static void mistakesNameThePlaceAndNeverTheContents() throws Exception {
        for (String wrong : List.of("", "[]", "{", "{'a'}", "{'a':}", "{'a':1,}", "{'a':1}x", "{'a':'\n'}", "{'a':'\\x'}",
                "{'a':'\\u12'}", "{'a':tru}", "{'a':--1}", "{'a':'secret", "{a:1}")) {
            String message = failure(IllegalArgumentException.class, () -> NativeJson.read(json(wrong)));
            contains(message, "at position");
            Expect.that(!message.contains("secret"), message);
        }
        String deep = "{'a':".repeat(10_000);
        contains(failure(IllegalArgumentException.class, () -> NativeJson.read(json(deep))), "fewer levels");
    }
}
