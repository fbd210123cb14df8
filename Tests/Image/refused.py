"""Says whether a refusal was the right one."""

from faults import BuildError


def refuses(words, call, *arguments, **named):
    """The call must end with a BuildError that has these words in it."""
    try:
        call(*arguments, **named)
    except BuildError as fault:
        if words not in str(fault):
            raise ValueError(f"it was refused for another reason: {fault}") from None
    else:
        raise ValueError(f"it was not refused ({words})")
