"""Entries in their order, and the tenant with the most gives one up."""

import random
from collections import Counter

from filters.context import Pin
from filters.session_pinning.entries import Entries

ENTRY = (1.0, Pin("a/b", None))
OTHER = (2.0, Pin("c/d", None))


def filled(*keys):
    entries = Entries()
    for key in keys:
        entries.put(key, ENTRY)
    return entries


def test_the_oldest_is_the_one_that_was_put_the_longest_ago():
    entries = filled("one", "two", "three")
    assert entries.oldest() == ("one", ENTRY)
    entries.put("one", OTHER)
    assert (entries.oldest(), entries.get("one"), len(entries)) == (("two", ENTRY), OTHER, 3)
    entries.replace("two", OTHER)
    assert entries.oldest() == ("two", OTHER)


def test_what_was_dropped_is_gone_once():
    entries = filled("one")
    entries.drop("one")
    entries.drop("one")
    assert (len(entries), entries.get("one"), entries.oldest()) == (0, None, None)


def test_without_tenants_the_oldest_of_all_goes():
    entries = filled("one", "two")
    entries.evict()
    assert (entries.get("one"), entries.get("two")) == (None, ENTRY)


def test_who_makes_many_sessions_pushes_out_its_own():
    entries = filled("modest s", *(f"greedy {number}" for number in range(5)))
    for _ in range(4):
        entries.evict()
    assert entries.get("modest s") == ENTRY
    assert [entries.get(f"greedy {number}") is None for number in range(5)] == [True] * 4 + [False]


def test_a_tenants_oldest_goes_and_use_makes_young():
    entries = filled("t one", "t two", "u s")
    entries.put("t one", ENTRY)
    entries.evict()
    assert (entries.get("t one"), entries.get("t two")) == (ENTRY, None)


def test_whatever_happens_it_is_a_tenant_with_the_most_that_gives_one_up():
    rng, entries, kept = random.Random(1), Entries(), {}
    for step in range(5000):
        key = f"{rng.choice('abcde')} {rng.randrange(30)}"
        choice = rng.random()
        if choice < 0.5:
            entries.put(key, ENTRY)
            kept[key] = step
        elif choice < 0.7:
            entries.drop(key)
            kept.pop(key, None)
        elif kept:
            counts = Counter(each.partition(" ")[0] for each in kept)
            entries.evict()
            [gone] = [each for each in kept if entries.get(each) is None]
            assert counts[gone[0]] == max(counts.values())
            assert gone == min((each for each in kept if each[0] == gone[0]), key=kept.__getitem__)
            del kept[gone]
        assert len(entries) == len(kept)


def test_nothing_is_left_of_tenants_that_have_gone():
    entries = filled(*(f"{number} s" for number in range(100)))
    for number in range(100):
        entries.drop(f"{number} s")
    assert (entries._keys, entries._sizes, entries._most) == ({}, {}, 0)
