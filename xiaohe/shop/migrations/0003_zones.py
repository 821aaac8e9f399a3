from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0002_audit_of_doors'),
    ]

    operations = [
        migrations.AddField(
            model_name='shop',
            name='staff_hour_cost',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='ZoneRow',
            fields=[
                ('key', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('zone', models.CharField(choices=[('public', 'public'), ('mixed', 'mixed'), ('private', 'private')], max_length=32)),
            ],
        ),
    ]
