"""The servers under the other tests are what they claim to be."""

import smtplib
from email.message import EmailMessage

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from local.databases import Databases, create, drop, exist
from tests.conftest import MakeDatabases
from tests.mailbox import Mailbox

PAIRS = [
    ("MIGRATION_DATABASE_URL", "DATABASE_URL"),
    ("MIGRATION_KEY_DATABASE_URL", "KEY_DATABASE_URL"),
]


def execute(url: str, statement: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(("owner", "service"), PAIRS)
def test_the_owner_creates_tables_and_the_service_may_not_even_read_them(
    databases: MakeDatabases, owner: str, service: str
) -> None:
    settings = databases("service").migration_environment()
    execute(settings[owner], "create table kept (id int)")
    for refused in ("create table taken (id int)", "select * from kept"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            execute(settings[service], refused)


def test_one_service_cannot_connect_to_the_database_of_another(
    databases: MakeDatabases,
) -> None:
    mine, other = databases("mine"), databases("other")
    with pytest.raises(OperationalError, match="permission denied for database"):
        execute(mine.url(other.name, mine.service, mine.service_password), "select 1")


def test_databases_exist_between_create_and_drop(postgres: str) -> None:
    pair = Databases.fresh(postgres, "short_lived")
    assert not exist(pair)
    create(pair)
    assert exist(pair)
    drop(pair)
    assert not exist(pair)


def test_a_password_with_quotes_arrives_unchanged(postgres: str) -> None:
    pair = Databases(
        server=postgres, name="quoted", owner_password="o'\"w:n", service_password="s'\";--"
    )
    create(pair)
    try:
        execute(pair.environment()["DATABASE_URL"], "select 1")
    finally:
        drop(pair)


def test_what_a_producer_sends_a_consumer_reads(kafka: str) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        topic = {"netztreff.probe": {"num_partitions": 1, "replication_factor": 1}}
        admin.create_topics(topic, wait_for_metadata=True)
    with KafkaProducer(bootstrap_servers=kafka) as producer:
        producer.send("netztreff.probe", b"sent").get(10)
    with KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("netztreff.probe", 0)])
        assert next(consumer).value == b"sent"


def test_a_topic_of_the_test_before_is_gone(kafka: str) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        assert "netztreff.probe" not in admin.list_topics()


def test_the_mailbox_keeps_what_it_accepts_and_refuses_whom_it_should(
    mailbox: Mailbox,
) -> None:
    mailbox.refusals["nobody@example.org"] = "550 No such mailbox"
    message = EmailMessage()
    message["Subject"] = "Einladung"
    message.set_content("Grüße")
    with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        refused = client.send_message(
            message, "netz@example.org", ["stadt@example.org", "nobody@example.org"]
        )
    assert refused == {"nobody@example.org": (550, b"No such mailbox")}
    (mail,) = mailbox.to("stadt@example.org")
    assert mail.message.get_content() == "Grüße\r\n"
