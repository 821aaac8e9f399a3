from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "xiaohe.web"
    label = "web"
