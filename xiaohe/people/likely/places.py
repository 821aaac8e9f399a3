"""Cities, so that “猫粮老王 杭州” and “浙江省 杭州市 西湖区” meet: prefectures and municipalities by their short name.

Names shorter than two characters, and those that are everyday words more often than places, are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CITIES = """
北京 上海 天津 重庆 香港 澳门 台北 高雄
石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水
太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁
呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布
沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 葫芦岛
长春 吉林 四平 辽源 通化 白山 松原 白城 延边
哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化
南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 昆山 江阴 常熟 张家港
杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌
合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 晋江
南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店
武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施
长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西
广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 顺德
南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左
海口 三亚 儋州
成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山
贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南
昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏
拉萨 日喀则 昌都 林芝 山南 那曲
西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南
西宁 海东 银川 石嘴山 吴忠 固原 中卫
乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 阿克苏 喀什 和田 伊犁 塔城 阿勒泰 石河子
""".split()  # noqa: SIM905 - a gazetteer reads better as words
# From 1 on: 0 stands for none.
NUMBER = {name: at for at, name in enumerate(dict.fromkeys(_CITIES), start=1)}
NAMES = {at: name for name, at in NUMBER.items()}
# Longest first: 张家港 before 张家…
_ANY = re.compile("|".join(sorted(NUMBER, key=len, reverse=True)))
# 吉林省 is no city, 中山路 and 南京东路 are streets.
_NOT_A_CITY = re.compile(r"(?:省|自治区|[东西南北中]?(?:路|街|道|巷|大厦|广场))")
LONGEST = 60


def cities_in(text: str) -> list[int]:
    """Numbers of the cities a text names, each once, in order."""
    return list(_found(text[:LONGEST]))


def city_of_address(text: str) -> int:
    """The number of the city an address begins with; 0 if it tells none."""
    found = _found(text[:LONGEST])
    return found[0] if found else 0


@lru_cache(maxsize=20_000)
def _found(text: str) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for match in _ANY.finditer(text):
        if not _NOT_A_CITY.match(text, match.end()):
            found[NUMBER[match.group()]] = None
    return tuple(found)
