from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "xiaohe.people"
    label = "people"
