from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sources', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='deadletter',
            name='dropped_at',
            field=models.DateTimeField(null=True),
        ),
    ]
