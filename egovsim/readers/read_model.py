"""A model by its path, or by the name of one that is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from egovsim.library import find
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.readers.data.given import MissingData, given_data
from egovsim.readers.model_cache import read_cached


@set_module("egovsim")
def read_model(
    path_or_name: str | Path,
    *,
    data: Sequence[str | Path] = (),
    missing_data: MissingData = "refuse",
    modules: str | Path | Sequence[str | Path] = (),
) -> Model:
    """Read a model file, or a shipped model.

    Parameters
    ----------
    path_or_name : str or Path
        A path to an XMILE or Vensim file; a text without suffix and separator is a shipped name, such as
        ``"egov"``.
    data : sequence of str or Path, optional
        Files with the series of a Vensim model's data variables, exported by Vensim or any other program: .dat, or
        a table as .tab or .csv with the times down the first column; or Vensim's own .vdf, which pysimlin
        reads. A later file comes before an earlier one.
        Left out, the files beside the model that bear the names of the data sets in its settings. A text such as
        ``"a=FILE"`` says which file a name such as ``?a`` in the model stands for. Of an XMILE model, files of its
        imports: of those that wait until they are asked for, or that lie elsewhere than the model says.
    missing_data : {"refuse", "warn"}, optional
        What becomes of a data variable without a series: it cannot be run, or it is not a number and so is what
        depends on it, which `check` names; a stock that depends on it cannot be run either way.
    modules : str, Path or sequence of them, optional
        Folders in which the files of an XMILE model's modules may stand beside the model's own: no other file outside
        the folder of the model is read.

    Returns
    -------
    Model
        Named equations with units and notes; what cannot be run is in it as `Unsupported`, which `check` lists.

    Raises
    ------
    UnknownNameError
        When no shipped model bears the name.
    ModelError
        When there is no such file, it is not a model, an equation cannot be parsed, or the file of a module is missing
        or lies outside the folders that may be read; file and line are named.
    DataError
        When a file that values come from is missing, or lacks a sheet, a cell or a number, or has no place in the
        model; all of it is named.
    """
    return read_cached(find("model", path_or_name), given_data(data, missing_data, modules))


def locate_model(path_or_name: str | Path) -> Path:
    """Return the file of a model.

    Parameters
    ----------
    path_or_name : str or Path
        As `read_model` takes it.

    Returns
    -------
    Path
        Of a shipped name, the file in the package or the checkout.

    Raises
    ------
    UnknownNameError
        When no shipped model bears the name.
    """
    return find("model", path_or_name)
