"""Ways to spoil a scorecard's file: its bytes and its zip, and, by an attacker who makes the digests fit again, its
content and the numbers in its trees.
"""

import copy
import hashlib
import io
import json
import struct
import zipfile

from creditscore.scorecard.archive import MANIFEST, pack
from creditscore.scorecard.content import CONTENT, MODEL, REFERENCES
from creditscore.scorecard.file import manifest_of

KINDS = ("bytes", "zip", "structure", "numbers")
# kinds whose digests the attacker makes fit again
RESEALED = ("structure", "numbers")
NASTY = (
    None, True, False, 0, -1, 1, 2**31, -(2**63), 2**64, 10**30, 0.5, -0.0, 1e308, -1e308, 5e-324, "", "x", "all",
    "=1+1", "\u0000", "\ud7ff" * 300, [], {}, [None], [[[]]], {"": None}, "higher", "count", "S01", "transactions",
    "quotient",
)  # fmt: skip
NUMBERS = ("0", "-1", "1", "2", "7", "-7", "31", "255", "65535", "65536", "2147483647", "-2147483648", "4294967295",
           "9223372036854775807", "99999999999999999999", "0.5", "-0.5", "1e308", "-1e308", "1e999", "-1e999", "1e-320",
           "inf", "-inf", "nan", "1e-35", "-1e-36", "")  # fmt: skip


def mutated(whole, kind, draw):
    """The file's bytes spoilt one to three times; `draw` is a random.Random."""
    whole = _once(whole, kind, draw)
    for _ in range(draw.choice((0, 0, 0, 1, 2))):
        try:
            whole = _once(whole, kind, draw)
        except Exception:  # it is spoilt so far that this mutation finds nothing to work on
            continue
    return whole


def _once(whole, kind, draw):
    if kind == "bytes":
        return draw.choice(BYTES)(whole, draw)
    if kind == "zip":
        return draw.choice(ZIP)(whole, draw)
    return _resealed(whole, draw.choice(STRUCTURE if kind == "structure" else TREES), draw)


def _resealed(whole, mutate, draw):
    parts = _parts(whole)
    del parts[MANIFEST]
    mutate(parts, draw)
    return pack({MANIFEST: manifest_of(parts), **parts})


def _parts(whole):
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        return {name: file.read(name) for name in file.namelist()}


# bytes


def _flip(whole, draw):
    at = draw.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ (1 << draw.randrange(8))]) + whole[at + 1 :]


def _overwrite(whole, draw):
    at, new = draw.randrange(len(whole)), draw.randbytes(draw.randrange(1, 40))
    return whole[:at] + new + whole[at + len(new) :]


def _cut(whole, draw):
    at = draw.randrange(len(whole))
    return whole[:at] + whole[at + draw.randrange(1, 2_000) :]


def _insert(whole, draw):
    at = draw.randrange(len(whole))
    return whole[:at] + draw.randbytes(draw.randrange(1, 40)) + whole[at:]


def _copy(whole, draw):
    at, to, size = draw.randrange(len(whole)), draw.randrange(len(whole)), draw.randrange(1, 500)
    return whole[:to] + whole[at : at + size] + whole[to + size :]


def _end(whole, draw):
    return whole[: draw.randrange(len(whole))]


BYTES = (_flip, _flip, _flip, _overwrite, _cut, _insert, _copy, _end)


# zip


def _header_field(whole, draw):
    """A number of a local header, of the directory or of its end, set to another."""
    marks = [at for mark in (b"PK\x01\x02", b"PK\x05\x06", b"PK\x03\x04") for at in _places(whole, mark)]
    at = draw.choice(marks) + draw.randrange(4, 46, 2)
    size = draw.choice((2, 4))
    new = struct.pack("<Q", draw.choice((0, 1, 8, 20, 0xFFFF, 0xFFFFFFFF, 2**31, draw.getrandbits(32))))[:size]
    return whole[:at] + new + whole[at + size :]


def _places(whole, mark):
    at = whole.find(mark)
    while at >= 0:
        yield at
        at = whole.find(mark, at + 1)


def _zipped(parts, **settings):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", **settings) as file:
        for name, data in parts:
            file.writestr(zipfile.ZipInfo(name), data, settings.get("compression"))
    return archive.getvalue()


def _compress(whole, draw):
    return _zipped(_parts_or_none(whole), compression=draw.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))


def _reorder(whole, draw):
    parts = _parts_or_none(whole)
    draw.shuffle(parts)
    return _zipped(parts)


def _another_part(whole, draw):
    parts = _parts_or_none(whole)
    name = draw.choice(
        ("../evil", "/etc/x", "a.py", "references/", "references/../x", CONTENT, "signature.ed25519", "e\u0301")
    )
    parts.insert(draw.randrange(len(parts) + 1), (name, draw.randbytes(64)))
    return _zipped(parts)


