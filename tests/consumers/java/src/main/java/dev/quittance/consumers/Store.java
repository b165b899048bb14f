package dev.quittance.consumers;

import com.google.protobuf.Message;
import dev.quittance.common.v1.Money;
import dev.quittance.invoicing.v1.InvoiceCredited;
import dev.quittance.invoicing.v1.InvoiceIssued;
import dev.quittance.invoicing.v1.InvoiceVoided;
import dev.quittance.invoicing.v1.ItemSettled;
import dev.quittance.invoicing.v1.ItemWrittenOff;
import dev.quittance.invoicing.v1.RecoveryRecorded;
import dev.quittance.invoicing.v1.SettlementReversed;
import dev.quittance.payments.v1.PaymentApplied;
import dev.quittance.payments.v1.PaymentAttributed;
import dev.quittance.payments.v1.PaymentReceived;
import dev.quittance.payments.v1.PaymentUnapplied;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** The balances in SQLite, with the ids of the events that are in them. */
final class Store implements AutoCloseable {
  private static final String[] TABLES = {
    "create table if not exists seen (id text primary key) without rowid",
    "create table if not exists item (id text primary key, tenant text, customer text, currency text, open text) without rowid",
    "create table if not exists payment (id text primary key, tenant text, customer text, currency text, unapplied text) without rowid",
    // What this version cannot read, with its headers: a type of a later version, or no event at all.
    "create table if not exists kept (topic text, part integer, place integer, error text, headers text, value blob, primary key (topic, part, place))",
  };

  private final Connection connection;

  Store(String file) throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    for (String table : TABLES) {
      update(table);
    }
    connection.setAutoCommit(false);
  }

  /** Applies each event once: its id and its effect are committed together. Returns how many were new. */
  int apply(ConsumerRecords<byte[], byte[]> messages) throws SQLException {
    int fresh = 0;
    for (ConsumerRecord<byte[], byte[]> message : messages) {
      Message event;
      String id;
      String tenant;
      try {
        event = Events.decode(message);
        id = Events.header(message, "ce_id");
        tenant = Events.header(message, "ce_tenant");
      } catch (Events.Unknown why) {
        update("insert or ignore into kept values (?, ?, ?, ?, ?, ?)",
            message.topic(), message.partition(), message.offset(), why.getMessage(), message.headers().toString(), message.value());
        continue;
      }
      if (update("insert or ignore into seen values (?)", id) == 1) {
        apply(tenant, event);
        fresh++;
      }
    }
    connection.commit();
    return fresh;
  }

  /** The effect of an event. Events of one customer come in order, so that an item is known before it moves. */
  private void apply(String tenant, Message message) throws SQLException {
    if (message instanceof InvoiceIssued event) {
      Money total = event.getTotal();
      update("insert into item values (?, ?, ?, ?, ?)", event.getInvoiceId(), tenant, event.getCustomerId(), total.getCurrencyCode(), total.getAmount());
    } else if (message instanceof ItemSettled event) {
      // What is left: money, discount and write-off together.
      update("update item set open = ? where id = ?", event.getOpenAmount().getAmount(), event.getSettlement().getItemId());
    } else if (message instanceof SettlementReversed event) {
      update("update item set open = ? where id = ?", event.getOpenAmount().getAmount(), event.getSettlement().getItemId());
    } else if (message instanceof ItemWrittenOff event) {
      update("update item set open = ? where id = ?", event.getOpenAmount().getAmount(), event.getBadDebt().getItemId());
    } else if (message instanceof RecoveryRecorded event) {
      update("update item set open = ? where id = ?", event.getOpenAmount().getAmount(), event.getBadDebt().getItemId());
    } else if (message instanceof InvoiceVoided event) {
      add("item", "open", event.getInvoiceId(), amount(event.getAmount()).negate());
    } else if (message instanceof InvoiceCredited event) {
      add("item", "open", event.getInvoiceId(), amount(event.getAmount()).negate());
    } else if (message instanceof PaymentReceived event) {
      moveCash(tenant, event.getPaymentId(), event.getAmount(), amount(event.getAmount()));
      // Empty where the payer is unknown: the money has no customer until it is attributed.
      update("update payment set customer = ? where id = ?", event.getCustomerId(), event.getPaymentId());
    } else if (message instanceof PaymentAttributed event) {
      update("update payment set customer = ? where id = ?", event.getCustomerId(), event.getPaymentId());
    } else if (message instanceof PaymentApplied event) {
      Money money = event.getAllocation().getAmount();
      moveCash(tenant, event.getPaymentId(), money, amount(money).negate());
    } else if (message instanceof PaymentUnapplied event) {
      Money money = event.getAllocation().getAmount();
      moveCash(tenant, event.getPaymentId(), money, amount(money));
    }
  }

  /** Adds to a payment's unapplied money. It may be applied, under its customer's key, before its receipt is read under its own. */
  private void moveCash(String tenant, String payment, Money money, BigDecimal change) throws SQLException {
    update("insert into payment values (?, ?, '', ?, '0') on conflict do nothing", payment, tenant, money.getCurrencyCode());
    add("payment", "unapplied", payment, change);
  }

  private void add(String table, String column, String id, BigDecimal change) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("select " + column + " from " + table + " where id = ?")) {
      select.setString(1, id);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("there is no " + table + " " + id);
        }
        BigDecimal sum = new BigDecimal(row.getString(1)).add(change);
        update("update " + table + " set " + column + " = ? where id = ?", sum.toPlainString(), id);
      }
    }
  }

  /** What is open and what is unapplied, by tenant, customer and currency. */
  Map<String, Map<String, Map<String, Map<String, String>>>> balances() throws SQLException {
    Map<String, Map<String, Map<String, Map<String, String>>>> found = new TreeMap<>();
    for (String[] source : new String[][] {{"item", "open"}, {"payment", "unapplied"}}) {
      String query = "select tenant, customer, currency, " + source[1] + " from " + source[0] + " where customer <> ''";
      try (PreparedStatement select = connection.prepareStatement(query); ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          Map<String, String> sums = found
              .computeIfAbsent(rows.getString(1), tenant -> new TreeMap<>())
              .computeIfAbsent(rows.getString(2), customer -> new TreeMap<>())
              .computeIfAbsent(rows.getString(3), currency -> new TreeMap<>(Map.of("open", "0", "unapplied", "0")));
          BigDecimal value = new BigDecimal(rows.getString(4));
          sums.compute(source[1], (name, sum) -> new BigDecimal(sum).add(value).toPlainString());
        }
      }
    }
    return found;
  }

  private int update(String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  private static BigDecimal amount(Money money) {
    return new BigDecimal(money.getAmount());
  }
}
