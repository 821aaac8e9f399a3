from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0005_api_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='old_hash',
            field=models.CharField(db_index=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_until',
            field=models.DateTimeField(null=True),
        ),
    ]
