import datetime
import django.contrib.auth.models
import django.contrib.auth.validators
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True)),
                ('user_id', models.BigIntegerField(null=True)),
                ('act', models.CharField(choices=[('viewed', 'viewed'), ('searched', 'searched'), ('exported', 'exported'), ('copied', 'copied')], max_length=32)),
                ('page', models.CharField(default='', max_length=80)),
                ('person', models.BigIntegerField(db_index=True, null=True)),
                ('people', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Shop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, default='', max_length=80)),
                ('time_zone', models.CharField(default='Asia/Shanghai', max_length=64)),
                ('day_starts_at', models.TimeField(default=datetime.time(0, 0))),
                ('currency', models.CharField(default='CNY', max_length=3)),
                ('language', models.CharField(default='zh-hans', max_length=16)),
                ('voice', models.CharField(blank=True, default='', max_length=80)),
                ('list_size', models.PositiveSmallIntegerField(default=12)),
                ('list_at', models.TimeField(default=datetime.time(13, 0))),
                ('quiet_from', models.TimeField(default=datetime.time(21, 30))),
                ('quiet_to', models.TimeField(default=datetime.time(9, 0))),
                ('preset_cycle_days', models.PositiveSmallIntegerField(default=30)),
                ('effective_window_days', models.PositiveSmallIntegerField(default=30)),
                ('attribution_days', models.PositiveSmallIntegerField(default=3)),
                ('held_out_share', models.FloatField(default=0.1)),
                ('cap_proactive_week', models.PositiveSmallIntegerField(default=1)),
                ('cap_proactive_month', models.PositiveSmallIntegerField(default=3)),
                ('cap_promotional_month', models.PositiveSmallIntegerField(default=2)),
                ('complaint_rest_days', models.PositiveSmallIntegerField(default=14)),
                ('less_divisor', models.PositiveSmallIntegerField(default=4)),
                ('clock_on', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SignInToken',
            fields=[
                ('token_hash', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('wecom', 'wecom'), ('personal_wechat', 'personal_wechat'), ('group', 'group'), ('app', 'app'), ('official_account', 'official_account'), ('sms', 'sms'), ('email', 'email')], max_length=32)),
                ('name', models.CharField(max_length=120)),
                ('staff', models.CharField(blank=True, default='', max_length=120)),
                ('owned', models.BooleanField()),
                ('free_reach', models.BooleanField()),
                ('reusable', models.BooleanField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'name'), name='one_account_per_name')],
            },
        ),
    ]
