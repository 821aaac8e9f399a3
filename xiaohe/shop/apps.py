from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "xiaohe.shop"
    label = "shop"