def _rename_part(whole, draw):
    parts = _parts_or_none(whole)
    at = draw.randrange(len(parts))
    parts[at] = (draw.choice((parts[at][0].upper(), parts[at][0] + " ", "./" + parts[at][0], MODEL)), parts[at][1])
    return _zipped(parts)


def _comment(whole, draw):
    archive = io.BytesIO(whole)
    try:
        with zipfile.ZipFile(archive, "a") as file:
            file.comment = draw.randbytes(draw.randrange(1, 90))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return whole[:-1]
    return archive.getvalue()


def _around(whole, draw):
    junk = draw.randbytes(draw.randrange(1, 200))
    return draw.choice((junk + whole, whole + junk, whole + whole))


def _parts_or_none(whole):
    """The parts in order; of a file that is spoilt already, none."""
    try:
        return list(_parts(whole).items())
    except Exception:
        return [(MANIFEST, b"{}")]


ZIP = (_header_field, _header_field, _header_field, _header_field, _compress, _reorder, _another_part, _rename_part,
       _comment, _around)  # fmt: skip


# content, the digests made to fit again


def _json_value(parts, draw):
    """Something in the content, from any of its sections, deleted, doubled, swapped or replaced."""
    content = json.loads(parts[CONTENT])
    place, key = content, draw.choice(list(content))
    while isinstance(place[key], (dict, list)) and place[key] and draw.random() < 0.8:
        place = place[key]
        key = draw.choice(list(place)) if isinstance(place, dict) else draw.randrange(len(place))
    draw.choice((_replace, _replace, _replace, _nudge, _remove, _double, _swap))(place, key, draw)
    parts[CONTENT] = _dumped(content)


def _replace(place, key, draw):
    place[key] = copy.deepcopy(draw.choice(NASTY))


def _nudge(place, key, draw):
    value = place[key]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        place[key] = draw.choice((-value, value + 1, value * 2, value / 3, int(value), float(value), value * 1e6))
    elif isinstance(value, str) and value:
        place[key] = draw.choice((value[:-1], value + value, value[::-1], value.upper()))
    else:
        place[key] = [value]


def _remove(place, key, _):
    del place[key]


def _double(place, key, draw):
    if isinstance(place, list):
        place.insert(draw.randrange(len(place) + 1), copy.deepcopy(place[key]))
    else:
        place[str(key) + "_"] = copy.deepcopy(place[key])


def _swap(place, key, draw):
    other = draw.choice(list(place)) if isinstance(place, dict) else draw.randrange(len(place))
    place[key], place[other] = place[other], place[key]


def _json_text(parts, draw):
    """What json.dumps would not write."""
    text = parts[CONTENT]
    old, new = draw.choice((
        (b"{", b"{" * 3_000), (b"[", b"[" * 100_000), (b": 0", b": NaN"), (b": 1", b": 1e400"),
        (b": 9", b": -Infinity"),
        (b": ", b": " + b"9" * 5_000), (b'"name"', b'"name": "x", "name"'), (b"}", b""), (b'"', b"\xff"),
    ))  # fmt: skip
    at = draw.choice([*_places(text, old)] or [0])
    parts[CONTENT] = text[:at] + new + text[at + len(old) :]


def _reference_bytes(parts, draw):
    """A reference's counts spoilt, its digest, as often as not, made to fit."""
    name = draw.choice([name for name in parts if name.startswith(REFERENCES)])
    parts[name] = draw.choice((_flip, _flip, _overwrite, _cut, _insert, _copy, _end))(parts[name], draw) or b"\x01"
    if draw.random() < 0.7:
        content = json.loads(parts[CONTENT])
        for one in content["references"]:
            if isinstance(one, dict) and one.get("id") == name.removeprefix(REFERENCES):
                one["digest"] = "sha256:" + hashlib.sha256(parts[name]).hexdigest()
        parts[CONTENT] = _dumped(content)


def _model_lines(parts, draw):
    lines = parts[MODEL].split(b"\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    way = draw.randrange(4)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(to, lines[at])
    elif way == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at] = draw.randbytes(10)
    parts[MODEL] = _resized(b"\n".join(lines))


def _whole_trees(parts, draw):
    """Trees left out, doubled, in another order, or numbered wrong."""
    head, *trees = parts[MODEL].split(b"Tree=")
    at = draw.randrange(len(trees))
    way = draw.randrange(3)
    if way == 0:
        del trees[at]
    elif way == 1:
        trees.insert(at, trees[at])
    else:
        draw.shuffle(trees)
    if trees and draw.random() < 0.8:
        tail = b"end of trees" + trees[-1].partition(b"end of trees")[2]
        bodies = [tree.partition(b"\n")[2].partition(b"end of trees")[0] for tree in trees]
        trees = [b"%d\n%s" % (i, body) for i, body in enumerate(bodies)]
        trees[-1] += tail
    parts[MODEL] = _resized(b"Tree=".join([head, *trees]))


def _without_part(parts, draw):
    del parts[draw.choice(list(parts))]


