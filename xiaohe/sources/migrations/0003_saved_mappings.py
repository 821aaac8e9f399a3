from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sources", "0002_dropped_letters")]

    operations = [
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("header_hash", models.BigIntegerField(unique=True)),
                ("told", models.JSONField()),
                ("saved_at", models.DateTimeField()),
                ("used_at", models.DateTimeField()),
            ],
        ),
    ]
