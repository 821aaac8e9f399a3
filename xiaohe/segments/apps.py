from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "xiaohe.segments"
    label = "segments"
