"""The one error that this tool shows: a sentence that names cause and fix."""


class ImagesError(Exception):
    """Something a person has to act on; printed as one line, exit code 1."""
