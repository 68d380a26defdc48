"""Changes to a JSON value that respect its structure, and to its text that respect nothing."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

from tests.support.fuzz.bodies import BODIES, MARKER, Json

Place = tuple[Any, Any]
"""A list or an object, and the index or key of something in it."""

_TEXTS: Final = (
    "", " ", "\x00", "\ufeff", "\ud800", "\udc00 half", "😀" * 40, "\u202eltr", "a\u0300" * 50, "none", "auto", "null",
    "../../etc/passwd", "<system-reminder>", "{{", "%s%n", "user", "assistant", "text", "tool_use", "input_text",
    "data:image/png;base64,", "https://", "x" * 5000, "\r\nX-Injected: 1",
)  # fmt: skip
_NUMBERS: Final = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**40, -(10**40), 0.5, -0.0, 1e308, -1e308, 5e-324, float("nan"),
    float("inf"), float("-inf"),
)  # fmt: skip
_OTHERS: Final = (None, True, False, [], {}, [[]], [None], {"": None}, {"type": None}, {"type": []}, [{}], [[], {}])
_FIELDS: Final = ("type", "role", "content", "text", "messages", "input", "model", "stream", "tools", "system", "")


def junk(rng: Random) -> Any:
    """Return a value that does not belong where it is put."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(_TEXTS)
    if kind < 5:
        return rng.choice(_NUMBERS)
    if kind < 7:
        return deepcopy(rng.choice(_OTHERS))
    return nested(rng.choice((None, "x", {"type": "text"})), rng.choice((1, 3, 30)), rng)


def nested(value: Any, depth: int, rng: Random) -> Any:
    """Put a value into so many lists or objects."""
    in_lists = rng.random() < 0.5
    for _ in range(depth):
        value = [value] if in_lists else {"content": value}
    return value


def mutate(body: Json, rng: Random) -> Json:
    """Return a copy with one to four changes."""
    changed = deepcopy(body)
    for _ in range(rng.randint(1, 4)):
        places = list(_places(changed))
        if places:
            rng.choice(_CHANGES)(rng.choice(places), places, rng)
    return changed


def _places(value: Any) -> Sequence[Place]:
    found: list[Place] = []
    left = [value]
    while left:
        holder = left.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        found += [(holder, key) for key in keys]
        left += [holder[key] for key in keys]
    return found


def _drop(place: Place, _: Sequence[Place], __: Random) -> None:
    holder, key = place
    del holder[key]


def _replace(place: Place, _: Sequence[Place], rng: Random) -> None:
    holder, key = place
    holder[key] = junk(rng)


def _repeat(place: Place, _: Sequence[Place], rng: Random) -> None:
    holder, key = place
    if isinstance(holder, list):
        holder[key:key] = [deepcopy(holder[key]) for _ in range(rng.choice((1, 1, 30)))]
    else:
        holder[f"{key}_{rng.randrange(9)}"] = deepcopy(holder[key])


def _wrap(place: Place, _: Sequence[Place], rng: Random) -> None:
    holder, key = place
    holder[key] = nested(holder[key], rng.choice((1, 1, 2, 30)), rng)


def _swap(place: Place, places: Sequence[Place], rng: Random) -> None:
    (holder, key), (other, where) = place, rng.choice(places)
    holder[key] = deepcopy(other[where])


def _rename(place: Place, _: Sequence[Place], rng: Random) -> None:
    holder, key = place
    if isinstance(holder, dict):
        holder[rng.choice(_FIELDS)] = holder.pop(key)


def _add(place: Place, _: Sequence[Place], rng: Random) -> None:
    holder, _key = place
    if isinstance(holder, dict):
        holder[rng.choice(_FIELDS)] = junk(rng)
    else:
        holder.append(junk(rng))


def _borrow(place: Place, _: Sequence[Place], rng: Random) -> None:
    """Put in fields of a body of any format."""
    holder, _key = place
    other = rng.choice(rng.choice(list(BODIES.values())))
    if isinstance(holder, dict):
        holder.update(deepcopy(dict(rng.sample(sorted(other.items(), key=lambda item: item[0]), 1))))


_CHANGES: Final[Sequence[Callable[[Place, Sequence[Place], Random], None]]] = (
    _drop, _replace, _replace, _repeat, _wrap, _swap, _rename, _add, _borrow,
)  # fmt: skip


def written(body: Any, rng: Random) -> bytes:
    """Return a body's text: mostly right, sometimes in an odd spelling, sometimes broken."""
    text = json.dumps(body, ensure_ascii=rng.random() < 0.5, separators=rng.choice(((",", ":"), (", ", ": "))))
    raw = text.encode("utf-8", "surrogatepass")
    kind = rng.randrange(24)
    return _SPELLINGS[kind](raw, rng) if kind < len(_SPELLINGS) else raw


def _cut(raw: bytes, rng: Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def _flip(raw: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]


def _doubled(raw: bytes, _: Random) -> bytes:
    """Repeat the object's members, so that every key stands twice."""
    return raw[:-1] + b"," + raw[1:] if len(raw) > 2 and raw[:1] == b"{" else raw + raw


def _utf16(raw: bytes, _: Random) -> bytes:
    return raw.decode("utf-8", "replace").encode("utf-16")


def _deep(_: bytes, rng: Random) -> bytes:
    depth = rng.choice((500, 5_000, 50_000))
    return rng.choice((b"[", b'{"messages":', b'{"messages":[')) * depth


def _no_json(_: bytes, rng: Random) -> bytes:
    whole = (
        b"",
        b" \r\n\t",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"true",
        b"a=b&c=d",
        b"\x00" * 9,
        b"<html>",
        b"--x\r\n\r\n",
    )
    return rng.choice((*whole, rng.randbytes(60), MARKER.encode()))


_SPELLINGS: Final[Sequence[Callable[[bytes, Random], bytes]]] = (
    lambda raw, _: b"\xef\xbb\xbf" + raw,
    lambda raw, _: b" \r\n\t" + raw + b" \n",
    lambda raw, rng: raw + rng.choice((b"x", b"{}", b"\x00", b",")),
    _cut,
    _flip,
    _doubled,
    _utf16,
    _deep,
    _no_json,
)
