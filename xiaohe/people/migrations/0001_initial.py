"""Two hot tables, written by hand: sealed identifiers, and blind search grams that lead to them."""

from typing import Any

from django.db import migrations

SQLITE = [
    """
    CREATE TABLE people_identifier (
        subject     BIGINT NOT NULL,
        kind        TEXT   NOT NULL,
        key_hash    BIGINT NOT NULL,
        sealed      BLOB   NOT NULL,
        last_import BIGINT NOT NULL,
        imports     TEXT   NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX people_identifier_key ON people_identifier (subject, kind, key_hash)",
    """
    CREATE TABLE people_search_gram (
        gram    BIGINT NOT NULL,
        subject BIGINT NOT NULL,
        PRIMARY KEY (gram, subject)
    ) WITHOUT ROWID
    """,
]
POSTGRES = [
    SQLITE[0].replace("BLOB", "BYTEA"),
    SQLITE[1],
    SQLITE[2].replace("WITHOUT ROWID", ""),
]


def create(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE people_search_gram")
    schema_editor.execute("DROP TABLE people_identifier")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunPython(create, drop)]
