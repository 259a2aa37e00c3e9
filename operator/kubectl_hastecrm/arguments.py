"""Arguments that several commands take."""

from typing import Annotated

import typer

from kubectl_hastecrm.completion import hastecrm_names

Name = Annotated[
    str | None,
    typer.Argument(
        help="Name of the HasteCRM. Default: the only one of the namespace.",
        autocompletion=hastecrm_names,
        show_default=False,
    ),
]
