"""How registers write their answers: JSON in camel case, where members may be null and new ones may appear."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A part of an answer; what is wrong with one is told without quoting it."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True)


class ContactPointsList[E](Wire):
    """The answer of every contact point register."""

    contact_points_list: list[E | None]

    @property
    def entries(self) -> list[E]:
        """Those that tell something."""
        return [each for each in self.contact_points_list if each is not None]
