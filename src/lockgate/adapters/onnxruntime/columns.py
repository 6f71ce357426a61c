"""Columns in the types that the graph takes, by the one rule that reads a client's rows too."""

from lockgate.domain.model.request_rows import RowError, typed
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.errors import ModelError


def typed_columns(columns: Columns, signature: Signature) -> dict[str, Array]:
    """The inputs, ``(rows,)`` each. Raises ``ModelError`` for a value that its type cannot hold as it is."""
    try:
        return {name: typed(name, columns[name], dtype) for name, dtype in signature.dtypes.items()}
    except RowError as error:
        raise ModelError(
            f"the rows do not fit the model's signature: {error}", hint="see `inputs()` of the plug-in"
        ) from error
