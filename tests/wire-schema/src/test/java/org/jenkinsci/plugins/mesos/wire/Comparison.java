package org.jenkinsci.plugins.mesos.wire;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What differs between our schema and Mesos's, in sentences, and how much was compared. */
final class Comparison {
    /** Something of ours is not so in Mesos. */
    final List<String> wrong = new ArrayList<>();
    /** Something of Mesos's is missing in a message or enum that we have. */
    final List<String> missing = new ArrayList<>();
    /** Our {@code bytes} that are messages in Mesos. */
    final List<String> opaque = new ArrayList<>();

    int fields;
    int values;

    private final Schema mesos;

    Comparison(Schema ours, Schema mesos) {
        this.mesos = mesos;
        ours.messages().values().forEach(this::compareMessage);
        ours.enums().values().forEach(this::compareEnum);
    }

    private void compareMessage(Descriptor message) {
        Descriptor original = mesos.messages().get(message.getFullName());
        if (original == null) {
            wrong.add(message.getFullName() + " is no message of Mesos");
            return;
        }
        for (FieldDescriptor field : message.getFields()) {
            fields++;
            FieldDescriptor there = original.findFieldByName(field.getName());
            if (there == null) {
                wrong.add(field.getFullName() + " is no field of Mesos");
            } else {
                compareField(field, there);
            }
        }
        for (FieldDescriptor there : original.getFields()) {
            if (message.findFieldByName(there.getName()) == null) {
                missing.add(there.getFullName());
            }
        }
    }

    private void compareField(FieldDescriptor field, FieldDescriptor there) {
        String name = field.getFullName();
        expect(name, "number", field.getNumber(), there.getNumber());
        expect(name, "label", label(field), label(there));
        expect(name, "packing", field.isPacked(), there.isPacked());
        if (field.getType() == Type.BYTES && there.getType() == Type.MESSAGE) {
            opaque.add(name);
            return;
        }
        expect(name, "type", type(field), type(there));
        if (!field.isRepeated() && field.getType() != Type.MESSAGE && field.getType() == there.getType()) {
            expect(name, "explicit default", field.hasDefaultValue(), there.hasDefaultValue());
            expect(name, "default", plain(field.getDefaultValue()), plain(there.getDefaultValue()));
        }
    }

    private void compareEnum(EnumDescriptor type) {
        EnumDescriptor original = mesos.enums().get(type.getFullName());
        if (original == null) {
            wrong.add(type.getFullName() + " is no enum of Mesos");
            return;
        }
        for (EnumValueDescriptor value : type.getValues()) {
            values++;
            String name = type.getFullName() + "." + value.getName();
            EnumValueDescriptor there = original.findValueByName(value.getName());
            if (there == null) {
                wrong.add(name + " is no value of Mesos");
            } else {
                expect(name, "number", value.getNumber(), there.getNumber());
            }
        }
        for (EnumValueDescriptor there : original.getValues()) {
            if (type.findValueByName(there.getName()) == null) {
                missing.add(type.getFullName() + "." + there.getName());
            }
        }
        // Readers take the first value for a number that they do not know.
        expect(type.getFullName(), "first value", plain(type.getValues().get(0)), plain(original.getValues().get(0)));
    }

    private void expect(String name, String what, Object here, Object there) {
        if (!Objects.equals(here, there)) {
            wrong.add(name + " has " + what + " " + here + " where Mesos has " + there);
        }
    }

    private static String label(FieldDescriptor field) {
        return field.isRequired() ? "required" : field.isRepeated() ? "repeated" : "optional";
    }

    private static String type(FieldDescriptor field) {
        return switch (field.getType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().toString();
        };
    }

    /** Enum values of two schemas are never equal as objects. */
    private static Object plain(Object value) {
        return value instanceof EnumValueDescriptor constant ? constant.getName() : value;
    }
}
