"""Opening an account: the twelve steps, how they fail, and one sitting of a person trying them.

Belongs here: steps, failure reasons and their odds.
Does not belong here: when people try, what the broker decides afterwards.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Step:
    """One page of the opening flow."""

    number: int
    code: str
    event: str
    pass_odds: float
    seconds: int
    reasons: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(1, "enter", "OpenAccountEnter", 1.0, 6, ()),
    Step(2, "phone_verify", "OpenPhoneVerify", 0.93, 30, ("SMS_TIMEOUT", "WRONG_CODE", "PHONE_EXISTS")),
    Step(3, "id_upload", "OpenIdUpload", 0.85, 45, ("OCR_EDGE", "OCR_BLUR", "OCR_GLARE", "CAM_PERMISSION")),
    Step(4, "id_confirm", "OpenIdConfirm", 0.97, 20, ("NAME_MISMATCH", "ID_EXPIRED")),
    Step(5, "profile_fill", "OpenProfileFill", 0.95, 60, ("ADDR_INVALID", "EXIT")),
    Step(6, "branch_account", "OpenBranchSelect", 0.98, 15, ("MAX_ACCOUNTS",)),
    Step(7, "bank_bind", "OpenBankBind", 0.9, 50, ("BANK_REJECT", "NAME_MISMATCH", "LIMIT")),
    Step(8, "risk_assess", "OpenRiskAssess", 0.96, 110, ("EXIT", "C1_MIN")),
    Step(9, "agreement_sign", "OpenAgreementSign", 0.98, 25, ("CERT_FAIL",)),
    Step(10, "video_witness", "OpenVideoWitness", 0.82, 150, ("QUEUE_TIMEOUT", "FACE_FAIL", "NETWORK")),
    Step(11, "password_set", "OpenPasswordSet", 0.96, 20, ("WEAK", "EXIT")),
    Step(12, "submit", "OpenSubmit", 0.99, 8, ("SYS_ERROR",)),
)
ID_UPLOAD = 3
WEAK_CAMERA_ODDS = 0.55
"""Versions 5.3.x on iOS misread the edge of identity cards: an upload passes this often, not 0.85."""


@dataclass(frozen=True)
class StepTry:
    """One try of one step; moments are milliseconds after midnight of the day of the sitting."""

    step: Step
    try_no: int
    entered_ms: int
    left_ms: int
    result: str
    reason_code: str | None


@dataclass(frozen=True)
class Sitting:
    """The tries of one visit to the opening flow; `finished` when the application went in."""

    tries: tuple[StepTry, ...]
    finished: bool

    @property
    def last(self) -> StepTry:
        """The try the sitting ended with."""
        return self.tries[-1]


def pass_odds(step: Step, *, os: str, app_version: str) -> float:
    """Return how likely one try of `step` passes on this phone."""
    if step.number == ID_UPLOAD and os == "iOS" and app_version.startswith("5.3."):
        return WEAK_CAMERA_ODDS
    return step.pass_odds


def sit_down(
    stream: Random, *, start_ms: int, first_step: int, tries_before: int, os: str, app_version: str
) -> Sitting:
    """Return a visit that begins at `first_step`, of which `tries_before` tries were made on earlier days."""
    tries: list[StepTry] = []
    at = start_ms
    for step in STEPS[first_step - 1 :]:
        try_no = tries_before if step.number == first_step else 0
        while True:
            try_no += 1
            left = at + 1000 * max(2, int(step.seconds * stream.lognormvariate(0.0, 0.5)))
            if stream.random() < pass_odds(step, os=os, app_version=app_version):
                tries.append(StepTry(step, try_no, at, left, "ok", None))
                at = left + stream.randrange(500, 4000)
                break
            tires_of_it = stream.random() < 0.3 + 0.1 * try_no
            reason = stream.choice(step.reasons)
            tries.append(StepTry(step, try_no, at, left, "abandon" if tires_of_it else "fail", reason))
            if tires_of_it:
                return Sitting(tuple(tries), finished=False)
            at = left + stream.randrange(1000, 9000)
    return Sitting(tuple(tries), finished=True)
