"""What of our work with people leaves with an export of everything: ids and ids of sentences, no names."""

from __future__ import annotations

from xiaohe.kernel.belongings import travels
from xiaohe.touch.models import Assignment, Chosen, Day, Decision, Listed, Tap, Task, WordsUsed

PERSON = "the person's id when the row was written; joins since are in `persons.parquet`"

travels(
    Task,
    about="one touch for a human: why, by which account, and what became of it",
    meanings={
        "person": PERSON,
        "occurrence": "the first day of the cycle or link it is about",
        "link_subject": "the contact the account knows the person by",
        "template": "the words offered",
        "ordered_amount": "minor units of the shop's currency",
    },
)
travels(
    Day,
    about="one day's list as it was prepared",
    meanings={"version": "the state of the data it was prepared from"},
    gives_way=True,
)
travels(
    Listed,
    about="one task on one day's list",
    meanings={"known": "what was known of the person that day; no identifiers"},
)
travels(
    Decision,
    about="what the governor said of one wish to reach one person on one day",
    meanings={
        "person": PERSON,
        "kind": "allow, defer or suppress",
        "rule": "the rule that decided",
        "is_main": "the one that is told when somebody asks why not",
    },
)
travels(
    Assignment,
    about="the side of the comparison a subject was drawn to in one cycle: held out or not",
    meanings={
        "arm": "`held_out` are left alone on purpose",
        "pulled_out_at": "when the owner took them out of the comparison",
    },
)
travels(
    Chosen,
    about="somebody put by hand on one day's list",
    meanings={"person": PERSON, "segment": "the slug of the segment they were chosen from"},
)
travels(WordsUsed, about="words a person has had: never offered twice", meanings={"person": PERSON})
travels(
    Tap,
    about="one tap on a task, and what is needed to take it back",
    meanings={
        "facts": "`key_hash` of the facts it recorded",
        "before": "what the task was before",
        "batch": "one tap that closed a whole day",
    },
)
