"""WeCom contact export (企业微信 客户导出): one row per customer and member of staff."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xiaohe.sources.formats.base import Format, Kind

FORMAT = Format(
    name="wecom_contacts",
    kind=Kind.CONTACTS,
    source="wecom",
    title=_("WeCom contacts"),
    columns={
        "name": ("客户名称", "客户昵称", "昵称"),
        "description": ("描述", "备注描述"),
        "remark": ("备注", "备注名"),
        "staff": ("添加人", "所属员工", "跟进人"),
        "account": ("添加人账号", "添加人帐号", "员工账号"),
        "added": ("添加时间",),
        "via": ("来源", "添加来源"),
        "mobile": ("手机", "手机号", "手机号码"),
        "telephone": ("电话",),
    },
    required=(
        frozenset({"name"}),
        frozenset({"added"}),
        frozenset({"staff", "account"}),
    ),
)
