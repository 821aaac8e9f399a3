from django.apps import AppConfig


class TouchConfig(AppConfig):
    name = "xiaohe.touch"
    label = "touch"
