"""Who is one person, one edge at a time: the rule of docs/decisions/0014 in plain Python, slow on purpose."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

OWN = {"unionid", "openid", "external_userid"}
PHONES, ORDERS = {"phone", "email"}, {"order_no", "claim"}
MOST = {"contact": {"order_no": 1, "claim": 1}, "buyer": {"phone": 1, "email": 1, "claim": 1}}
A_DOZEN = 12


class People:
    """Groups that only ever grow; a copy is a moment of them."""

    def __init__(self, groups=()):
        self.groups = [set(group) for group in groups]

    def copy(self):
        return People(self.groups)

    def of(self, node):
        for group in self.groups:
            if node in group:
                return frozenset(group)
        return frozenset([node])

    def join(self, pairs):
        for a, b in pairs:
            together = set(self.of(a) | self.of(b))
            self.groups = [group for group in self.groups if not group & together] + [together]
        return self


def join(edges, bought=(), hand=None, own=()):
    """Groups of two nodes or more; `edges`: (subject, key, kind, holder, scope), `hand`: pair → together, apart, two."""
    hand = hand or {}
    parted = {frozenset(pair) for pair, word in hand.items() if word != "together"}
    edges = [e for e in edges if frozenset(e[:2]) not in parted and e[1] not in own]
    contradicting = [frozenset(pair) for pair, word in hand.items() if word == "two"]
    files = [e for e in edges if e[3] in ("buyer", "contact")]

    together = [pair for pair, word in hand.items() if word == "together"]
    said = People().join(together)
    if together:
        # Whole people are made one, as they are without these words.
        rest = {pair: word for pair, word in hand.items() if word != "together"}
        whole = People(join(edges, bought, rest, own)).join(together)
        said.join((node, pair[0]) for pair in together for node in whole.of(pair[0]))
    alias = [e for e in edges if e[2] == "alias"]
    said.join([e[:2] for e in alias if len({x[0] for x in alias if x[1] == e[1]}) == 1])

    ids = [e for e in edges if e[2] in OWN]
    scopes = [
        {e[1] for e in ids if (e[2], e[4]) == scope}
        for scope in {(e[2], e[4]) for e in ids}
        if scope != ("openid", "")
    ]
    by_id = _level(said, _few(ids, said), scopes, contradicting)

    phones = _few([e for e in files if e[2] in PHONES], by_id)
    by_phone = by_id.copy().join([e[:2] for e in phones])
    numbers = {order for order, _buyer, _platform in bought}
    named = [e for e in files if e[2] in ORDERS and (e[2] == "claim" or e[1] in numbers)]
    named = _few(named, by_phone)
    ends = {node for e in named for node in e[:2]}
    texts = [e[:2] for e in named] + [(o, b) for o, b, _p in bought if o in ends]
    keys = {e[1] for e in edges if e[2] not in ("alias", "device")} | numbers
    members = [
        {b for _o, b, p in bought if p == platform} - keys
        for platform in {p for *_rest, p in bought}
    ]
    by_text = by_id.copy().join(texts)
    by_file = _level(
        by_id, [e[:2] for e in phones] + texts, scopes, contradicting, members, by_text
    )

    apps = [e for e in edges if e[3] in ("user", "device") and e[2] not in OWN | {"alias"}]
    by_user = [e for e in apps if e[3] == "user"]
    shared = {e[1] for e in by_user if len({by_file.of(x[0]) for x in by_user if x[1] == e[1]}) > 1}
    shared |= {e[1] for e in files if e[2] in PHONES} - {e[1] for e in phones}
    apps = [e for e in apps if e[1] not in shared and e[0] not in shared]
    users = {e[0] for e in edges if e[3] == "user" and e[2] not in OWN}
    done = _level(by_file, apps, [*scopes, users], contradicting, members, by_file)
    return {frozenset(group) for group in done.groups if len(group) > 1}


def _few(edges, people):
    """Edges to keys that no more people hold than one person explains."""
    kept = []
    for edge in edges:
        fine = True
        for holder in ("buyer", "contact", "user"):
            theirs = [e for e in edges if e[1:3] == edge[1:3] and e[3] == holder]
            most = MOST.get(holder, {}).get(edge[2])
            if most is None and (edge[2] != "order_no" or holder == "contact"):
                most = A_DOZEN
            fine &= most is None or len({people.of(e[0]) for e in theirs}) <= most
        if fine:
            kept.append(edge)
    return kept


def _level(people, edges, scopes, contradicting, members=(), same=None):
    """The people with these edges, but for those on a way between two who contradict."""
    edges = [tuple(edge[:2]) for edge in edges]
    whole = people.copy().join(edges)
    gone = set()
    for group in {whole.of(a) for a, _b in edges}:
        ends = set()
        for among, apart in [(each, people) for each in scopes] + [
            (each, same) for each in members
        ]:
            inside = among & group
            if len({apart.of(node) for node in inside}) > 1:
                ends |= inside
        for pair in contradicting:
            if pair <= group and len({people.of(node) for node in pair}) > 1:
                ends |= pair
        if ends:
            gone |= _ways([e for e in edges if e[0] in group], {people.of(n) for n in ends}, people)
    return people.copy().join([edge for edge in edges if edge not in gone])


def _ways(edges, ends, people):
    """Edges left when whatever leads to one neighbour only, and is no end, is taken away again and again."""
    left = {edge: frozenset([people.of(edge[0]), people.of(edge[1])]) for edge in edges}
    left = {edge: pair for edge, pair in left.items() if len(pair) == 2}
    while True:
        beside = defaultdict(set)
        for pair in left.values():
            for one, other in combinations(pair, 2):
                beside[one].add(other)
                beside[other].add(one)
        loose = {node for node, others in beside.items() if len(others) == 1 and node not in ends}
        if not loose:
            return set(left)
        left = {edge: pair for edge, pair in left.items() if not pair & loose}
