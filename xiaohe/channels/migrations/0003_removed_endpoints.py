from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0002_names_of_events'),
    ]

    operations = [
        migrations.AddField(
            model_name='endpoint',
            name='retired_at',
            field=models.DateTimeField(null=True),
        ),
    ]
