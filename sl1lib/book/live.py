"""An explorer whose model a kernel keeps: its values are traits, the same in Python and in every page that shows it."""

from __future__ import annotations

from typing import Any

from anywidget import AnyWidget
from traitlets import HasTraits, TraitType, Unicode

from .choices import as_json, computed
from .explorer import Explorer


def _to_page(value: Any, _: object) -> Any:
    return as_json(value)


class _Value(TraitType[Any, Any]):
    """A trait that a page sees."""

    def __init__(self, default: Any, **metadata: Any) -> None:
        super().__init__(default, allow_none=True)
        self.tag(sync=True, to_json=_to_page, **metadata)


class _Chosen(_Value):
    """What a reader chooses, there as here."""

    def validate(self, obj: HasTraits, value: Any) -> Any:
        assert isinstance(obj, Explorer)
        assert self.name is not None
        return obj._check(self.name, value)


class _Kept(_Value):
    """What cannot be assigned: it was fixed at the start, or a page computes it."""

    def __set__(self, obj: HasTraits, value: Any) -> None:
        assert isinstance(obj, Explorer)
        raise obj._refusal(str(self.name))


class _Computed(_Kept):
    """What a page computes; None before one has."""

    def __init__(self) -> None:
        super().__init__(None, echo_update=False)  # no page needs to hear from the kernel what it has said itself

    def validate(self, obj: HasTraits, value: Any) -> Any:
        return computed(value)


class LiveExplorer(Explorer, AnyWidget):
    """An explorer as a widget, made by `sl1lib.book.explorer.make_explorer`."""

    def __init__(self, *arguments: Any, **state: Any) -> None:
        Explorer.__init__(self, *arguments, **state)
        traits: dict[str, _Value] = {name: _Chosen(value) for name, value in self._values.items()}
        traits |= {name: _Kept(value) for name, value in self._fixed.items()}
        traits |= {name: _Computed() for name in self._computed}
        self.add_traits(**traits, _esm=Unicode(self.module).tag(sync=True), _css=Unicode(self.css).tag(sync=True))
        self._trait_values.update(self._values | self._fixed)  # checked already
        # A page keeps one style sheet for each name.
        AnyWidget.__init__(self, _anywidget_id=f"sl1lib.book.{self._folder.name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or (hasattr(type(self), name) and name not in self._choices):
            AnyWidget.__setattr__(self, name, value)
        elif name in self._choices:
            with self.hold_sync(), self.hold_trait_notifications():  # a page, and who observes, gets all of it at once
                for each, settled in self._changes(name, value).items():
                    AnyWidget.__setattr__(self, each, settled)
        else:
            raise self._refusal(name)

    def _now(self) -> dict[str, Any]:
        return {**self._fixed, **{name: self._trait_values.get(name, first) for name, first in self._values.items()}}
