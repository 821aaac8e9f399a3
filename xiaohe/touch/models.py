"""Stored: tasks, the day's frozen list, decisions, arms of the comparison, words already used, taps.

No direct identifiers: people are ids, sentences are ids of templates, filled while they are read. `person` is the
id a person had when the row was written; joins and undos of joins are followed when it is read.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from xiaohe.stats.holdout import Arm, Design
from xiaohe.touch.governor import Kind, Rule

NAME_LENGTH = 32


class TaskState(StrEnum):
    """What has become of a task; `copied` is beside it, for a copied sentence may still not be sent."""

    OPEN = "open"
    SENT = "sent"
    REPLIED = "replied"
    ORDERED = "ordered"
    POSTPONED = "postponed"
    CLOSED = "closed"


class Ending(StrEnum):
    """Why a task was closed without words."""

    JUST_BOUGHT = "just_bought"
    NOT_THIS_TIME = "not_this_time"
    WRONG_PERSON = "wrong_person"
    NEVER_AGAIN = "never_again"
    OVERTAKEN = "overtaken"


def _choices(vocabulary: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in vocabulary]


class Task(models.Model):
    """A touch for a human; (program, step, person, occurrence) is claimed before anything is said."""

    program = models.CharField(max_length=NAME_LENGTH)
    step = models.CharField(max_length=NAME_LENGTH)
    person = models.BigIntegerField()
    occurrence = models.CharField(max_length=40)  # the cycle's or the link's first day
    created_at = models.DateTimeField()

    account_id = models.BigIntegerField(null=True)
    link_subject = models.BigIntegerField(null=True)  # the contact the account knows the person by
    template = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(
        max_length=NAME_LENGTH, choices=_choices(TaskState), default=TaskState.OPEN.value
    )
    ending = models.CharField(
        max_length=NAME_LENGTH, choices=_choices(Ending), default="", blank=True
    )
    copied_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    ordered_at = models.DateTimeField(null=True)
    ordered_amount = models.BigIntegerField(null=True)  # minor units of the shop's currency
    postponed_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "step", "person", "occurrence"], name="one_touch_per_occurrence"
            )
        ]
        indexes = [models.Index(fields=["person"], name="task_person")]

    def __str__(self) -> str:
        return f"{self.program} {self.occurrence}"


class Day(models.Model):
    """A day's list as it was prepared: frozen for one state of the data."""

    on = models.DateField(primary_key=True)
    version = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    data_until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"list of {self.on}"


class Listed(models.Model):
    """One task on one day's list, with what was known of the person that day."""

    on = models.DateField()
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="listed")
    position = models.PositiveSmallIntegerField()
    known = models.JSONField()  # cycle, ratio, gaps, occasions, expected value; no identifiers

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["on", "task"], name="one_line_per_task_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.position}"


class Decision(models.Model):
    """What the governor said of one program's wish to reach one person on one day."""

    on = models.DateField()
    person = models.BigIntegerField()
    program = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=NAME_LENGTH, choices=_choices(Kind))
    rule = models.CharField(max_length=NAME_LENGTH, choices=_choices(Rule))
    until = models.CharField(max_length=20, default="", blank=True)
    # Several programs may have wished for one person: this one is told when somebody asks why not.
    is_main = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["on", "person", "program"], name="one_decision_per_person_day_program"
            )
        ]
        indexes = [models.Index(fields=["person", "on"], name="decision_person")]

    def __str__(self) -> str:
        return f"{self.on} {self.program} {self.rule}"


class Assignment(models.Model):
    """The side of the comparison a subject was drawn to in one cycle; written at first exposure, for ever."""

    subject = models.BigIntegerField()
    cycle_start = models.DateField()
    arm = models.CharField(max_length=NAME_LENGTH, choices=_choices(Arm))
    design = models.CharField(max_length=NAME_LENGTH, choices=_choices(Design))
    first_due_on = models.DateField()
    assigned_on = models.DateField()
    pulled_out_at = models.DateTimeField(null=True)  # by the owner: leaves the comparison

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "cycle_start"], name="one_draw_per_cycle")
        ]

    def __str__(self) -> str:
        return f"{self.arm} {self.cycle_start}"


class Chosen(models.Model):
    """Somebody put by hand on one day's list, with the segment they were chosen from; the governor still decides."""

    on = models.DateField()
    person = models.BigIntegerField()
    segment = models.CharField(max_length=40)  # its slug
    name = models.CharField(max_length=80)  # what it was called then
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on", "person"], name="chosen_once_per_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.segment}"


class WordsUsed(models.Model):
    """Words a person has had: the same are never offered twice."""

    person = models.BigIntegerField()
    template = models.CharField(max_length=64)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="words_used")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "template"], name="words_once_per_person")
        ]

    def __str__(self) -> str:
        return self.template


class Tap(models.Model):
    """One tap, the facts it recorded and what the task was before: enough to take it back."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="taps")
    what = models.CharField(max_length=NAME_LENGTH)
    on = models.DateField(db_index=True)  # shop day of the tap
    at = models.DateTimeField()
    batch = models.CharField(max_length=64, default="", blank=True)  # one tap that closed a day
    facts = models.JSONField()  # key hashes
    before = models.JSONField()
    taken_back_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.what} {self.on}"
