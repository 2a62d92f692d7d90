"""A second Python that sees the modules this one sees."""

import sys


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs ``module.main()`` in a new interpreter, with ``sys.argv[1:]`` as given."""
    return [
        sys.executable,
        "-c",
        f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main()",
        *arguments,
    ]
