"""The rules every ready sentence obeys (screens, part 5), as a linter over the data files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from xiaohe.touch.words import ASKING, LANGUAGES, LONGEST, Reason, Template, templates

MAX_LENGTH = LONGEST
MAX_SENTENCES = 4  # one thought, the way out included
MIN_WITHOUT_SLOTS = 3
KNOWN_SLOTS = {"goods": "鸡肉猫粮", "me": "阿禾"}

# No discount, no urgency, no counting of days, no borrowed intimacy, no talk of a machine's view of people.
NEVER = {
    "zh": r"亲[，,！]|宝子|宝贝|家人们|优惠|折扣|打折|[一二三四五六七八九]折|立减|满减|特价|促销|秒杀|限时|限量|仅剩"
    r"|最后[一几]|赶紧|抓紧|抢|免费|红包|周期|复购|专属|尊敬|系统|您",
    "en": r"(?i)discount|% off|\boff your\b|sale\b|limited|only \w+ left|hurry\b(?! if)|last chance|free\b|dear\b"
    r"|exclusive|cycle|customer",
}
COUNTED_DAYS = r"\d|[一二两三四五六七八九十百半]+个?(天|周|星期|月|年)(没|前|了)|\b(one|two|three|\w+ty) (days|weeks|months)"
BRACKETS = r"[【】\[\]<>（）()]"
GOODS_TALK = {
    "zh": r"发货|一起发|照旧寄|来一份|备一份|装一份|补货|给你寄|下单|再买",
    "en": r"I'll send|pack|put some aside|order again|Same again",
}
# What only somebody who looked today can say.
STOCK = {
    "zh": r"有货|现货|到货|还剩|新到|刚到了",
    "en": r"(?i)in stock|back in|just arrived|on the shelf",
}
# These reasons never push goods: one purchase asks, late asks, drifting serves, old data only asks.
NO_GOODS_TALK = frozenset(set(Reason) - {Reason.RESTOCK})
ONE_QUESTION = frozenset(
    {Reason.RESTOCK_QUESTION, Reason.ASK, Reason.LATE, Reason.LATE_FIRST, Reason.DRIFTING}
)


@dataclass(frozen=True)
class Fault:
    template: str
    problem: str


def check_words(language: str | None = None) -> list[Fault]:
    """Every breach of the rules in the templates of one language, or of all; empty when all is well."""
    faults: list[Fault] = []
    for chosen in [language] if language else LANGUAGES:
        every = [template for group in templates(chosen).values() for template in group]
        for template in every:
            faults += [Fault(template.id, problem) for problem in check_one(template, chosen)]
        faults += _check_together(every, chosen)
    return faults


def check_one(template: Template, language: str) -> list[str]:
    """What is wrong with one sentence."""
    problems = []
    unknown = template.slots - KNOWN_SLOTS.keys()
    if unknown:
        return [f"unknown slot {sorted(unknown)}"]
    said = template.longest(KNOWN_SLOTS)
    questions = len(re.findall("[？?]", said))
    if len(said) > MAX_LENGTH[language]:
        problems.append(f"{len(said)} characters")
    if questions > 1:
        problems.append("more than one question")
    if template.reason in ONE_QUESTION and questions != 1:
        problems.append("must ask one question")
    if len(re.findall("[。！？.!?…]", said)) > MAX_SENTENCES:
        problems.append("more than one thought")
    for pattern, problem in (
        (NEVER[language], "a word we never use"),
        (COUNTED_DAYS, "counts days or figures"),
        (BRACKETS, "brackets"),
    ):
        if found := re.search(pattern, template.text + template.way_out):
            problems.append(f"{problem}: {found.group(0)}")
    if template.reason in NO_GOODS_TALK and re.search(GOODS_TALK[language], said):
        problems.append("offers goods where it should only ask")
    if re.search(STOCK[language], template.text) and "stock" not in template.needs:
        problems.append("speaks of stock that nobody confirmed")
    if template.reason in ASKING and not template.way_out:
        problems.append("no way out for old data")
    if not template.id.startswith(f"{template.reason.value}."):
        problems.append("id does not name its reason")
    return problems


def _check_together(every: list[Template], language: str) -> list[Fault]:
    faults = []
    for name, count in Counter(template.id for template in every).items():
        if count > 1:
            faults.append(Fault(name, "id used twice"))
    for text, count in Counter(re.sub(r"\W", "", t.text) for t in every).items():
        if count > 1:
            faults.append(Fault(text, "same words twice"))
    for reason in Reason:
        plain = [t for t in every if t.reason is reason and not t.slots]
        if len(plain) < MIN_WITHOUT_SLOTS:
            faults.append(Fault(reason.value, f"{len(plain)} variants without slots in {language}"))
    return faults
