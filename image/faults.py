"""What ends a build with a sentence instead of a trace."""


class BuildError(Exception):
    """The image cannot be made from what was given; the text says what and why."""
