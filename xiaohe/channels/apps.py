from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "xiaohe.channels"
    label = "channels"
