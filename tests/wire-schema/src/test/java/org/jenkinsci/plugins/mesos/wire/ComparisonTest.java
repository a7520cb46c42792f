package org.jenkinsci.plugins.mesos.wire;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.util.List;
import java.util.function.Consumer;
import org.junit.Test;

/** The comparison finds each kind of mistake that can be made in our schema. */
public class ComparisonTest {

    @Test
    public void findsAChangedNumber() throws Exception {
        assertWrong(field("Filters", "refuse_seconds", field -> field.setNumber(2)),
                "mesos.v1.Filters.refuse_seconds has number 2 where Mesos has 1");
    }

    @Test
    public void findsAChangedLabel() throws Exception {
        assertWrong(field("Resource", "name", field -> field.setLabel(Label.LABEL_OPTIONAL)),
                "mesos.v1.Resource.name has label optional where Mesos has required");
    }

    @Test
    public void findsAChangedType() throws Exception {
        assertWrong(field("DurationInfo", "nanoseconds", field -> field.setType(Type.TYPE_SINT64)),
                "mesos.v1.DurationInfo.nanoseconds has type SINT64 where Mesos has INT64");
    }

    @Test
    public void findsAnotherMessageThanMesosHas() throws Exception {
        assertWrong(field("Offer", "id", field -> field.setTypeName(".mesos.v1.TaskID")),
                "mesos.v1.Offer.id has type mesos.v1.TaskID where Mesos has mesos.v1.OfferID");
    }

    @Test
    public void findsBytesWhereMesosHasAString() throws Exception {
        assertWrong(field("Parameter", "key", field -> field.setType(Type.TYPE_BYTES)),
                "mesos.v1.Parameter.key has type BYTES where Mesos has STRING");
    }

    @Test
    public void findsAChangedDefault() throws Exception {
        assertWrong(field("Filters", "refuse_seconds", field -> field.setDefaultValue("6")),
                "mesos.v1.Filters.refuse_seconds has default 6.0 where Mesos has 5.0");
    }

    @Test
    public void findsADefaultThatIsOnlyImplied() throws Exception {
        assertWrong(field("FrameworkInfo", "checkpoint", FieldDescriptorProto.Builder::clearDefaultValue),
                "mesos.v1.FrameworkInfo.checkpoint has explicit default false where Mesos has true");
    }

    @Test
    public void findsAFieldThatMesosDoesNotHave() throws Exception {
        assertWrong(field("Label", "value", field -> field.setName("valeu")),
                "mesos.v1.Label.valeu is no field of Mesos");
    }

    @Test
    public void findsAMessageThatMesosDoesNotHave() throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        mesos(set).addMessageType(DescriptorProto.newBuilder().setName("Invented"));
        assertWrong(set.build(), "mesos.v1.Invented is no message of Mesos");
    }

    @Test
    public void findsAChangedEnumNumber() throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        taskState(set).getValueBuilderList().stream()
                .filter(value -> value.getName().equals("TASK_RUNNING"))
                .forEach(value -> value.setNumber(77));
        assertWrong(set.build(), "mesos.v1.TaskState.TASK_RUNNING has number 77 where Mesos has 1");
    }

    @Test
    public void findsAnotherFirstEnumValue() throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        EnumDescriptorProto.Builder states = taskState(set);
        var first = states.getValue(0);
        states.removeValue(0).addValue(first);
        assertWrong(set.build(), "mesos.v1.TaskState has first value TASK_STARTING where Mesos has TASK_STAGING");
    }

    @Test
    public void findsAMissingField() throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        DescriptorProto.Builder resource = message(set, "Resource");
        for (int index = 0; index < resource.getFieldCount(); index++) {
            if (resource.getField(index).getName().equals("provider_id")) {
                resource.removeField(index);
                break;
            }
        }
        Comparison comparison = new Comparison(Schema.of(set.build()), WireSchemaTest.MESOS);
        assertEquals(List.of("mesos.v1.Resource.provider_id"), comparison.missing);
    }

    @Test
    public void findsAMissingEnumValue() throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        EnumDescriptorProto.Builder states = taskState(set);
        String last = states.getValue(states.getValueCount() - 1).getName();
        states.removeValue(states.getValueCount() - 1);
        Comparison comparison = new Comparison(Schema.of(set.build()), WireSchemaTest.MESOS);
        assertEquals(List.of("mesos.v1.TaskState." + last), comparison.missing);
    }

    private static void assertWrong(FileDescriptorSet set, String expected) throws Exception {
        List<String> wrong = new Comparison(Schema.of(set), WireSchemaTest.MESOS).wrong;
        assertTrue(expected + " is not among " + wrong, wrong.contains(expected));
    }

    private static FileDescriptorSet field(String message, String field, Consumer<FieldDescriptorProto.Builder> change)
            throws Exception {
        FileDescriptorSet.Builder set = WireSchemaTest.ours().toBuilder();
        change.accept(message(set, message).getFieldBuilderList().stream()
                .filter(candidate -> candidate.getName().equals(field))
                .findFirst()
                .orElseThrow());
        return set.build();
    }

    private static FileDescriptorProto.Builder mesos(FileDescriptorSet.Builder set) {
        return set.getFileBuilderList().stream()
                .filter(file -> file.getPackage().equals("mesos.v1"))
                .findFirst()
                .orElseThrow();
    }

    private static DescriptorProto.Builder message(FileDescriptorSet.Builder set, String name) {
        return mesos(set).getMessageTypeBuilderList().stream()
                .filter(message -> message.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static EnumDescriptorProto.Builder taskState(FileDescriptorSet.Builder set) {
        return mesos(set).getEnumTypeBuilderList().stream()
                .filter(type -> type.getName().equals("TaskState"))
                .findFirst()
                .orElseThrow();
    }
}
