from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0002_segmentday")]

    operations = [
        migrations.CreateModel(
            name="MadeOf",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=40, unique=True)),
                ("each", models.CharField(max_length=24)),
                ("value", models.CharField(max_length=200)),
                ("people", models.BigIntegerField(default=0)),
                ("seen_on", models.DateField()),
            ],
        ),
    ]
