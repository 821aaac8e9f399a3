from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "xiaohe.ledger"
    label = "ledger"
