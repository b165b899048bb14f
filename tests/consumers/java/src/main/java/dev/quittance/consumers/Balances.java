package dev.quittance.consumers;

import com.google.gson.GsonBuilder;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Keeps what every customer owes, per currency, from events alone, and prints it as JSON. It follows the topics until it is stopped; with {@code --to-end} it reads
 * what is there now, prints the balances and ends.
 *
 * <p>KAFKA has the brokers, TOPIC_PREFIX what the names of topics begin with (default: quittance), GROUP the consumer group, DATABASE the SQLite file.
 */
public final class Balances {
  private static final String BATCH = "50"; // messages a transaction

  private Balances() {}

  public static void main(String[] arguments) throws SQLException {
    String prefix = System.getenv().getOrDefault("TOPIC_PREFIX", "quittance");
    boolean toEnd = List.of(arguments).contains("--to-end");
    try (Store store = new Store(System.getenv().getOrDefault("DATABASE", "balances.db"));
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(prefix + ".invoicing.v1", prefix + ".payments.v1"));
      Map<TopicPartition, Long> ends = new HashMap<>();
      while (!toEnd || !isAtEnd(consumer, ends)) {
        ConsumerRecords<byte[], byte[]> messages = consumer.poll(Duration.ofSeconds(1));
        if (!messages.isEmpty()) {
          int fresh = store.apply(messages);
          System.err.println(messages.count() + " messages, " + fresh + " new");
          // Only now: who is killed before reads them again, to no effect.
          consumer.commitSync();
        }
      }
      System.out.println(new GsonBuilder().setPrettyPrinting().create().toJson(store.balances()));
    }
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("KAFKA"));
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, System.getenv().getOrDefault("GROUP", "balances-java"));
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, BATCH);
    settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, "10000"); // so soon a consumer that was killed is replaced
    return settings;
  }

  /** Whether everything was read that was there when the partitions were assigned. */
  private static boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    if (ends.isEmpty()) {
      ends.putAll(consumer.endOffsets(consumer.assignment()));
    }
    return !ends.isEmpty() && ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }
}
