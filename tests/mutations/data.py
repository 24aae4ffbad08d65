"""Mistakes in reading the user's files."""

from __future__ import annotations

from tests.mutations import Mutation

_DATA = "src/ostinato/data"
_TESTS = "tests/data/test_data"

MUTATIONS = [
    Mutation(
        f"{_DATA}/series.py",
        "return view[:, :past], view[:, past:]",
        "return view[:, :past], view[:, past - 1 : -1]",
        f"{_TESTS}_series.py",
    ),
    Mutation(
        f"{_DATA}/splits.py",
        "return rows[: n - size], rows[n - size :]",
        "return rows[: n - size - 1], rows[n - size - 1 :]",
        f"{_TESTS}_splits.py",
    ),
    Mutation(
        f"{_DATA}/splits.py",
        "return np.concatenate([train, valid[moved]]), np.delete(valid, moved)",
        "return train, valid",
        f"{_TESTS}_splits.py",
    ),
    Mutation(
        f"{_DATA}/splits.py",
        "return np.where(np.isin(codes, kept), codes, len(counts))",
        "return np.zeros_like(codes)",
        f"{_TESTS}_splits.py",
    ),
    Mutation(
        f"{_DATA}/labels.py",
        '    if isinstance(label, bool):\n        return "a truth value"\n',
        "",
        f"{_TESTS}_inputs.py",
    ),
    Mutation(
        f"{_DATA}/inputs.py",
        "    if isinstance(values, Mapping | Set):",
        "    if isinstance(values, Mapping):",
        f"{_TESTS}_inputs.py",
    ),
    Mutation(
        f"{_DATA}/columns.py",
        r"(?:0\d|\d{20})",
        r"(?:\d{20})",
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/columns.py",
        '.str.replace(",", ".", regex=False)',
        '.str.replace(",", "", regex=False)',
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/tables.py",
        "keep = [k for k in range(len(frame)) if k not in gone]",
        "keep = [k for k in range(len(frame)) if k in gone]",
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/tables.py",
        'if kind == "text"',
        'if kind == "whole"',
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/delimited.py",
        "        if fields != width:",
        "        if fields > width:",
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/sources.py",
        'return text if "\\n" in text else text.replace("\\r", "\\n")',
        "return text",
        f"{_TESTS}_written.py",
    ),
    Mutation(
        f"{_DATA}/tagged_columns.py",
        'if line[0] == "#" and not rows[-1]:',
        "if False:",
        f"{_TESTS}_conll.py",
    ),
    Mutation(
        f"{_DATA}/tagged_columns.py",
        'return [field for field in re.split(r"[ \\t]+", line) if field]',
        "return line.split()",
        f"{_TESTS}_conll.py",
    ),
    Mutation(
        f"{_DATA}/tagged_columns.py",
        "            if not mark.isdigit():\n                continue\n",
        "",
        f"{_TESTS}_conll.py",
    ),
    Mutation(
        f"{_DATA}/tagged_rows.py",
        "return [str(names[each]) for each in value]",
        "return [str(names[each - 1]) for each in value]",
        f"{_TESTS}_conll.py",
    ),
    Mutation(
        f"{_DATA}/tags.py",
        'return continues if letter in "IE" else not open_before',
        'return continues if letter in "IE" else True',
        f"{_TESTS}_tags.py",
    ),
    Mutation(
        f"{_DATA}/tags.py",
        '        open_kind = kind if plain in "BI" else None\n',
        "        open_kind = kind\n",
        f"{_TESTS}_conll.py",
    ),
    Mutation(
        f"{_DATA}/pairs.py",
        "        rows = rows[1:]\n",
        "",
        f"{_TESTS}_pairs.py",
    ),
    Mutation(
        f"{_DATA}/pairs.py",
        "        text=(source, target),\n",
        "",
        f"{_TESTS}_pairs.py",
    ),
]