def _empty_part(parts, draw):
    parts[draw.choice(list(parts))] = draw.choice((b"", b"{}", b"[]", b"\x00" * 9))


STRUCTURE = (*(_json_value,) * 8, *(_reference_bytes,) * 4, _json_text, _model_lines, _whole_trees, _without_part,
             _empty_part)  # fmt: skip


# numbers in the trees, sizes and digests made to fit again

LINES = ("num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child", "right_child",
         "leaf_value", "leaf_count", "internal_count", "split_gain", "is_linear", "shrinkage", "max_feature_idx",
         "leaf_weight",         "monotone_constraints", "num_class")  # fmt: skip
LIKELY = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value", "leaf_count",
          "internal_count")  # fmt: skip


def _one_number(parts, draw):
    def change(words):
        words[draw.randrange(len(words))] = draw.choice(NUMBERS).encode()

    _change_line(parts, draw, draw.choice(LINES), change)


def _likely_number(parts, draw):
    """A number that LightGBM itself might write there."""

    def change(words):
        words[draw.randrange(len(words))] = (
            draw.choice(words) if draw.random() < 0.5 else b"%d" % draw.randrange(-9, 12)
        )

    _change_line(parts, draw, draw.choice(LIKELY), change)


def _swapped_numbers(parts, draw):
    def change(words):
        at, to = draw.randrange(len(words)), draw.randrange(len(words))
        words[at], words[to] = words[to], words[at]

    _change_line(parts, draw, draw.choice(LIKELY), change)


def _all_numbers(parts, draw):
    def change(words):
        words[:] = [draw.choice((b"0", b"1e9", b"-1e9", b"1e-300", b"0.1", b"3", b"inf")) for _ in words]

    _change_line(parts, draw, draw.choice(("threshold", "leaf_value", "decision_type", "split_feature")), change)


def _children_swapped(parts, draw):
    """The children of two nodes exchanged across sides: trees, or cycles."""
    lines = parts[MODEL].split(b"\n")
    lefts = [i for i, line in enumerate(lines) if line.startswith(b"left_child=")]
    if not lefts:
        return
    at = draw.choice(lefts)
    left, right = (line.partition(b"=")[2].split(b" ") for line in (lines[at], lines[at + 1]))
    i, j = draw.randrange(len(left)), draw.randrange(len(right))
    left[i], right[j % len(right)] = right[j % len(right)], left[i]
    lines[at], lines[at + 1] = b"left_child=" + b" ".join(left), b"right_child=" + b" ".join(right)
    parts[MODEL] = _resized(b"\n".join(lines))


def _categorical(parts, draw):
    """A node that asks for a set of categories."""
    head, *trees = parts[MODEL].split(b"Tree=")
    t = draw.randrange(len(trees))
    lines = trees[t].split(b"\n")
    for i, line in enumerate(lines):
        key, _, words = line.partition(b"=")
        values = words.split(b" ")
        if key == b"num_cat":
            lines[i] = b"num_cat=1"
        elif key == b"decision_type":
            values[0] = draw.choice((b"1", b"3", b"9"))
            lines[i] = key + b"=" + b" ".join(values)
        elif key == b"threshold":
            values[0] = draw.choice((b"0", b"0", b"0", b"1", b"-1"))
            lines[i] = key + b"=" + b" ".join(values)
        elif key == b"internal_count":
            size = draw.choice((1, 2, 3, 70))
            told = draw.choice((size, size, size, size + 1, 0))
            sets = b" ".join(b"%d" % draw.getrandbits(draw.choice((1, 31, 32, 33))) for _ in range(size))
            lines[i] += b"\ncat_boundaries=0 %d\ncat_threshold=%s" % (told, sets)
    trees[t] = b"\n".join(lines)
    parts[MODEL] = _resized(b"Tree=".join([head, *trees]))


def _change_line(parts, draw, key, change):
    """The words of one of the model's lines of that key changed."""
    lines = parts[MODEL].split(b"\n")
    found = [i for i, line in enumerate(lines) if line.startswith(key.encode() + b"=")]
    if found:
        at = draw.choice(found)
        words = lines[at].partition(b"=")[2].split(b" ")
        change(words)
        lines[at] = key.encode() + b"=" + b" ".join(words)
        parts[MODEL] = _resized(b"\n".join(lines))


TREES = (_one_number, _one_number, _likely_number, _likely_number, _swapped_numbers, _all_numbers, _children_swapped,
         _categorical)  # fmt: skip


def _resized(model):
    """The text with tree_sizes made true again."""
    begin, end = model.find(b"Tree="), model.find(b"end of trees")
    sizes = [b"%d" % len(b"Tree=" + tree) for tree in model[begin:end].split(b"Tree=")[1:]]
    lines = model.split(b"\n")
    return b"\n".join(b"tree_sizes=" + b" ".join(sizes) if line.startswith(b"tree_sizes=") else line for line in lines)


def _dumped(content):
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
