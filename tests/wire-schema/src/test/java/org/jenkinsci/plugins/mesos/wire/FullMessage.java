package org.jenkinsci.plugins.mesos.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.ArrayDeque;
import java.util.Deque;

/** A message with every field set, to something else than its default, down to the last level. */
final class FullMessage {
    private final Deque<Descriptor> path = new ArrayDeque<>();

    private FullMessage() {}

    static Message of(Descriptor type) {
        return new FullMessage().fill(type, 0);
    }

    private Message fill(Descriptor type, int turn) {
        path.push(type);
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            if (endless(field)) {
                continue;
            }
            if (field.isRepeated()) {
                message.addRepeatedField(field, value(field, turn));
                if (leaf(field)) {
                    message.addRepeatedField(field, value(field, turn + 1));
                }
            } else {
                message.setField(field, value(field, turn));
            }
        }
        path.pop();
        return message.build();
    }

    /** A container may be nested in another: two levels of it are enough. */
    private boolean endless(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                && path.stream().filter(field.getMessageType()::equals).count() > 1;
    }

    private static boolean leaf(FieldDescriptor field) {
        return field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                || field.getMessageType().getFields().stream()
                        .noneMatch(inner -> inner.getJavaType() == FieldDescriptor.JavaType.MESSAGE);
    }

    private Object value(FieldDescriptor field, int turn) {
        int seed = 100 * turn + field.getNumber();
        return switch (field.getJavaType()) {
            case INT -> -seed;
            case LONG -> Long.MIN_VALUE + seed;
            case FLOAT -> seed + 0.25f;
            case DOUBLE -> seed + 0.125;
            case BOOLEAN -> !(Boolean) field.getDefaultValue();
            case STRING -> field.getName() + "-" + turn + "-ü";
            case BYTE_STRING -> ByteString.copyFrom(new byte[] {(byte) seed, 0, -1, (byte) turn});
            case ENUM -> field.getEnumType().getValues().get(field.getEnumType().getValues().size() - 1);
            case MESSAGE -> fill(field.getMessageType(), turn);
        };
    }
}
