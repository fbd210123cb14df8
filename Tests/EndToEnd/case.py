"""One hostile image: how it is made, and what the node must say to it."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """`make` turns the base into the bytes of the image."""

    sentence: str
    make: typing.Callable
    words: str
    """A regular expression that only this cause's sentence matches."""
    cause: str = ""
    """Cases of one cause may share a sentence; the words stand for it when nothing is said."""
    code: int = 2
    begun: bool = False
    """Authenticated data came first, so the slot may have been given up before the refusal."""
    streamed: bool = False
    """The same, but only on standard input, whose length nobody knows before its end."""
    options: tuple = ()
    everywhere: bool = False
    """Tried from a file, over HTTP and on standard input; else from one of them."""

    @property
    def origin(self):
        return self.cause or self.words


@dataclasses.dataclass(frozen=True)
class Base:
    """What the images are made from: a release that would be taken, and who may sign."""

    bundle: object
    other: object
    """Another release, rightly signed too."""
    keys: list
    stranger: object
    """A key that signed once and is not in the trust folder any more."""
    slot_size: int
