"""Tables from files whose values have types already: JSON lines, Parquet, lines of text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ostinato.data.delimited import check_unique
from ostinato.data.json_lines import json_values
from ostinato.data.sources import Source, decode
from ostinato.errors import DataError, MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd


def read_jsonl(source: Source) -> pd.DataFrame:
    """An object a line; one list of objects is read too."""
    import pandas as pd

    rows = []
    for number, row in json_values(source):
        if not isinstance(row, dict):
            raise DataError(
                f"{source.name}: line {number} must be an object such as "
                f'{{"text": "..."}}, got {str(row)[:40]}.'
            )
        rows.append(row)
    table = pd.DataFrame(rows)
    for column in table.columns:
        table[column] = _whole_beside_missing(table[column], [row.get(column) for row in rows])
    return table


def _whole_beside_missing(column: Any, values: list[Any]) -> Any:
    """The column with its whole numbers whole: pandas makes floats of them beside missing ones."""
    import pandas as pd

    present = [value for value in values if value is not None]
    whole = all(type(value) is int and abs(value) < 1 << 63 for value in present)
    if len(present) == len(values) or not present or not whole:
        return column
    return pd.Series(pd.array(values, dtype="Int64"), index=column.index)


def read_parquet(source: Source) -> pd.DataFrame:
    """Needs pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependencyError(
            f"{source.name}: Parquet needs pyarrow. "
            'Install it with: pip install "ostinato[parquet]"'
        ) from None
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(source.content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{source.name}: is not a readable Parquet file: {error}.") from error
    check_unique(source.name, table.column_names)
    frame = table.to_pandas()
    for name in table.column_names:
        if pyarrow.types.is_integer(table.schema.field(name).type) and table[name].null_count:
            frame[name] = _whole_beside_missing(frame[name], table[name].to_pylist())
    return frame


def read_text(source: Source) -> pd.DataFrame:
    """Each line a row of the column "text"."""
    import pandas as pd

    lines = decode(source).rstrip("\r\n").split("\n")
    return pd.DataFrame({"text": [line.removesuffix("\r") for line in lines]})
