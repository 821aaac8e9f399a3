"""Xiaohe 小河: own and work your own customers."""

__version__ = "0.1.0"
