from typing import Any

from django.db import migrations, models


def first_versions(apps: Any, schema_editor: Any) -> None:
    apps.get_model("ledger", "LedgerState").objects.using(schema_editor.connection.alias).create(pk=1)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('source', models.CharField(max_length=40)),
                ('label', models.BinaryField(null=True)),
                ('state', models.CharField(default='staging', max_length=12)),
                ('report', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('committed_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('lake_version', models.BigIntegerField(null=True)),
                ('holder', models.CharField(default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='InboxFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('late', models.BooleanField(default=False)),
                ('key_hash', models.BigIntegerField()),
                ('source', models.CharField(max_length=40)),
                ('type', models.CharField(max_length=40)),
                ('occurred_us', models.BigIntegerField()),
                ('date_only', models.BooleanField(default=False)),
                ('recorded_us', models.BigIntegerField()),
                ('subject', models.BigIntegerField()),
                ('order_key', models.BigIntegerField(null=True)),
                ('other', models.BigIntegerField(null=True)),
                ('item_key', models.BigIntegerField(null=True)),
                ('account_id', models.BigIntegerField(null=True)),
                ('amount', models.BigIntegerField(null=True)),
                ('currency', models.CharField(max_length=3, null=True)),
                ('quantity', models.FloatField(null=True)),
                ('content', models.BigIntegerField(null=True)),
                ('props', models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LakeFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField(db_index=True, null=True)),
                ('path', models.CharField(max_length=200, unique=True)),
                ('role', models.CharField(max_length=8)),
                ('level', models.SmallIntegerField(default=0)),
                ('rows', models.BigIntegerField()),
                ('bytes', models.BigIntegerField()),
                ('occurred_min_us', models.BigIntegerField(null=True)),
                ('occurred_max_us', models.BigIntegerField(null=True)),
                ('retired_us', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('holder', models.CharField(default='', max_length=200)),
                ('fence', models.BigIntegerField(default=0)),
                ('expires_us', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='LedgerState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lake_version', models.BigIntegerField(default=0)),
                ('tap_version', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='RecentKey',
            fields=[
                ('key_hash', models.BigIntegerField(primary_key=True, serialize=False)),
                ('day', models.IntegerField(db_index=True)),
                ('recorded_us', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Retraction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField(null=True)),
                ('key_hash', models.BigIntegerField(db_index=True, null=True)),
                ('until_us', models.BigIntegerField(null=True)),
                ('retracted_us', models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(first_versions, migrations.RunPython.noop),
    ]
