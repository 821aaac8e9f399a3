"""The formats that are recognised by their header; any other table goes through `table`."""

from xiaohe.sources.formats import taobao_items, taobao_orders, wecom_contacts
from xiaohe.sources.formats.base import Format, Kind, Layout, best_layout

FORMATS = (taobao_orders.FORMAT, taobao_items.FORMAT, wecom_contacts.FORMAT)

__all__ = ["FORMATS", "Format", "Kind", "Layout", "best_layout"]
