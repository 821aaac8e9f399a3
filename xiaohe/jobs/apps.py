from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "xiaohe.jobs"
    label = "jobs"
