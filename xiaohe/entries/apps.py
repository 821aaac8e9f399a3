from django.apps import AppConfig


class EntriesConfig(AppConfig):
    name = "xiaohe.entries"
    label = "entries"
