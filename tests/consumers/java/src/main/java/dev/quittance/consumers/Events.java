package dev.quittance.consumers;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.quittance.invoicing.v1.InvoicingEvent;
import dev.quittance.payments.v1.PaymentsEvent;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Events in messages, in either form. */
final class Events {
  /** Every type of event of these areas, by its full name. */
  private static final Map<String, Message> TYPES = new HashMap<>();

  static {
    for (Message area : new Message[] {InvoicingEvent.getDefaultInstance(), PaymentsEvent.getDefaultInstance()}) {
      for (FieldDescriptor field : area.getDescriptorForType().getFields()) {
        TYPES.put(field.getMessageType().getFullName(), area.newBuilderForType().newBuilderForField(field).build());
      }
    }
  }

  /** A message that is not an event that this version knows. */
  static final class Unknown extends Exception {
    private static final long serialVersionUID = 1;

    Unknown(String why) {
      super(why);
    }
  }

  private Events() {}

  static Message decode(ConsumerRecord<byte[], byte[]> message) throws Unknown {
    Message type = TYPES.get(header(message, "ce_type"));
    if (type == null || message.value() == null) {
      throw new Unknown("no event of a known type");
    }
    try {
      if (header(message, "content-type").startsWith("application/json")) {
        Message.Builder event = type.newBuilderForType();
        JsonFormat.parser().ignoringUnknownFields().merge(new String(message.value(), StandardCharsets.UTF_8), event);
        return event.build();
      }
      return type.getParserForType().parseFrom(message.value());
    } catch (InvalidProtocolBufferException error) {
      throw new Unknown(error.getMessage());
    }
  }

  static String header(ConsumerRecord<byte[], byte[]> message, String name) throws Unknown {
    Header header = message.headers().lastHeader(name);
    if (header == null || header.value() == null) {
      throw new Unknown(name + " is missing");
    }
    return new String(header.value(), StandardCharsets.UTF_8);
  }
}
