from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_batches_and_layouts'),
    ]

    operations = [
        migrations.AddField(
            model_name='lakefile',
            name='folded',
            field=models.BigIntegerField(default=0),
        ),
    ]
