"""Keeps what every customer owes, per currency, from events alone, and prints it as JSON.

    balances.py            follows the topics until it is stopped
    balances.py --to-end   reads what is there now, prints the balances and ends

KAFKA has the brokers, TOPIC_PREFIX what the names of topics begin with (default: quittance), GROUP the consumer group, DATABASE the SQLite file.
"""

import json
import os
import sqlite3
import sys
from decimal import Decimal

from confluent_kafka import Consumer, KafkaError, TopicPartition
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from quittance.invoicing.v1 import events_pb2 as invoicing
from quittance.payments.v1 import events_pb2 as payments

BATCH = 50  # messages a transaction

# Every type of event of these areas, by its full name.
TYPES = {
    field.message_type.full_name: GetMessageClass(field.message_type)
    for area in (invoicing.InvoicingEvent, payments.PaymentsEvent)
    for field in area.DESCRIPTOR.fields
}

TABLES = """
create table if not exists seen (id text primary key) without rowid;
create table if not exists item (id text primary key, tenant text, customer text, currency text, open text) without rowid;
create table if not exists payment (id text primary key, tenant text, customer text, currency text, unapplied text) without rowid;
-- What this version cannot read, with its headers: a type of a later version, or no event at all.
create table if not exists kept (topic text, part integer, place integer, error text, headers text, value blob, primary key (topic, part, place));
"""


def decode(headers, value):
    """The event in a message, in either form."""
    event = TYPES[headers["ce_type"]]()
    if headers["content-type"].startswith("application/json"):
        return json_format.Parse(value, event, ignore_unknown_fields=True)
    event.ParseFromString(value)
    return event


def apply(db, tenant, event):
    """The effect of an event. Events of one customer come in order, so that an item is known before it moves."""
    match event:
        case invoicing.InvoiceIssued():
            row = (event.invoice_id, tenant, event.customer_id, event.total.currency_code, event.total.amount)
            db.execute("insert into item values (?, ?, ?, ?, ?)", row)
        case invoicing.ItemSettled() | invoicing.SettlementReversed():
            # What is left: money, discount and write-off together.
            db.execute("update item set open = ? where id = ?", (event.open_amount.amount, event.settlement.item_id))
        case invoicing.ItemWrittenOff() | invoicing.RecoveryRecorded():
            db.execute("update item set open = ? where id = ?", (event.open_amount.amount, event.bad_debt.item_id))
        case invoicing.InvoiceVoided() | invoicing.InvoiceCredited():
            (left,) = db.execute("select open from item where id = ?", (event.invoice_id,)).fetchone()
            left = Decimal(left) - Decimal(event.amount.amount)
            db.execute("update item set open = ? where id = ?", (str(left), event.invoice_id))
        case payments.PaymentReceived():
            move_cash(db, tenant, event.payment_id, event.amount, 1)
            # Empty where the payer is unknown: the money has no customer until it is attributed.
            db.execute("update payment set customer = ? where id = ?", (event.customer_id, event.payment_id))
        case payments.PaymentAttributed():
            db.execute("update payment set customer = ? where id = ?", (event.customer_id, event.payment_id))
        case payments.PaymentApplied():
            move_cash(db, tenant, event.payment_id, event.allocation.amount, -1)
        case payments.PaymentUnapplied():
            move_cash(db, tenant, event.payment_id, event.allocation.amount, 1)


def move_cash(db, tenant, payment, money, sign):
    """Adds to a payment's unapplied money. It may be applied, under its customer's key, before its receipt is read under its own."""
    db.execute("insert into payment values (?, ?, '', ?, '0') on conflict do nothing", (payment, tenant, money.currency_code))
    (unapplied,) = db.execute("select unapplied from payment where id = ?", (payment,)).fetchone()
    unapplied = Decimal(unapplied) + sign * Decimal(money.amount)
    db.execute("update payment set unapplied = ? where id = ?", (str(unapplied), payment))


def apply_batch(db, messages):
    """Applies each event once: its id and its effect are committed together. Returns how many were new."""
    new = 0
    with db:
        db.execute("begin immediate")
        for message in messages:
            headers = {name: value.decode(errors="replace") for name, value in message.headers() or [] if value is not None}
            try:
                event = decode(headers, message.value())
                event_id, tenant = headers["ce_id"], headers["ce_tenant"]
            except (KeyError, TypeError, DecodeError, json_format.ParseError) as error:
                place = (message.topic(), message.partition(), message.offset())
                db.execute("insert or ignore into kept values (?, ?, ?, ?, ?, ?)", (*place, repr(error), json.dumps(headers), message.value()))
                continue
            if db.execute("insert or ignore into seen values (?)", (event_id,)).rowcount == 1:
                apply(db, tenant, event)
                new += 1
    return new


def balances(db):
    """What is open and what is unapplied, by tenant, customer and currency."""
    found = {}
    for table, amount in (("item", "open"), ("payment", "unapplied")):
        for tenant, customer, currency, value in db.execute(f"select tenant, customer, currency, {amount} from {table} where customer <> ''"):
            sums = found.setdefault(tenant, {}).setdefault(customer, {}).setdefault(currency, {"open": Decimal(0), "unapplied": Decimal(0)})
            sums[amount] += Decimal(value)
    return found


def main():
    prefix = os.environ.get("TOPIC_PREFIX", "quittance")
    db = sqlite3.connect(os.environ.get("DATABASE", "balances.db"), isolation_level=None)
    db.executescript(TABLES)
    consumer = Consumer({
        "bootstrap.servers": os.environ["KAFKA"],
        "group.id": os.environ.get("GROUP", "balances-python"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 10_000,  # so soon a consumer that was killed is replaced
        "enable.partition.eof": True,
    })
    consumer.subscribe([f"{prefix}.invoicing.v1", f"{prefix}.payments.v1"])
    ended = set()
    while not ("--to-end" in sys.argv and ended and ended >= {(p.topic, p.partition) for p in consumer.assignment()}):
        messages = []
        for message in consumer.consume(BATCH, timeout=1.0):
            if message.error() is None:
                messages.append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add((message.topic(), message.partition()))
            elif not message.error().retriable():
                sys.exit(f"{message.error()}")
        if messages:
            new = apply_batch(db, messages)
            print(f"{len(messages)} messages, {new} new", file=sys.stderr, flush=True)
            # Only now: who is killed before reads them again, to no effect.
            offsets = {(m.topic(), m.partition()): m.offset() + 1 for m in messages}
            consumer.commit(offsets=[TopicPartition(*place, offset) for place, offset in offsets.items()], asynchronous=False)
    consumer.close()
    print(json.dumps(balances(db), default=str, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
