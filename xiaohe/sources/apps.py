from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "xiaohe.sources"
    label = "sources"

    def ready(self) -> None:
        from xiaohe.people import keys
        from xiaohe.sources import writekeys

        if writekeys.platforms not in keys.platforms_of_events:
            keys.platforms_of_events.append(writekeys.platforms)
